"""errata_selection."""
