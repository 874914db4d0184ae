"""Recomputes candidates: every annotated equation, and the answer they come to.

Not covered: whether the equations answer the question, and text outside the annotations.
"""

from __future__ import annotations

import re
from fractions import Fraction

from pydantic import JsonValue

from errata.records import Candidate, Correction, Critique, Objection, Pair, Problem, Trajectory
from errata_math.arithmetic.equations import ANNOTATION, Equation, equations
from errata_math.arithmetic.expressions import evaluate
from errata_math.arithmetic.grammar import parse_expression
from errata_math.arithmetic.holding import holds

BY = "recompute"
_MARK = re.compile(r"####[ \t]*([^\n]+)")
_BOX = re.compile(r"\\boxed\s*\{([^{}\n]{1,80})\}")
# "45 fruit roll-ups.", "$20 after saving for 5 days.": a number, then words that say of what.
_AMOUNT = re.compile(
    r"\W*?(-?[$£€]?[ ]?\d[\d,]*(?:\.\d+)?(?:/\d+)?)"
    r"(?:%|/[a-z]+\b|[ ]\d+-[a-z]{2,}|[.]?[ ](?!and\b)[A-Za-z&]{2,})"
)
_UNIT = re.compile(r"[A-Za-z$£€%]+")


def verify_candidate(candidate: Candidate) -> Objection | None:
    """None, or why the candidate's own arithmetic speaks against it.

    Reasons: "wrong-answer" (``evidence`` holds the equation, or the answer reached and the answer
    given) and "unreadable" (no final answer to compare). A correction, trajectory or pair is judged by
    its right solution; a critique by its problem's own solution, if it has one.
    """
    body = candidate.body
    if isinstance(body, Correction):
        return verify_solution(body.problem, body.corrected, whole=False)
    if isinstance(body, Trajectory):
        return _compare(body.problem, body.text)
    if isinstance(body, Pair):
        return verify_solution(body.problem, body.prefix + body.chosen, whole=False)
    if isinstance(body, Critique) and not body.problem.solution:
        return None
    return verify_solution(body.problem, body.problem.solution)


def verify_solution(problem: Problem, solution: str, whole: bool = True) -> Objection | None:
    """None, or the objection to a solution of ``problem``.

    With ``whole`` the solution alone has to state the answer.
    """
    for equation in equations(solution):
        if equation.annotated and holds(equation) is False:
            return _wrong(
                f"{equation.text}: the left side is {equation.expected}", equation=equation.text
            )
    return _check_restatements(solution) or _compare(problem, solution, whole)


def _check_restatements(solution: str) -> Objection | None:
    """Annotations without an operation ("<<5=5>>"), and those that cannot be read at all."""
    for match in ANNOTATION.finditer(solution):
        if any(holds(item) is not None for item in equations(match.group())):
            continue
        left, _, right = match.group(1).rpartition("=")
        if _value(left) is None or _value(right) is None:
            detail = "annotation cannot be read"
            evidence: dict[str, JsonValue] = {"text": match.group()}
            return Objection(reason="unreadable", detail=detail, by=BY, evidence=evidence)
        if _value(left) != _value(right):
            return _wrong(f"{left} is not {right}", equation=match.group(1))
    return None


def _compare(problem: Problem, solution: str, whole: bool = True) -> Objection | None:
    wanted = _value(problem.answer)
    if wanted is None:
        return None  # not a number: answer checking, not arithmetic, has to judge
    stated = _stated(solution)
    if stated is None:
        detail = "no final answer to compare"
        return Objection(reason="unreadable", detail=detail, by=BY) if whole else None
    amount = _AMOUNT.match(stated)
    reached = _value(amount.group(1) if amount else stated)
    if reached is None:
        return Objection(
            reason="unreadable",
            detail="final answer is no number",
            by=BY,
            evidence={"text": stated},
        )
    if reached != wanted:
        return _wrong("solution and answer differ", reached=stated, answer=problem.answer)
    return None


def _stated(solution: str) -> str | None:
    """The final answer: behind the last mark, in the last box, or the last equation's result."""
    marks = _MARK.findall(solution) or _BOX.findall(solution)
    if marks:
        return str(marks[-1])
    found: list[Equation] = equations(solution)
    value = found[-1].claimed if found else None
    return None if value is None else str(value)


def _value(text: str) -> Fraction | None:
    """The number a short text states, its unit aside."""
    try:
        return evaluate(parse_expression(_UNIT.sub(" ", text.strip().rstrip("."))))
    except ValueError:
        return None


def _wrong(detail: str, **evidence: str) -> Objection:
    return Objection(reason="wrong-answer", detail=detail, by=BY, evidence=dict(evidence))
