"""The diagnoser ``verdict-reason``: groups by what the checker said, for any domain, and asks nobody.

Its keyphrase is the checker's reason or rule, and how the answer it found differs from the reference in
kind or in size. It looks at no step of the solution, so it names none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from errata.hooks import hookimpl
from errata.parts import Part, Services, Settings
from errata.records import BadCase, Diagnosis

NAME = "verdict-reason"
_NUMBER = r"[-+−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+−]?\d*\.?\d+"
_PLAIN = re.compile(rf"[$€£]?\s*({_NUMBER})\s*%?")
_SIMPLE_FRACTION = re.compile(r"([-+−]?\d+)\s*/\s*(\d+)")
_ANY_NUMBER = re.compile(_NUMBER)
_LETTER = re.compile(r"[^\W\d_]")
_SIGNS = re.compile(r"[=^\\{}()<>*/+]")
_TENS = re.compile(r"10+")
_MOST_WORDS = 12
_MOST_TIMES = 12
_LONGEST = 60  # characters: what is longer is no number that anybody wrote as an answer


class VerdictReasonSettings(Settings):
    """The diagnoser ``verdict-reason`` has no settings."""


class VerdictReason:
    """An ``errata.parts.Diagnoser``."""

    def __init__(self, _settings: VerdictReasonSettings, _services: Services) -> None:
        pass

    async def diagnose(self, case: BadCase) -> Diagnosis:
        """See ``errata.parts.Diagnoser``."""
        verdict = case.verdict
        said = verdict.reason or verdict.rule.rpartition("/")[2].replace("-", " ")
        difference = differs(verdict.extracted, case.problem.answer)
        if verdict.reason and _value(case.problem.answer) is None:
            difference = ""  # the checker's reason says more than a comparison of texts
        return Diagnosis(
            problem_id=case.problem.id,
            keyphrase=": ".join(filter(None, [_short(said), difference])),
            explanation=f"The checker found {verdict.extracted!r}, the reference is"
            f" {case.problem.answer!r}.",
            details={"rule": verdict.rule},
        )


def differs(answer: str | None, reference: str) -> str:
    """How ``answer`` differs from ``reference`` in kind or, of two numbers, in size."""
    if answer is None:
        return "no answer was found"
    found, wanted = _value(answer), _value(reference)
    if found is not None and wanted is not None:
        return _numbers(found, wanted)
    kinds = kind(answer), kind(reference)
    return f"another {kinds[0]}" if kinds[0] == kinds[1] else f"{kinds[0]} instead of {kinds[1]}"


def kind(answer: str) -> str:
    """What sort of thing an answer is, by its characters alone."""
    if _value(answer) is not None:
        return "number"
    numbers = len(_ANY_NUMBER.findall(answer))
    if _SIGNS.search(answer):
        return "formula"
    if numbers > 1:
        return "list of numbers"
    if numbers and _LETTER.search(answer):
        return "number with words"
    return "text" if answer.strip() else "nothing"


def _numbers(found: Fraction, wanted: Fraction) -> str:
    ratio = found / wanted if wanted else Fraction(0)
    ways = {
        "the sign is turned around": found == -wanted,
        "off by a power of ten": _power_of_ten(ratio),
        "off by one": abs(found - wanted) == 1,
        "a fraction instead of a whole number": found.denominator > wanted.denominator == 1,
        "a whole number instead of a fraction": wanted.denominator > found.denominator == 1,
        "negative": found < 0 <= wanted,
        "positive where the reference is negative": wanted < 0 <= found,
        "a multiple of the reference": ratio.denominator == 1 < ratio <= _MOST_TIMES,
        "a simple part of the reference": ratio.numerator == 1 < ratio.denominator <= _MOST_TIMES,
        "too large": abs(found) > abs(wanted),
    }
    return next((way for way, holds in ways.items() if holds), "too small")


def _power_of_ten(ratio: Fraction) -> bool:
    power = max(ratio.numerator, ratio.denominator)
    return 1 in (ratio.numerator, ratio.denominator) and bool(_TENS.fullmatch(str(power)))


def _value(text: str) -> Fraction | None:
    stripped = text.strip().replace("−", "-")
    if len(stripped) > _LONGEST:
        return None
    found = _PLAIN.fullmatch(stripped)
    if found is not None:
        return Fraction(found[1].replace(",", ""))
    parts = _SIMPLE_FRACTION.fullmatch(stripped)
    if parts is None or not int(parts[2]):
        return None
    return Fraction(int(parts[1]), int(parts[2]))


def _short(said: str) -> str:
    return " ".join(said.split()[:_MOST_WORDS])


class VerdictReasonPlugin:
    """Offers the diagnoser ``verdict-reason``."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """See ``errata.hooks``."""
        return [
            Part(
                name=NAME,
                kind="diagnoser",
                settings=VerdictReasonSettings,
                make=VerdictReason,
                summary="groups by what the checker said, for any domain; asks nobody",
            )
        ]
