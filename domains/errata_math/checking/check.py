"""The entry points: one pair, or many. Not covered: files and formats (the command line's)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from errata_math.checking.compare import compare
from errata_math.checking.extraction import find
from errata_math.checking.numerals import numeral
from errata_math.checking.options import CheckOptions
from errata_math.checking.verdict import Checked

DEFAULTS = CheckOptions()


def check_expr(gold: str, prediction: str, options: CheckOptions = DEFAULTS) -> Checked:
    """Whether the bare answer ``prediction`` is ``gold``; either may be LaTeX, ASCII or Unicode."""
    result = compare(gold, prediction, options)
    return Checked(result.outcome, prediction, True, result.rule, result.reason)


def check_response(gold: str, response: str, options: CheckOptions = DEFAULTS) -> Checked:
    """Whether the final answer of a whole ``response`` is ``gold``. No answer found is *wrong*, with
    ``extracted`` None and rule ``none``."""
    found = find(response, numeric=numeral(gold.strip()) is not None)
    if found is None:
        return Checked("wrong", None, False, "none")
    result = compare(gold, found.text, options)
    rule = f"{found.rule}/{result.rule}"
    return Checked(result.outcome, found.text, found.explicit, rule, result.reason)


def check_batch(
    pairs: Sequence[tuple[str, str]],
    kind: Literal["response", "expr"],
    options: CheckOptions = DEFAULTS,
) -> list[Checked]:
    """The verdicts on ``(gold, prediction)`` pairs, in order."""
    one = check_response if kind == "response" else check_expr
    return [one(gold, prediction, options) for gold, prediction in pairs]
