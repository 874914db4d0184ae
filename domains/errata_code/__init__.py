"""Programming problems, checked by running their tests in a sandbox."""
