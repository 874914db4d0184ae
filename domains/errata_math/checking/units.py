"""Units of measurement: which words are units, and how they convert.

Unknown nouns (apples, students) are words beside a number and are ignored by the lenient rule;
known units of different dimension are not. Not covered: compound units beyond powers and a single
"per", and currencies' exchange.
"""

from __future__ import annotations

from fractions import Fraction

from errata_math.checking.vocabulary import listed

_LENGTH = {
    "mm": Fraction(1, 1000), "millimeter": Fraction(1, 1000), "cm": Fraction(1, 100),
    "centimeter": Fraction(1, 100), "dm": Fraction(1, 10), "m": Fraction(1), "meter": Fraction(1),
    "metre": Fraction(1), "km": Fraction(1000), "kilometer": Fraction(1000),
    "kilometre": Fraction(1000), "inch": Fraction(254, 10000), "inches": Fraction(254, 10000),
    "in": Fraction(254, 10000), "ft": Fraction(3048, 10000), "foot": Fraction(3048, 10000),
    "feet": Fraction(3048, 10000), "yard": Fraction(9144, 10000), "yd": Fraction(9144, 10000),
    "mile": Fraction(1609344, 1000), "mi": Fraction(1609344, 1000),
    "centimetre": Fraction(1, 100), "millimetre": Fraction(1, 1000),
}  # fmt: skip
_TIME = {
    "s": Fraction(1), "sec": Fraction(1), "second": Fraction(1), "min": Fraction(60),
    "minute": Fraction(60), "h": Fraction(3600), "hr": Fraction(3600), "hour": Fraction(3600),
    "day": Fraction(86400), "week": Fraction(604800), "ms": Fraction(1, 1000),
}  # fmt: skip
_MASS = {
    "mg": Fraction(1, 1000), "g": Fraction(1), "gram": Fraction(1), "kg": Fraction(1000),
    "kilogram": Fraction(1000), "lb": Fraction(45359237, 100000), "lbs": Fraction(45359237, 100000),
    "pound": Fraction(45359237, 100000), "oz": Fraction(45359237, 1600000),
    "ounce": Fraction(45359237, 1600000), "ton": Fraction(1000000), "tonne": Fraction(1000000),
}  # fmt: skip
_VOLUME = {
    "ml": Fraction(1, 1000), "mL": Fraction(1, 1000), "milliliter": Fraction(1, 1000),
    "l": Fraction(1), "L": Fraction(1), "liter": Fraction(1), "litre": Fraction(1),
}  # fmt: skip
_MONEY = {
    "cent": Fraction(1, 100), "dollar": Fraction(1), "usd": Fraction(1), "buck": Fraction(1),
}  # fmt: skip
_OTHER = listed(
    "pct percentage degree deg radian rad percent yuan euro gallon pint quart cup mph kmh "
    "newton joule watt volt amp ohm hertz hz pascal pa n j w v unit square sq cubic cu "
    "year month yr mol kelvin celsius fahrenheit rupee pence yen rmb points people person "
    "student mph fps rpm liters acre hectare"
)

UNITS: dict[str, tuple[str, Fraction]] = {}
for _dimension, _table in (
    ("length", _LENGTH), ("time", _TIME), ("mass", _MASS), ("volume", _VOLUME), ("money", _MONEY),
):  # fmt: skip
    for _name, _factor in _table.items():
        UNITS[_name] = (_dimension, _factor)
        if len(_name) > 3 and not _name.endswith("s"):
            UNITS[_name + "s"] = (_dimension, _factor)
_WORDS = frozenset(UNITS) | frozenset(_OTHER) | frozenset(f"{word}s" for word in _OTHER)
# Single letters that are read as units when only a number is expected.
LETTER_UNITS = frozenset({"s", "m", "g", "h", "l", "L", "J", "N", "W", "V", "Omega"})
# Short words that are nouns or abbreviations rather than products of variables.
LETTER_WORDS = frozenset({"am", "pm", "AM", "PM", "th", "yd", "pt", "qt", "pcs", "yrs", "hrs"})
SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9}
PERCENT_WORDS = frozenset({"percent", "percentage", "pct", "percents", "per cent", "pc"})
DEGREE_WORDS = frozenset({"degree", "degrees", "deg", "degs"})


def is_unit_word(word: str) -> bool:
    """Whether ``word`` names a unit of measurement."""
    return word in _WORDS or word.lower() in _WORDS


def dimension(words: str) -> tuple[str, Fraction] | None:
    """The dimension and factor of a unit phrase such as ``square feet`` or ``cm ^2``; None when it
    is no known unit."""
    words = words.replace(" per ", "/")
    if "/" in words:
        over, _, under = words.partition("/")
        first, second = dimension(over), dimension(under)
        if first is None or second is None:
            return None
        return f"{first[0]}/{second[0]}", first[1] / second[1]
    parts = words.replace(".", " ").split()
    power, base = 1, None
    for part in parts:
        lowered = part.lower()
        if lowered in ("square", "sq", "squared", "^2"):
            power = 2
        elif lowered in ("cubic", "cu", "cubed", "^3"):
            power = 3
        elif base is None and (part in UNITS or lowered in UNITS):
            base = UNITS.get(part) or UNITS[lowered]
        else:
            return None
    if base is None:
        return None
    return f"{base[0]}^{power}", base[1] ** power
