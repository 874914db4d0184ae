"""Input that hangs, breaks or subverts checkers: quick, harmless, and never an exception."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from errata_math.checking import Checked, check_expr, check_response
from errata_math.checking.pool import WorkerPool, shared_pool

SHARED = Path(__file__).parents[4] / "../shared/adversarial_answers.jsonl"
# One second is the promise on an idle machine; tests share theirs with others.
SECONDS = 4.0

FRAGMENTS = st.sampled_from(
    r"""\frac \sqrt \boxed \text { } ( ) [ ] ^ _ ! % 1 23 4.5 x y \pi + - * / , ; = < > \le | & \\
    \begin{pmatrix} \end{pmatrix} \left( \right) \cup \infty \in \pm \sum \int sin log $ . : ' " #
    @ ~ \overline e i \circ \binom \{ \} \ldots and or é 中 ² √ \cdot mod""".split()  # noqa: SIM905  # longer as a list
)
soup = st.lists(FRAGMENTS, max_size=40).map("".join)


@given(soup, soup)
@example("\\frac", "\\sqrt[")
@example("|x", "\\begin{cases}1")
@settings(max_examples=400, deadline=None)
def test_random_latex_raises_nothing(one: str, two: str) -> None:
    verdict = check_expr(one, two)
    assert verdict.outcome in ("right", "wrong", "undecided")
    assert verdict.reason or verdict.outcome != "undecided"


REAL = [
    "\\frac{3\\sqrt{5}}{4}", "(-\\infty,-5]\\cup[5,\\infty)",
    "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}",
    "x=\\frac{-b\\pm\\sqrt{b^2-4ac}}{2a}", "3\\frac18", "58^{95}", "\\text{May }5", "8:30 p.m.",
    "sqrt(2)/exp(3)", "\\cos 58^\\circ", "\\sum_{k=1}^{n} k^2", "\\{x\\mid x<2\\}", "1,2,\\ldots,n",
    "\\binom nk", "12\\text{ cm}^2", "4e3", "\\ln 0", "2^{2^{100}}",
    "\\begin{cases}x=1\\\\y=2\\end{cases}",
]  # fmt: skip


@given(st.sampled_from(REAL), st.sampled_from(REAL), st.data())
@settings(max_examples=400, deadline=None)
def test_damaged_answers_raise_nothing(one: str, two: str, data: st.DataObject) -> None:
    text = two
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        piece = data.draw(
            st.sampled_from([*"{}()[]^_|,;%$07xei/=<.", "\\", one[:7], text[at : at + 5]])
        )
        text = text[:at] + piece + text[at + data.draw(st.integers(0, 2)) :]
    started = time.monotonic()
    assert check_expr(one, text).outcome in ("right", "wrong", "undecided")
    assert check_expr(text, one).outcome in ("right", "wrong", "undecided")
    assert time.monotonic() - started < 2 * SECONDS


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_random_text_raises_nothing(text: str) -> None:
    assert check_response("7", text).outcome in ("right", "wrong", "undecided")


@pytest.mark.parametrize(
    ("gold", "prediction", "outcome"),
    [
        ("1", "9^9^9^9", "wrong"),
        ("1", "((10!)!)!", "wrong"),
        ("1", "\\binom{10^{12}}{5\\cdot 10^{11}}", "wrong"),
        ("4", "3^{10^{12}} \\mod 7", "right"),
        ("(x+1)^{20001}", "(x+1)^{20000}", "wrong"),
        ("1", "(" * 5000 + "1" + ")" * 5000, "right"),
        ("1", "-" * 5000 + "1", "right"),
        ("5" * 50_000, "5" * 50_000, "right"),
        ("1e999999998", "1e999999999", "wrong"),
        ("\\frac{1}{0}", "\\infty", "wrong"),
        ("1", ",".join(["1"] * 5000), "wrong"),
        ("1", "\\prod_{k=1}^{10^7} k", "wrong"),
    ],
)
def test_sizes_are_bounded(gold: str, prediction: str, outcome: str) -> None:
    started = time.monotonic()
    assert check_expr(gold, prediction).outcome == outcome
    assert time.monotonic() - started < SECONDS


@pytest.mark.parametrize(
    "unit",
    ["\\(", "\\[", "$a", "**a", "the answer is ", "answer is $x ", "\\boxed{", "#### ", "1,000,",
     "1 and ", "5 cm ", "\\left(", "\\sqrt", "2^", "x=1,", "5!", "|x", "1/", "答案是", "\\alpha"],
)  # fmt: skip
def test_repetition_costs_no_more_than_its_length(unit: str) -> None:
    text = unit * (60_000 // len(unit))
    for gold in ("7", "(8,9)", "\\text{odd}"):
        for check in (check_response, check_expr):
            started = time.monotonic()
            assert check(gold, text).outcome != "right"
            assert time.monotonic() - started < SECONDS


@pytest.mark.parametrize(
    "deep", ["5" + "!" * 3000, "5" + "%" * 3000, "\\sqrt{2+" * 400, "x" + "_1" * 3000]
)
def test_depth_is_bounded(deep: str) -> None:
    assert check_expr("5", deep).outcome != "right"


def test_no_text_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for payload in (
        "__import__('os').mkdir('errata_canary_t1')",
        "\\pi*open('errata_canary_t2','w')",
        "[[open('errata_canary_t3','w')]]",
        "eval(\"__import__('os').mkdir('errata_canary_t4')\")",
        "\\int_0^1 open('errata_canary_t5','w') dx",
    ):
        for gold in ("1", "\\pi", "\\int_0^1 x dx"):
            assert check_expr(gold, payload).outcome != "right"
            assert check_response(gold, f"The answer is {payload}").outcome != "right"
    assert list(tmp_path.iterdir()) == []


def test_the_shared_hostile_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not SHARED.exists():
        pytest.skip(
            "shared/adversarial_answers.jsonl not found beside the checkout: hostile inputs"
        )
    monkeypatch.chdir(tmp_path)
    shared_pool().warm()
    failures = []
    for line in SHARED.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        check = check_response if row["kind"] == "response" else check_expr
        started = time.monotonic()
        verdict = check(row["gold"], row["prediction"])
        late = time.monotonic() - started > SECONDS
        expected = {True: "right", False: "wrong", None: verdict.outcome}[row["equal"]]
        if late or verdict.outcome != expected:
            failures.append((row["id"], verdict, late))
    assert failures == []
    assert list(tmp_path.iterdir()) == []


HARD = "\\int_0^{\\infty} \\frac{\\sin(x^7)\\ln(x)}{1+x^{11}} dx"


def integral(_: int) -> Checked:
    return check_expr("\\frac13", "\\int_0^1 x^2 dx")


def test_a_hopeless_integral_is_undecided_and_the_pool_lives_on() -> None:
    assert check_expr("1", HARD).outcome == "undecided"
    assert integral(0).outcome == "right"


def test_a_dead_worker_is_replaced() -> None:
    pool = WorkerPool(size=1)
    pool.warm()
    pool._idle[0].process.kill()
    pool._idle[0].process.wait()
    task = [["num", "1/1"], ["num", "1/1"]]
    answers = [pool.run(task), pool.run(task)]
    pool.close()
    assert answers[-1] == "right"
    assert pool.replaced == 1


def test_from_threads_asyncio_and_spawned_processes() -> None:
    with ThreadPoolExecutor(4) as threads:
        assert {v.outcome for v in threads.map(integral, range(8))} == {"right"}

    async def both() -> list[Checked]:
        return await asyncio.gather(*(asyncio.to_thread(integral, k) for k in range(3)))

    assert {v.outcome for v in asyncio.run(both())} == {"right"}
    with multiprocessing.get_context("spawn").Pool(1) as processes:
        assert processes.apply(check_expr, ("\\frac13", "\\int_0^1 x^2 dx")).outcome == "right"
