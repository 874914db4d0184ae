"""What the target reads: the question, one short instruction, perhaps one worked example.

The instruction is short because every token is read once per attempt. Not covered: prompts for
instructors, and the chat template (the target's own).
"""

from __future__ import annotations

from errata import turns
from errata.records import Problem, TargetPrompt

_HASHES = 'Reason in short steps. End with a line "#### " and the answer.'
_BOXED = "Reason in short steps. End with \\boxed{answer}."
_CHOICE = 'Reason in short steps. End with a line "#### " and the letter of the right option.'

# A stop pattern is searched while the text grows, so none may match before the answer is whole: a
# line must be closed, or words must follow the number. "#### 1. Add the eggs" is a numbered heading.
_NUMBER = r"[-+−]?[$€£]?[ \t]*[-−]?\d[\d,]*+(?:[./]\d++)?"
_LEAD = r"####[ \t]*+(?!\d{1,2}[.)][ \t]+[A-Za-z])"
_STOP_HASHES = (_LEAD + _NUMBER + r"[^\n]*\n", _LEAD + _NUMBER + r"[ \t]+[A-Za-z]{2}")
_STOP_CHOICE = (r"####[ \t]*+\(?[A-J]\)?(?![A-Za-z])[^\n]*\n",)
# Braces three deep inside the box; possessive, so that an unclosed brace costs linear time.
_INNER = r"(?:[^{}]++|\{(?:[^{}]++|\{(?:[^{}]++|\{[^{}]*+\})*+\})*+\})*+"
_STOP_BOXED = (r"\\boxed[ \t]*\{" + _INNER + r"\}(?:[ \t$*]|\\[)\]])*(?:\.(?!\d)|\n)",)


def is_boxed(problem: Problem) -> bool:
    """Whether the answer is to be boxed, as in MATH: ``data["format"] == "boxed"``, or the reference
    solution boxes it."""
    stated = problem.data.get("format") == "boxed" or "\\boxed" in problem.solution
    return stated and not problem.data.get("options")


def target_prompt(
    problem: Problem, demonstration: Problem | None, guidance: str | None
) -> TargetPrompt:
    """The prompt for one attempt."""
    shown = (_asked(demonstration), _shown(demonstration)) if demonstration else None
    stop = _form(problem)[1]
    return turns.target_prompt(_asked(problem), guidance=guidance, shown=shown, stop=stop)


def _form(problem: Problem) -> tuple[str, tuple[str, ...]]:
    """How the answer is asked for, and what ends a finished answer."""
    if problem.data.get("options"):
        return _CHOICE, _STOP_CHOICE
    return (_BOXED, _STOP_BOXED) if is_boxed(problem) else (_HASHES, _STOP_HASHES)


def _asked(problem: Problem) -> str:
    return f"{problem.question.strip()}\n{_form(problem)[0]}"


def _shown(demonstration: Problem) -> str:
    """The reference solution, ending in the answer as the instruction asks for it."""
    solution = demonstration.solution.strip()
    if is_boxed(demonstration):
        ended = "\\boxed" in solution
        last = f"\\boxed{{{demonstration.answer}}}"
    else:
        ended = "####" in solution
        last = f"#### {demonstration.answer}"
    return solution if ended else f"{solution}\n{last}".strip()
