"""The conventions of the checker, each a named option with a default.

Labellers contradict each other on every one of these, so none is a matter of right and wrong. What
is *not* here: anything that decides how an answer is found in a response (``extraction``), and the
limits that keep the checker alive (``limits``).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from errata.parts import Settings

Style = Literal["gsm8k", "math", "choice"]


class CheckOptions(Settings):
    """What counts as equal where conventions differ; the defaults are those of docs/checking.md."""

    percent: Literal["lenient", "value", "scale"] = Field(
        "lenient",
        description="lenient: 10% = 10 and 10% = 0.1; value: 10% = 0.1 only; scale: 10% = 10 only. "
        "Two plain numbers never differ by a factor of 100.",
    )
    list_order: Literal["any", "given"] = Field(
        "any", description="whether a bare list (1, 2, 3 without brackets) may be in any order"
    )
    decimals: Literal["displayed", "exact"] = Field(
        "displayed",
        description="displayed: a decimal answers an exact gold when it is the gold correctly "
        "rounded to at least `decimal_digits` significant digits; exact: only when equal",
    )
    decimal_digits: int = Field(
        3, ge=2, description="fewest significant digits of a decimal that answers an exact gold"
    )
    units: Literal["lenient", "strict"] = Field(
        "lenient",
        description="lenient: a missing or additional unit is ignored, two different ones are not; "
        "strict: both sides must state the same unit, or none",
    )
    decimal_comma: bool = Field(
        True, description="also read 1,22 as the decimal 1.22 when that decides; 1,000 stays 1000"
    )
    interval_as_tuple: bool = Field(
        False, description="let an open interval equal a closed one with the same end points"
    )
    ignore_letter_case: bool = Field(
        False, description="let the variable X equal x (words always ignore case)"
    )
    strict_form: bool = Field(
        False,
        description="additionally require the form of the gold: lowest terms, factored, expanded, "
        "simplest radical, reduced fraction, mixed number",
    )
