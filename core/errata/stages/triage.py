"""Stage *triage*: attempts and verdicts in, categories out, before anything is spent on diagnosis.

Not covered: bad luck and suspected references, which need further answers (``second_look.py``).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from errata.records import Attempt, Category, Triage, Verdict


def triage(attempts: Iterable[Attempt], verdicts: Iterable[Verdict]) -> Iterator[Triage]:
    """One category per attempt; both inputs in the same order."""
    for attempt, verdict in zip(attempts, verdicts, strict=True):
        yield triaged(attempt, verdict)


def triaged(attempt: Attempt, verdict: Verdict) -> Triage:
    """The category of one attempt."""
    category, reason = categorize(attempt, verdict)
    return Triage(
        attempt_id=attempt.id,
        problem_id=attempt.problem_id,
        category=category,
        reason=reason,
        model=attempt.model,
    )


def of_another(row: Triage, suspected: Container[str]) -> Triage:
    """The category of another model's attempt, where references are ``suspected`` (problem ids)."""
    if row.category != "model-error" or row.problem_id not in suspected:
        return row
    reason = "the target's samples and the instructor are against this reference"
    return row.model_copy(update={"category": "suspected-wrong-gold", "reason": reason})


def categorize(attempt: Attempt, verdict: Verdict) -> tuple[Category, str]:
    """Only a wrong answer that the target stated as its answer is an error of the model.

    An answer found by a last resort (``explicit`` false) tells nothing about reasoning: it is
    truncated when generation ran out or looped (whatever the checker made of the fragment), a format
    slip otherwise.
    """
    if verdict.outcome == "right":
        return "right", ""
    if attempt.finish == "unanswered":
        return "undecided", "the target did not answer"
    stated = verdict.explicit and verdict.extracted is not None
    if not stated and attempt.finish != "stop":
        return "truncated", f"generation ended by {attempt.finish} before an answer was stated"
    if verdict.outcome == "undecided":
        return "undecided", verdict.reason
    if stated:
        return "model-error", ""
    return "format-slip", "no answer in the form the prompt asks for"
