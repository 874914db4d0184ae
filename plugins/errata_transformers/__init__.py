"""Local Hugging Face models as targets and instructors of errata."""
