"""Strategies that propose training data and the verifiers that judge it, for any domain."""
