"""The documentation: pages written by hand, with blocks that ``docs.generate`` writes."""
