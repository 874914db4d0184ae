"""Grouping of error keyphrases: a sentence embedder and the grouper ``embedding``."""
