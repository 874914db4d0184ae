"""Redraws GSM8K-style problems: the computation graph of the reference with new numbers.

Not covered: problems without annotations, and those whose numbers cannot all be traced; ``coverage``
counts the reasons.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from random import Random

from errata.records import Objection, Problem
from errata_math.arithmetic.equations import equations
from errata_math.arithmetic.holding import holds
from errata_math.redraw.drawing import draw
from errata_math.redraw.graph import FINAL, Graph, read_graph
from errata_math.redraw.leaves import NoVariant
from errata_math.redraw.rewriting import rewrite_question, rewrite_solution

DRAWS = 8


def redraw(problem: Problem, random: Random) -> Problem | Objection:
    """The problem with new numbers, its solution and answer recomputed; or why there is none.

    The objection's reason is "no-variant" and its detail one of a fixed set of short strings.
    """
    graph = read_graph(problem.question, problem.solution, problem.answer)
    if isinstance(graph, str):
        return _objection(graph)
    reason = "no-sensible-draw"
    for _ in range(DRAWS):
        found = draw(graph, random)
        if found is None:
            break
        rewritten = _rewritten(problem, graph, *found)
        if isinstance(rewritten, Problem):
            return rewritten
        reason = rewritten
    return _objection(reason)


def _rewritten(
    problem: Problem,
    graph: Graph,
    drawn: Mapping[int, Fraction],
    values: Mapping[Fraction, Fraction],
) -> Problem | str:
    """The new problem, or the fixed reason why these numbers do not do."""
    try:
        question = rewrite_question(problem.question, graph, drawn)
        solution = rewrite_solution(problem.solution, values)
    except NoVariant as reason:
        return str(reason)
    final = FINAL.search(solution)
    if final is None or not consistent(problem.solution, solution):
        return "rewrite-inconsistent"
    answer = final.group(1) if "," in problem.answer else final.group(1).replace(",", "")
    if isinstance(read_graph(question, solution, answer), str):
        return "not-redrawable-again"
    digest = hashlib.sha256(question.encode()).hexdigest()[:8]
    return Problem(
        id=f"{problem.id}~{digest}",
        question=question,
        answer=answer,
        solution=solution,
        source="redraw",
        kind=problem.kind,
        data={**problem.data, "parent": problem.id},
    )


def consistent(old: str, new: str) -> bool:
    """Whether every equation that held in the old solution still holds in the new one."""
    before, after = equations(old), equations(new)
    if len(before) != len(after):
        return False
    return all(
        holds(two) is not False or holds(one) is False
        for one, two in zip(before, after, strict=True)
    )


def _objection(detail: str) -> Objection:
    return Objection(reason="no-variant", detail=detail)


def coverage(problems: Iterable[Problem]) -> dict[str, int]:
    """How many problems can be redrawn ("redrawn"), and how many cannot, by reason.

    Every problem is redrawn once with a stream of its own, so the counts repeat exactly.
    """
    counts: Counter[str] = Counter()
    for problem in problems:
        seed = int.from_bytes(hashlib.sha256(problem.id.encode()).digest()[:8], "big")
        variant = redraw(problem, Random(seed))
        counts["redrawn" if isinstance(variant, Problem) else variant.detail] += 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
