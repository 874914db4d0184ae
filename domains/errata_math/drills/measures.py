"""Drills with a unit: percentages of whole hundreds, and time in smaller units.

Not covered: decimals, percentages above one hundred, months and years.
"""

from __future__ import annotations

from random import Random

from errata_math.drills.form import Kind, Parameters, Worked, equation, mostly, number, phrase


def _draw_percent(random: Random) -> Parameters:
    return {
        "percent": mostly(random, (2, 40), (2, 99)),
        "whole": 100 * mostly(random, (2, 9), (2, 14)),
    }


def _percent(parameters: Parameters, wording: int) -> Worked:
    percent, whole = number(parameters, "percent"), number(parameters, "whole")
    hundredth = whole // 100
    lines = (
        equation(f"{whole} / 100", hundredth),
        equation(f"{percent} * {hundredth}", percent * hundredth),
    )
    forms = ("What is {}% of {}?", "Find {}% of {}.", "How much is {}% of {}?")
    return Worked(phrase(forms, wording).format(percent, whole), lines, percent * hundredth)


def _percent_traits(parameters: Parameters) -> tuple[int, ...]:
    percent, whole = number(parameters, "percent"), number(parameters, "whole")
    return (len(str(percent)), len(str(whole)), len(str(percent * whole)))


# Each unit: how many smaller ones it holds, their name, and the range of wholes worth asking for.
_UNITS = {
    "hours": (60, "minutes", (2, 9)),
    "minutes": (60, "seconds", (2, 9)),
    "days": (24, "hours", (2, 7)),
    "weeks": (7, "days", (2, 26)),
}
_TIMES = (
    "How many {small} are {whole} {large} and {rest} {small}?",
    "A trip takes {whole} {large} and {rest} {small}. How many {small} is that?",
    "Convert {whole} {large} and {rest} {small} to {small}.",
)


def _draw_time(random: Random) -> Parameters:
    # Weighted by how many drills each unit has, so that the small spaces do not repeat early.
    unit = random.choice(["hours"] * 3 + ["minutes"] * 3 + ["days", "weeks"])
    size, _, wholes = _UNITS[unit]
    return {"unit": unit, "whole": random.randint(*wholes), "rest": random.randint(2, size - 1)}


def _time(parameters: Parameters, wording: int) -> Worked:
    unit = str(parameters["unit"])
    size, small, _ = _UNITS[unit]
    whole, rest = number(parameters, "whole"), number(parameters, "rest")
    lines = (
        equation(f"{whole} * {size}", whole * size),
        equation(f"{whole * size} + {rest}", whole * size + rest),
    )
    question = phrase(_TIMES, wording).format(small=small, large=unit, whole=whole, rest=rest)
    return Worked(question, lines, whole * size + rest)


def _time_traits(parameters: Parameters) -> tuple[int | str, ...]:
    return (_UNITS[str(parameters["unit"])][0],)


KINDS = (
    Kind("percent", _draw_percent, _percent, _percent_traits),
    Kind("time-units", _draw_time, _time, _time_traits),
)
