"""Whether a response is right: its answer is found, then scored by the task's verifier, or compared.

An answer stands after the last "Answer:". Failing that, the last line is looked at, and does not
count as stated. Right where the verifier's score (0 to 1) is at least the threshold, else wrong; for
rows of files, right where option or words are the same. Undecided: an answer at which the verifier
raises, or that is far longer than any right one.
"""

from __future__ import annotations

import re

from errata.records import Problem, Verdict
from errata_logic.tasks import GYM, made_again

_STATED = re.compile(r"answer\s*:[*\s]*(.*?)\s*\Z", re.DOTALL | re.IGNORECASE)
_OPTION = re.compile(r"\(?([A-Z])(?:[).:]|\Z)")
_LONGEST = 2000  # characters of an answer, and four times the reference
_RAISED = (  # by verifiers at answers that are not what they hope for
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)


def verdict(problem: Problem, response: str, threshold: float) -> Verdict:
    """The verdict on one response."""
    answer, stated = found(response, "\n" in problem.answer)
    rule = f"gym/{problem.kind}" if problem.source.startswith(GYM) else "same-words"
    said = {"problem_id": problem.id, "extracted": answer, "explicit": stated, "rule": rule}
    if answer is None:
        return Verdict(outcome="wrong", **said)
    try:
        score = scored(problem, answer)
    except _RAISED as error:
        why = f"the verifier raised {type(error).__name__}"
        return Verdict(outcome="undecided", reason=why, **said)
    return Verdict(outcome="right" if score >= threshold else "wrong", **said)


def scored(problem: Problem, answer: str) -> float:
    """From 0 to 1. Raises what the verifier raises, and ValueError for what is no answer to score."""
    if len(answer) > max(_LONGEST, 4 * len(problem.answer)):
        raise ValueError("too long")
    if not problem.source.startswith(GYM):
        return float(_plain(problem, answer) == _plain(problem, problem.answer))
    made = made_again(problem)
    if made is None or made.question != problem.question:
        raise LookupError("not made by this version of the library")
    return made.score(answer)


def found(response: str, many_lines: bool) -> tuple[str | None, bool]:
    """The answer, None where there is none, and whether it is stated as asked."""
    places = [match.start() for match in re.finditer(r"answer\s*:", response, re.IGNORECASE)]
    stated = _STATED.match(response, places[-1]) if places else None
    text = stated[1] if stated else response.strip().rpartition("\n")[2]
    if stated and not many_lines:
        text = text.partition("\n")[0]
    text = text.strip("*` \t") if not many_lines else text
    return text.strip() or None, bool(stated and text.strip())


def _plain(problem: Problem, answer: str) -> str:
    """An answer without decoration; the text of an option as its letter."""
    text = " ".join(answer.split()).strip(" .\"'`*")
    options = problem.data.get("options")
    rows = options if isinstance(options, list) else []
    letters = {str(row).partition(")")[2].strip(" .").casefold(): str(row)[:1] for row in rows}
    lettered = _OPTION.match(text)
    if rows and lettered:
        return lettered[1].casefold()
    return letters.get(text.casefold(), text).casefold()
