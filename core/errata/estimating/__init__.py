"""What a recipe's instructor will cost, from a small real pilot."""
