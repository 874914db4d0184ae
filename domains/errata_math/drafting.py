"""Problems out of what an instructor drafted, and the prompt templates of the domain.

Not covered: whether the solution answers the question (verifiers ask or compute that).
"""

from __future__ import annotations

import re
from pathlib import Path

from errata.drafts import Draft, draft_id, plain_problem
from errata.records import Objection, Problem
from errata_math.checking import CheckOptions, check_batch, check_expr

_TEMPLATES = Path(__file__).parent / "templates"
_MARK = re.compile(r"####")
_WRAPPED = re.compile(
    r"^(?:####|(?:the )?(?:final )?answer(?: is)?:?|\$(?=.*\$$))\s*|\$$", re.IGNORECASE
)
_BOX = "\\boxed"
_MOST_WORDS = 4  # of an answer in words: "the second player wins"


def template(purpose: str) -> Path | None:
    """The file of the domain's template for ``purpose``, if it has one."""
    path = _TEMPLATES / f"{purpose}.md"
    return path if path.exists() else None


def problem_of_draft(draft: Draft, options: CheckOptions) -> Problem | Objection:
    """The draft with its solution ending in the answer as training data state it.

    Objections: "unreadable" (no question, no answer, an answer that is no mathematics), "wrong-answer"
    (the solution comes to another answer than the draft gives).
    """
    answer = bare_answer(draft.answer)
    plain = plain_problem(draft.model_copy(update={"answer": answer}))
    if isinstance(plain, Objection):
        return plain
    solution = plain.solution
    prose = len(answer.split()) > _MOST_WORDS and not re.search(r"[\d\\]", answer)
    if prose or check_expr(answer, answer, options).outcome != "right":
        return Objection(
            reason="unreadable",
            detail=f"the answer {answer[:80]!r} is no number, expression or choice",
            evidence={"answer": draft.answer},
        )
    boxed = _BOX in solution
    if not boxed and not _MARK.search(solution):
        solution = f"{solution}\n#### {answer}".strip()
    [found] = check_batch([(answer, solution)], "response", options)
    if found.outcome == "wrong":
        return Objection(
            reason="wrong-answer",
            detail=f"the solution comes to {found.extracted}, the draft says {answer}",
            evidence={"answer": answer, "solution": found.extracted},
        )
    data = {"format": "boxed"} if boxed else {}
    return plain.model_copy(update={"id": draft_id(draft), "solution": solution, "data": data})


def bare_answer(text: str) -> str:
    """An answer without "#### ", "The answer is", a box or dollar signs around it."""
    bare = _WRAPPED.sub("", text.strip()).strip()
    if bare.startswith(_BOX + "{") and bare.endswith("}"):
        bare = bare[len(_BOX) + 1 : -1].strip()
    return bare
