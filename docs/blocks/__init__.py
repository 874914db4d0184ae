"""What ``docs.generate`` can write: one module per kind of block."""
