"""One table per class of answers: what counts as equal, and the near misses that do not."""

from __future__ import annotations

import pytest

from errata_math.checking import CheckOptions, check_expr

RIGHT = [
    # numbers
    ("1,234", "1234"), ("0.5", "\\frac12"), ("-3\\frac{1}{2}", "-3.5"), ("5", "5.00"), ("7", "007"),
    ("\\frac{3}{4}", "6/8"), ("0.\\overline{27}", "3/11"), ("1500", "1.5\\times 10^3"), ("12", "１２"),
    ("twenty-one", "21"), ("3 1/2", "7/2"), ("1000000", "1 000 000"), ("6", "3!"),
    # money, units, percent
    ("\\$5", "5"), ("10 cm", "10"), ("1 m", "100 cm"), ("2 hours", "120 minutes"), ("50\\%", "0.5"),
    ("28\\%", "28"), ("5 feet 6 inches", "66 in"), ("12\\text{ apples}", "12"), ("3", "3s"),
    # roots, constants, complex
    ("\\sqrt{12}", "2\\sqrt{3}"), ("\\frac{1}{\\sqrt2}", "\\frac{\\sqrt2}{2}"), ("1+2i", "i(2-i)"),
    ("\\sqrt{5+2\\sqrt6}", "\\sqrt2+\\sqrt3"), ("\\cos\\frac{\\pi}{5}", "\\frac{1+\\sqrt5}{4}"),
    # degrees
    ("90^\\circ", "\\frac{\\pi}{2}"), ("120", "120^\\circ"), ("\\sin 30^\\circ", "0.5"),
    # expressions, LaTeX against ASCII
    ("7*sin(pi*x/5)", "7\\sin\\frac{\\pi x}{5}"), ("(x+1)^2", "x**2+2*x+1"),
    ("\\ln(ab)", "\\ln a+\\ln b"),
    ("x^{1/2}", "sqrt(x)"), ("2^{n+1}", "2\\cdot 2^n"), ("\\frac{n!}{(n-2)!}", "n(n-1)"),
    # names in front
    ("x=5", "5"), ("f(x)=x^2", "f(t)=t^2"), ("y=2x+1", "2x-y+1=0"), ("(a,b)=(1,2)", "a=1, b=2"),
    # collections
    ("1,2,3", "3, 1, 2"), ("\\{1,2\\}", "\\{2,1\\}"), ("3\\pm\\sqrt2", "3+\\sqrt2, 3-\\sqrt2"),
    ("(1,2),(3,4)", "(3,4),(1,2)"), ("(\\pm1, 2)", "(1,2),(-1,2)"), ("2:3:4", "4:6:8"),
    ("\\begin{pmatrix}1\\\\2\\end{pmatrix}", "(1,2)"),
    ("[[1,2],[3,4]]", "\\begin{bmatrix}1&2\\\\3&4\\end{bmatrix}"),
    # sets of reals
    ("(1,2]", "1<x\\le2"), ("x\\ne3", "(-\\infty,3)\\cup(3,\\infty)"), ("x^2<4", "-2<x<2"),
    ("\\{x\\mid x<2\\}-\\{0\\}", "(-\\infty,0)\\cup(0,2)"),
    ("|x|\\ge1", "x\\le-1 \\text{ or } x\\ge1"),
    # parameters, words, bases, times
    ("\\frac{\\pi}{2}+k\\pi", "\\frac{\\pi}{2}+n\\pi"), ("\\text{Monday}", "monday"),
    ("204_5", "204_{5}"),
    ("8:30 \\text{ p.m.}", "20:30"), ("\\text{(C)}", "C"), ("\\infty", "infinitely many"),
]  # fmt: skip

WRONG = [
    ("1000", "1.000"), ("\\frac{1}{2004!}", "\\frac{1}{2006!}"), ("2^{-98}", "2^{-99}"), ("5", "5.001"),
    ("10^{100}", "10^{100}+1"), ("10 cm", "10 m"), ("50", "0.5"), ("1/3", "0.33"), ("1/3", "0.334"),
    ("(1,2)", "(2,1)"), ("(1,2)", "[1,2]"), ("1,2,3", "1,2,4"), ("x", "y"), ("x", "X"),
    ("2x+y=3", "3"), ("x>3", "x\\ge3"), ("\\sqrt2+\\sqrt3", "\\sqrt5"), ("x-3", "3-x"),
    ("110_2", "110_3"), ("k\\pi", "2n\\pi"), ("f(x)=x", "f(x)=2x"), ("\\text{odd}", "even"),
    ("12:00", "1:00"), ("\\pm2", "2"), ("1-\\frac1e", "1+\\frac1e"), ("a<b<c", "b<a<c"),
    ("1,3,\\ldots,2n-1", "1,2,\\ldots,n"), ("[2^{1/2^{1000}},\\infty)", "[1,\\infty)"),
    ("-3", "(-3,0)"),
    ("\\text{A}", "\\text{A,C}"), ("\\frac{a}{b+c}", "a/b+c"), ("7 \\pmod{12}", "7 \\pmod{13}"),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "prediction"), RIGHT)
def test_equal_in_either_direction(gold: str, prediction: str) -> None:
    assert check_expr(gold, prediction).outcome == "right"
    assert check_expr(prediction, gold).outcome == "right"


@pytest.mark.parametrize(("gold", "prediction"), WRONG)
def test_near_misses_are_wrong(gold: str, prediction: str) -> None:
    assert check_expr(gold, prediction).outcome == "wrong"
    assert check_expr(prediction, gold).outcome == "wrong"


@pytest.mark.parametrize(
    ("option", "gold", "prediction", "default"),
    [
        ({"percent": "scale"}, "50\\%", "0.5", "right"),
        ({"percent": "value"}, "28\\%", "28", "right"),
        ({"list_order": "given"}, "1,2", "2,1", "right"),
        ({"decimals": "exact"}, "1/3", "0.3333", "right"),
        ({"decimal_digits": 5}, "1/3", "0.3333", "right"),
        ({"units": "strict"}, "10 cm", "10", "right"),
        ({"decimal_comma": False}, "2.74", "2,74", "right"),
        ({"interval_as_tuple": True}, "(1,2)", "[1,2]", "wrong"),
        ({"ignore_letter_case": True}, "X+1", "x+1", "wrong"),
        ({"strict_form": True}, "\\frac12", "\\frac24", "right"),
    ],
)
def test_each_option_changes_its_verdict(
    option: dict[str, object], gold: str, prediction: str, default: str
) -> None:
    assert check_expr(gold, prediction).outcome == default
    changed = check_expr(gold, prediction, CheckOptions.model_validate(option)).outcome
    assert {default, changed} == {"right", "wrong"}


def test_undecided_says_why() -> None:
    verdict = check_expr("1", "\\int_0^1 x^x dx")
    assert verdict.outcome == "undecided"
    assert verdict.reason
