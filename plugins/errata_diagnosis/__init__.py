"""Diagnosers that ask an instructor."""
