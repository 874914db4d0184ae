"""Solution styles: what the usual one is called, and records of the choice between styles, which of
them the target learns an error type from.

Not covered: how it is decided; that is the selector's business.
"""

from __future__ import annotations

from errata.records import Record

USUAL = "usual"  # in settings and tables; in a lineage it is the empty one


class StyleFigure(Record):
    """What one style of an error type's candidates is worth to the target.

    ``score`` is what the judge measured with the style, on the same dev cases for all styles, and
    ``uncertainty`` its standard error; None where nothing was measured.
    """

    style: str
    candidates: int
    score: float | None = None
    uncertainty: float | None = None


class StyleChoice(Record):
    """The decision on one error type (None: candidates without one).

    ``chosen`` is the style that the target learns from (empty is the usual one); None keeps all
    styles, evenly. ``sureness`` is the probability that the style with the highest score is the better
    one of the two best, by the standard error of their paired difference over ``cases`` dev cases.
    """

    error_type: str | None
    chosen: str | None
    why: str
    judge: str = ""
    cases: int = 0
    sureness: float | None = None
    figures: tuple[StyleFigure, ...] = ()
