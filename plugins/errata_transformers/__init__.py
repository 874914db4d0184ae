"""Local Hugging Face models as targets of errata."""
