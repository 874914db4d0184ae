"""Selectors: which candidates the target is trained on."""
