"""``trace``: what an id of a run stands for, where it comes from and what was made from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from errata.calls.asking import AGAIN
from errata.calls.ledger import LedgerReader
from errata.calls.opening import LEDGER
from errata.errors import UserError
from errata.records import Candidate, Message
from errata.report.summary import round_names
from errata.store import Store, prompt_file
from errata.tracing.rounds import Round, RunProblems
from errata.tracing.traced import (
    Exchange,
    Traced,
    TracedExample,
    TracedProblem,
    TracedSolution,
    TracedType,
)

_NEAR = 5  # ids that are suggested
_LOOKED_AT = 20_000  # ids that a misspelt one is compared with


def trace(store: Store, item: str) -> list[Traced]:
    """What ``item`` is in the run in ``store``: a candidate or training example, an error type, an
    attempt, or a problem; one entry for each round that knows it, in order.

    Raises UserError, with the nearest ids, when nothing has that id.
    """
    problems = RunProblems(store)
    rounds = [Round(store, name, problems) for name in round_names(store)]
    found = [traced for round_ in rounds for traced in _in_round(store, round_, problems, item)]
    if not found:
        raise UserError(
            f"{store.path}: nothing has the id {item!r}; ids are those of training examples,"
            f" candidates, error types, attempts and problems{_suggestion(rounds, problems, item)}"
        )
    return found


def _in_round(store: Store, round_: Round, problems: RunProblems, item: str) -> Iterator[Traced]:
    if item in round_.candidates:
        yield _example(store, round_, round_.candidates[item])
    elif item in round_.examples and item in problems.by_id:
        yield TracedSolution(
            id=item,
            round=round_.name,
            example=round_.examples[item],
            problem=problems.by_id[item],
        )
    if item in round_.types:
        yield TracedType(
            round=round_.name,
            error_type=round_.types[item],
            cases=round_.cases_of(item),
            made=round_.made(_against(round_, item)),
            change=round_.change(item),
        )
    yield from _problem(round_, item)


def _problem(round_: Round, item: str) -> Iterator[TracedProblem]:
    """``item`` as an attempt, or as a problem that was attempted."""
    diagnosis = round_.diagnoses.get(item)
    problem_id = diagnosis.problem_id if diagnosis else item
    children = [c for c in round_.candidates.values() if problem_id in c.lineage.parents]
    cases = round_.cases_at(problem_id)
    if diagnosis:
        cases = tuple(c for c in cases if c.attempt is None or c.attempt.id == item)
    elif not cases and children:
        parent = round_.parent(problem_id, None)
        cases = (parent,) if parent else ()
    for case in cases:
        yield TracedProblem(round=round_.name, case=case, made=round_.made(children))


def _against(round_: Round, error_type: str) -> list[Candidate]:
    return [c for c in round_.candidates.values() if c.lineage.error_type == error_type]


def _example(store: Store, round_: Round, candidate: Candidate) -> TracedExample:
    lineage = candidate.lineage
    parents = (round_.parent(id_, lineage.error_type) for id_ in lineage.parents)
    asked, checked = _exchanges(store, candidate)
    return TracedExample(
        id=candidate.id,
        round=round_.name,
        fate=round_.fate(candidate.id),
        candidate=candidate,
        example=round_.examples.get(candidate.id),
        objections=round_.objections(candidate.id),
        selection=round_.selection(candidate.id),
        error_type=round_.types.get(lineage.error_type or ""),
        cases=tuple(parent for parent in parents if parent is not None),
        prompt=_template(store, lineage.prompt_hash),
        asked=asked,
        checked=checked,
    )


def _template(store: Store, digest: str | None) -> str:
    purposes = store.manifest().prompts
    return next((prompt_file(name) for name, found in purposes.items() if found == digest), "")


# --- requests ---------------------------------------------------------------------------------------


def _exchanges(
    store: Store, candidate: Candidate
) -> tuple[tuple[Exchange, ...], tuple[Exchange, ...]]:
    """The requests that made a candidate, and those about it."""
    path = store.file(LEDGER)
    if not path.is_file():
        return (), ()
    lineage = candidate.lineage
    ledger = LedgerReader(path)
    try:
        labels = dict.fromkeys([lineage.error_type, *lineage.parents[:1], lineage.strategy])
        making = [
            exchange
            for label in labels
            if label and lineage.prompt_hash
            for exchange in _about(ledger, label, lineage.seed)
        ]
        return tuple(making), tuple(_about(ledger, candidate.id, None))
    finally:
        ledger.close()


def _about(ledger: LedgerReader, label: str, replica: str | None) -> Iterator[Exchange]:
    """The requests about ``label`` and their repetitions; only those of ``replica`` if it is given."""
    for sent in (*ledger.exchanges(label), *ledger.exchanges(label + AGAIN)):
        request, usage = json.loads(sent.request), sent.reply.usage
        if replica is None or str(request["replica"]) == replica:
            yield Exchange(
                about=sent.label,
                messages=tuple(Message(role=r, content=c) for r, c in request["messages"]),
                reply=sent.reply.text,
                model=request["model"],
                served_by=sent.reply.served_by,
                tokens=usage.prompt_tokens + usage.completion_tokens if usage else 0,
                usd=sent.usd,
            )


# --- a misspelt id ----------------------------------------------------------------------------------


def _suggestion(rounds: Sequence[Round], problems: RunProblems, item: str) -> str:
    known = [id_ for r in rounds for id_ in (*r.types, *r.candidates, *r.diagnoses)]
    known += problems.by_id
    holding = [id_ for id_ in known if item in id_]
    close = get_close_matches(item, known[:_LOOKED_AT], n=_NEAR)
    near = list(dict.fromkeys([*holding, *close]))[:_NEAR]
    if near:
        return f"; the nearest: {', '.join(near)}"
    return f"; for instance {', '.join(known[:_NEAR])}" if known else ""
