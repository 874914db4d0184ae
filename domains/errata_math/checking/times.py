"""Times of day: 20:34, 8:34 p.m., 4:30. Not covered: durations and dates."""

from __future__ import annotations

import re

from errata_math.checking.verdict import Comparison, right, undecided, wrong

_TIME = re.compile(
    r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?\s*(?:\\?[,;: ]|~)*(?:\\(?:text|mbox|mathrm)\s*\{)?\s*"
    r"([ap])?\.?\s?(?:m\b)?\.?\s*\}?\s*\.?\Z",
    re.IGNORECASE,
)
_GAPS = re.compile(r"\\[!,;: ]")
_WRAP = re.compile(r"\\(?:text|mbox|mathrm)\s*\{([^{}]*)\}|\$")
HALF_DAY = 12 * 3600


def time_of(text: str) -> tuple[int, bool] | None:
    """Seconds since midnight and whether the half of the day is stated (or past noon); None when
    ``text`` is no time."""
    found = _TIME.match(_WRAP.sub(lambda m: m[1] or "", _GAPS.sub("", text)).strip())
    if found is None:
        return None
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    if hours > 24:
        return None
    half = (found[4] or "").lower()
    if half:
        hours = hours % 12 + (12 if half == "p" else 0)
    return hours * 3600 + minutes * 60 + seconds, bool(half) or hours > 12


def same_time(one: str, two: str) -> Comparison | None:
    """The verdict when both are times, else None. Without a.m. or p.m. on one side the half of the
    day is taken to be the other's; times that are also equal ratios are undecided."""
    first, second = time_of(one), time_of(two)
    if first is None or second is None:
        return _hour(one, first, two, second)
    if first[0] == second[0]:
        return right("time")
    if first[1] != second[1] and first[0] % HALF_DAY == second[0] % HALF_DAY:
        return right("time")
    if not (first[1] or second[1]) and _as_ratio(first[0]) == _as_ratio(second[0]):
        return undecided("time", "different times, but equal as ratios")
    return wrong("time")


def _hour(
    one: str, first: tuple[int, bool] | None, two: str, second: tuple[int, bool] | None
) -> Comparison | None:
    """``2:00 pm`` against the bare hour 2."""
    time, other = (first, two) if first is not None else (second, one)
    if time is None or not time[1] or time[0] % 3600 or not other.strip().isdigit():
        return None
    return right("time") if int(other) in (time[0] // 3600, time[0] // 3600 % 12) else wrong("time")


def _as_ratio(seconds: int) -> float:
    hours, minutes = divmod(seconds // 60, 60)
    return hours / minutes if minutes else -hours - 1.0
