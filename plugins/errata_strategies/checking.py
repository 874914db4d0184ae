"""Whether a text reaches the answer of its problem, by the domain's own check.

Not covered: whether its steps are right.
"""

from __future__ import annotations

from errata.domain import Domain
from errata.records import Objection, Problem, Verdict

_LONGEST_ENDING = 80  # characters of a line that only states an answer


def verdict_on(domain: Domain, problem: Problem, text: str) -> Verdict:
    """The domain's verdict on one text."""
    return domain.check([problem], [text])[0]


def reaching(domain: Domain, problem: Problem, text: str, what: str) -> str | Objection:
    """``text``, or the objection that it does not reach the answer of ``problem``.

    A text with the right answer that does not state it as the prompt asks gets the last line of the
    reference solution, where that states it. Objections: "wrong-answer", and "unreadable" where no
    answer is found, or none in that form.
    """
    text = text.strip()
    found = verdict_on(domain, problem, text)
    if found.outcome == "right" and found.explicit:
        return text
    if found.outcome == "right":
        return _ended(domain, problem, text) or Objection(
            reason="unreadable",
            detail=f"{what} does not state its answer in the form that the prompt asks for",
            evidence={"end": text[-200:]},
        )
    if found.outcome == "wrong" and found.explicit and found.extracted is not None:
        return Objection(
            reason="wrong-answer",
            detail=f"{what} comes to {found.extracted}, the answer is {problem.answer}",
            evidence={"answer": problem.answer, "reached": found.extracted},
        )
    return Objection(
        reason="unreadable",
        detail=f"{what}: {found.reason or 'no final answer is stated in it'}",
        evidence={"end": text[-200:], "reached": found.extracted},
    )


def _ended(domain: Domain, problem: Problem, text: str) -> str | None:
    ending = problem.solution.strip().rpartition("\n")[2].strip()
    if not ending or len(ending) > _LONGEST_ENDING:
        return None
    ended = f"{text}\n{ending}"
    found = verdict_on(domain, problem, ended)
    return ended if found.outcome == "right" and found.explicit else None


def without_answer(domain: Domain, problem: Problem, text: str) -> str:
    """``text`` without the last lines that state an answer in the form that the prompt asks for:
    a solution goes on after what is kept."""
    lines = text.rstrip().splitlines()
    while lines and verdict_on(domain, problem, "\n".join(lines)).explicit:
        if verdict_on(domain, problem, "\n".join(lines)).extracted is None:
            break
        lines.pop()
    return "\n".join(lines)


def laid_out(text: str, steps: list[str]) -> tuple[str, list[int]]:
    """``text`` with where each step ends in it; the steps a line each where they are not found."""
    ends: list[int] = []
    for step in steps:
        found = text.find(step, ends[-1] if ends else 0)
        if found < 0:
            lengths = [len("\n".join(steps[:last])) for last in range(1, len(steps) + 1)]
            return "\n".join(steps), lengths
        ends.append(found + len(step))
    return text, ends


def up_to(text: str, steps: list[str], last: int) -> str:
    """``text`` to the end of step ``last`` (from 1; 0 is nothing)."""
    whole, ends = laid_out(text, steps)
    return whole[: ends[last - 1]] if last else ""
