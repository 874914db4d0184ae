"""Stage *triage*: attempts and verdicts in, categories out, before anything is spent on diagnosis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from errata.records import Attempt, Category, Triage, Verdict


def triage(attempts: Iterable[Attempt], verdicts: Iterable[Verdict]) -> Iterator[Triage]:
    """One category per attempt; both inputs in the same order."""
    for attempt, verdict in zip(attempts, verdicts, strict=True):
        yield triaged(attempt, verdict)


def triaged(attempt: Attempt, verdict: Verdict) -> Triage:
    """The category of one attempt."""
    category, reason = categorize(attempt, verdict)
    return Triage(
        attempt_id=attempt.id, problem_id=attempt.problem_id, category=category, reason=reason
    )


def categorize(attempt: Attempt, verdict: Verdict) -> tuple[Category, str]:
    """Only a wrong answer that the target stated as its answer is an error of the model.

    An answer found by a last resort (``explicit`` false) tells nothing about reasoning: it is
    truncated when generation ran out or looped (whatever the checker made of the fragment), a format
    slip otherwise.
    """
    if verdict.outcome == "right":
        return "right", ""
    stated = verdict.explicit and verdict.extracted is not None
    if not stated and attempt.finish != "stop":
        return "truncated", f"generation ended by {attempt.finish} before an answer was stated"
    if verdict.outcome == "undecided":
        return "undecided", verdict.reason
    if stated:
        return "model-error", ""
    return "format-slip", "no answer in the form the prompt asks for"
