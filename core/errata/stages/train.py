"""Stage *train*: kept candidates in, training examples out (the trainer does the rest).

What each kind of body trains on, and where the loss lies, is stated in ``errata.records``.
"""

from __future__ import annotations

from errata.domain import Domain
from errata.records import (
    QA,
    Candidate,
    Correction,
    Critique,
    Message,
    Pair,
    Problem,
    Span,
    TrainingExample,
    Trajectory,
)


def solved_example(problem: Problem, domain: Domain) -> TrainingExample:
    """A problem with its reference solution (the answer alone when there is none)."""
    completion = problem.solution or problem.answer
    return _example(problem.id, domain.target_prompt(problem).messages, completion)


def example(candidate: Candidate, domain: Domain) -> TrainingExample:
    """What the trainer receives for ``candidate``."""
    body = candidate.body
    messages = domain.target_prompt(body.problem).messages
    match body:
        case QA():
            return solved_example(body.problem, domain).model_copy(update={"id": candidate.id})
        case Correction():
            shown = "\n".join(f"Step {n}: {step}" for n, step in enumerate(body.wrong_steps, 1))
            asked = f"{shown}\n\nThis solution is wrong. Find the first wrong step and correct it."
            completion = (
                f"Step {body.wrong_step} is wrong. {body.explanation}\n"
                f"Corrected from step {body.wrong_step}:\n{body.corrected}"
            )
            return _example(candidate.id, _asked(messages, asked), completion)
        case Trajectory():
            whole = _example(candidate.id, messages, body.text)
            return whole.model_copy(update={"spans": body.spans or whole.spans})
        case Pair():
            chosen = body.prefix + body.chosen
            return TrainingExample(
                id=candidate.id,
                messages=messages,
                completion=chosen,
                spans=(Span(start=len(body.prefix), end=len(chosen)),),
                rejected=body.prefix + body.rejected,
            )
        case Critique():
            asked = f"{body.response}\n\nCritique this response."
            return _example(candidate.id, _asked(messages, asked), body.critique)


def _asked(messages: tuple[Message, ...], more: str) -> tuple[Message, ...]:
    *before, last = messages
    content = f"{last.content}\n\n{more}"
    return (*before, last.model_copy(update={"content": content}))


def _example(id_: str, messages: tuple[Message, ...], completion: str) -> TrainingExample:
    spans = (Span(start=0, end=len(completion)),)
    return TrainingExample(id=id_, messages=messages, completion=completion, spans=spans)
