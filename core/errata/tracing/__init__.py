"""Lineage: from a training example back to what it was made from and its price, and forward again."""
