"""errata_trl."""
