"""errata_math."""
