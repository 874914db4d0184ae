"""A run's training data for other tools: rows of a format, files, and the card that goes with them.

``gather`` finds the examples, ``formats`` makes rows of them, ``writing`` puts a folder in place.
"""
