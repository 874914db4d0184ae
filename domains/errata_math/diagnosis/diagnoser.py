"""The symbolic diagnoser: the first wrong step of an attempt, by its own equations.

Three kinds of wrongness in this order at equal steps: an equation that does not compute (a slip), an
equation that computes but no right route meets (a detour), a right beginning with a wrong end.
Deterministic; a few hundred cases a second.

Not covered: reasoning that never becomes an equation, algebra with unknowns, diagrams.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from pydantic import JsonValue

from errata.records import BadCase, Diagnosis, Problem
from errata_math.arithmetic.equations import Equation
from errata_math.arithmetic.expressions import kind_of, leaves
from errata_math.diagnosis.detours import detour
from errata_math.diagnosis.endings import ending
from errata_math.diagnosis.findings import Finding, explanation, shown
from errata_math.diagnosis.judging import Judged, first_wrong, judge
from errata_math.diagnosis.partials import part_of
from errata_math.diagnosis.reference import Reference, read_reference
from errata_math.diagnosis.slips import slip
from errata_math.diagnosis.unknowns import unknown_slip
from errata_math.diagnosis.work import Work, read_work
from errata_math.drills import is_drill, styles

BY = "symbolic"


class SymbolicDiagnoser:
    """Diagnoses bad cases offline. ``steps`` splits a solution into numbered steps."""

    def __init__(self, steps: Callable[[Problem, str], Sequence[str]]) -> None:
        self._steps = steps

    async def diagnose(self, case: BadCase) -> Diagnosis:
        """The diagnosis of one bad case; never raises on what a model wrote."""
        steps = self._steps(case.problem, case.attempt.text)
        found = diagnose_solution(case.problem, steps, case.verdict.extracted)
        return found.model_copy(update={"attempt_id": case.attempt.id})


def diagnose_solution(problem: Problem, steps: Sequence[str], final: str | None) -> Diagnosis:
    """Diagnoses a solution given as steps; ``final`` is its extracted answer (None: look for it).

    ``no_error`` when the answer is the reference's and every equation holds.
    """
    work = read_work(steps, final)
    reference = _reference_for(problem, work)
    finding = first_finding(work, reference)
    if finding is None:
        return Diagnosis(problem_id=problem.id, keyphrase="no error", no_error=True, by=BY)
    details: dict[str, JsonValue] = {
        "operation": finding.operation,
        "role": finding.role,
        "position": finding.position,
        "expected": shown(finding.expected) if finding.expected is not None else None,
        "found": shown(finding.found) if finding.found is not None else None,
    }
    return Diagnosis(
        problem_id=problem.id,
        keyphrase=finding.keyphrase,
        step=finding.step,
        explanation=explanation(finding),
        details=details,
        by=BY,
    )


def _reference_for(problem: Problem, work: Work) -> Reference:
    """The reference as usual; of a drill that the attempt works in another style, in that style.

    One step of its own may be chance, or a slip of another kind: two make a style.
    """
    usual = read_reference(problem)
    if not is_drill(problem):
        return usual
    made = {_operands(claim.equation) for claim in work.claims}
    known = {_operands(item) for item in usual.equations}
    for solution in styles(problem).values():
        styled = read_reference(problem.model_copy(update={"solution": solution}))
        if len(made & {_operands(item) for item in styled.equations} - known) > 1:
            return styled
    return usual


def _operands(equation: Equation) -> tuple[str, tuple[Fraction, ...]]:
    return kind_of(equation.left), tuple(sorted(leaves(equation.left)))


def first_finding(work: Work, reference: Reference) -> Finding | None:
    """The first thing wrong; None when the answer is right and every equation holds."""
    right_answer = work.final is not None and work.final == reference.answer
    judged = judge(work, reference)
    if right_answer:
        judged = [item for item in judged if item.judgement == "slip"]
    wrong = first_wrong(judged, reference)
    solving = None
    if not right_answer:
        solving = unknown_slip(work.unknowns, reference.question, reference.answer)
    if solving and solving.step and (wrong is None or solving.step < wrong.claim.step):
        return solving
    if wrong is not None and wrong.judgement == "slip":
        return slip(
            wrong.claim.equation, wrong.claim.step, part_of(wrong.claim.equation, reference)
        )
    if wrong is not None and _answered_before(wrong, judged, reference):
        return ending(work, reference)
    if wrong is not None:
        return detour(wrong, work, reference)
    return None if right_answer else ending(work, reference)


def _answered_before(wrong: Judged, judged: Sequence[Judged], reference: Reference) -> bool:
    """Whether a right step had reached the answer before."""
    earlier = judged[: judged.index(wrong)]
    return any(
        item.judgement == "right" and item.claim.value == reference.answer for item in earlier
    )
