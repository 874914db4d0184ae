"""New numbers for annotated word problems.

Not covered: new stories, other operations.
"""

from errata_math.redraw.variant import coverage, redraw

__all__ = ["coverage", "redraw"]
