"""Properties that hold for every answer: symmetry, looks never matter, changed values never pass."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from errata_math.checking import check_expr, check_response

integers = st.integers(-(10**9), 10**9)
small = st.integers(-30, 30)
fractions = st.fractions(min_value=-1000, max_value=1000, max_denominator=999)


def tex(value: Fraction | int) -> str:
    if isinstance(value, int) or value.denominator == 1:
        return str(int(value))
    sign = "-" if value < 0 else ""
    return f"{sign}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


polynomials = st.lists(small, min_size=1, max_size=4).map(
    lambda cs: " + ".join(f"({c})x^{{{k}}}" for k, c in enumerate(cs))
)
radicals = st.builds(
    lambda a, b, c: f"{a} + {b}\\sqrt{{{c}}}", small, st.integers(1, 20), st.integers(2, 40)
)
scalars = st.one_of(integers.map(str), fractions.map(tex), polynomials, radicals)
answers = st.one_of(
    scalars,
    st.lists(scalars, min_size=2, max_size=4).map(", ".join),
    st.tuples(scalars, scalars).map(lambda p: f"({p[0]}, {p[1]})"),
    st.tuples(small, st.integers(1, 9)).map(lambda p: f"[{p[0]}, {p[0] + p[1]})"),
    st.lists(scalars, min_size=1, max_size=3).map(lambda s: "\\{" + ", ".join(s) + "\\}"),
)
RESTYLED = [
    lambda t: f"${t}$",
    lambda t: f"\\boxed{{{t}}}",
    lambda t: f" {t} ",
    lambda t: t.replace("\\frac", "\\dfrac"),
    lambda t: t.replace(", ", ",\\ "),
    lambda t: t.replace(" + ", "+"),
    lambda t: t.replace("(", "\\left(").replace(")", "\\right)") if "[" not in t else t,
    lambda t: f"{t}.",
]


@given(answers)
def test_every_answer_equals_itself(answer: str) -> None:
    assert check_expr(answer, answer).outcome == "right"


@given(answers, st.sampled_from(RESTYLED))
def test_looks_never_alter_a_verdict(answer: str, restyled) -> None:  # type: ignore[no-untyped-def]  # a lambda
    assert check_expr(answer, restyled(answer)).outcome == "right"


@given(answers, answers, st.sampled_from(RESTYLED))
@settings(max_examples=200)
def test_looks_never_alter_a_verdict_on_two(one: str, two: str, restyled) -> None:  # type: ignore[no-untyped-def]  # a lambda
    assert check_expr(one, restyled(two)).outcome == check_expr(one, two).outcome


@given(answers, answers)
@settings(max_examples=200)
def test_the_verdict_is_symmetric(one: str, two: str) -> None:
    assert check_expr(one, two).outcome == check_expr(two, one).outcome


@given(fractions, fractions)
def test_rationals_are_equal_exactly_when_their_values_are(one: Fraction, two: Fraction) -> None:
    expected = "right" if one == two else "wrong"
    assert check_expr(tex(one), tex(two)).outcome == expected
    assert check_expr(tex(one), f"{one.numerator * 3}/{one.denominator * 3}").outcome == "right"


@given(scalars, st.integers(1, 1000))
def test_a_changed_value_is_never_right(answer: str, change: int) -> None:
    assert check_expr(answer, f"{answer} + {change}").outcome == "wrong"


@given(st.lists(small, min_size=2, max_size=5), st.integers(1, 50))
def test_a_changed_member_is_never_right(members: list[int], change: int) -> None:
    gold = ", ".join(map(str, members))
    other = [*members[:-1], members[-1] + change]
    expected = "right" if sorted(other) == sorted(members) else "wrong"
    assert check_expr(gold, ", ".join(map(str, other))).outcome == expected


@given(
    integers,
    st.sampled_from(["#### {}", "The answer is {}.", "so it is $\\boxed{{{}}}$.", "**{}**"]),
)
def test_an_integer_is_found_however_it_is_stated(value: int, form: str) -> None:
    assert check_response(str(value), "2 + 2 = 4\n" + form.format(value)).outcome == "right"
    assert check_response(str(value), "2 + 2 = 4\n" + form.format(value + 1)).outcome == "wrong"
