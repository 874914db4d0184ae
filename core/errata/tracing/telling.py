"""A trace in lines: the latest first, then what it came from, the prompts at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from errata.records import Message, TrainingExample
from errata.report import surely, words
from errata.tracing.traced import (
    Exchange,
    Made,
    Traced,
    TracedCase,
    TracedExample,
    TracedProblem,
    TracedSolution,
    TracedType,
)

_SHOWN = 10  # cases and candidates of a type, unless all are wanted


def told(found: Sequence[Traced], *, everything: bool) -> Iterator[str]:
    """The lines for all that was found; ``everything`` shortens no list."""
    most = None if everything else _SHOWN
    for number, traced in enumerate(found):
        if number:
            yield ""
        match traced:
            case TracedExample():
                yield from _example(traced)
            case TracedSolution():
                yield from _solution(traced)
            case TracedType():
                yield from _type(traced, most)
            case TracedProblem():
                yield from _problem(traced, most)


def _example(traced: TracedExample) -> Iterator[str]:
    lineage = traced.candidate.lineage
    kind, where = traced.candidate.body.kind, words.round_name(traced.round)
    yield f"{traced.id}: {kind} of {where}, {traced.fate}"
    for objection in traced.objections:
        yield f"  refused by {objection.by}: {objection.reason}, {objection.detail}"
    if traced.selection is not None:
        yield f"  {surely.selection(traced.selection)}"
    if traced.example is None:
        yield from _texts("question", traced.candidate.body.problem.question)
    else:
        yield from _received(traced.example)
    yield ""
    yield f"made by {lineage.strategy}{_how(traced)}"
    if traced.error_type is not None:
        yield f"against the error type {traced.error_type.id}: {traced.error_type.name}"
        yield f"  {words.counted(traced.error_type.count, 'case')}; {traced.error_type.description}"
    elif lineage.error_type:
        yield f"against the error type {lineage.error_type}, which is no type of the round now"
    for case in traced.cases:
        yield ""
        yield from _case(case, "from ")
    yield from _exchanges("asked to make it", traced.asked)
    yield from _exchanges("asked about it", traced.checked)
    if lineage.prompt_hash and not traced.asked:
        yield ""
        yield "the request that made it is not in the run's ledger"


def _how(traced: TracedExample) -> str:
    lineage = traced.candidate.lineage
    parts = []
    if lineage.style:
        parts.append(f"in the style {lineage.style}")
    if lineage.model:
        parts.append(f"with {lineage.model}")
    if lineage.prompt_hash:
        parts.append(f"prompt {traced.prompt or lineage.prompt_hash[:12]}")
    if lineage.seed:
        parts.append(f"seed {lineage.seed}")
    parts.append(f"price {words.dollars(lineage.cost)}")
    return f", {', '.join(parts)}"


def _solution(traced: TracedSolution) -> Iterator[str]:
    yield (
        f"{traced.id}: the reference solution of a problem of the run, trained on in"
        f" {words.round_name(traced.round)}; no candidate, so nothing was made or paid for it"
    )
    yield from _received(traced.example)


def _type(traced: TracedType, most: int | None) -> Iterator[str]:
    found = traced.error_type
    yield f"{found.id}: error type of {words.round_name(traced.round)}, {found.name}"
    yield f"  {found.description}"
    stable = "" if found.stability is None else f", stability {words.figure(found.stability)}"
    yield f"  {words.counted(len(traced.cases), 'case')}{stable}"
    if traced.change is not None:
        yield (
            f"  the checkpoint of {words.round_name(traced.round)} solves"
            f" {words.count(traced.change.dev_fixed)} of its"
            f" {words.count(traced.change.dev_cases)} held-out cases"
        )
    for case in traced.cases[:most]:
        where = case.attempt.id if case.attempt else case.problem.id
        yield f"  case {where} ({case.set}): {case.diagnosis.keyphrase if case.diagnosis else ''}"
    yield from _more(len(traced.cases), most)
    yield ""
    yield from _made(traced.made, most)


def _problem(traced: TracedProblem, most: int | None) -> Iterator[str]:
    yield f"{words.round_name(traced.round)}:"
    yield from _case(traced.case, "")
    yield ""
    yield from _made(traced.made, most)


def _made(made: Sequence[Made], most: int | None) -> Iterator[str]:
    if not made:
        yield "nothing was made from it"
        return
    fates = Counter(one.fate for one in made)
    counts = ", ".join(f"{words.count(number)} {fate}" for fate, number in fates.most_common())
    price = words.dollars(sum(one.usd for one in made))
    yield f"{words.counted(len(made), 'candidate')} made from it: {counts}; price {price}"
    first = sorted(made, key=lambda one: one.fate not in ("trained on", "kept"))
    for one in first[:most]:
        why = f" ({', '.join(one.reasons)})" if one.reasons else ""
        yield f"  {one.id} · {one.fate}{why} · {_short(one.question)}"
    yield from _more(len(made), most)


def _case(case: TracedCase, lead: str) -> Iterator[str]:
    kind = "bad case" if case.diagnosis else "problem"
    yield f"{lead}{kind} {case.problem.id} ({case.set})"
    yield from _texts("question", case.problem.question)
    yield from _texts("reference answer", case.problem.answer)
    if case.attempt is not None:
        yield from _texts(
            f"answer of {case.attempt.model or case.attempt.checkpoint}", case.attempt.text
        )
    if case.diagnosis is not None:
        step = f", first wrong step {case.diagnosis.step}" if case.diagnosis.step else ""
        yield f"  error: {case.diagnosis.keyphrase or case.diagnosis.failure}{step}"
        yield f"  {case.diagnosis.explanation}"
        yield f"  types: {', '.join(case.types) or '(unassigned)'}"


def _received(example: TrainingExample) -> Iterator[str]:
    yield from _messages(example.messages)
    yield from _texts("completion", example.completion)
    if example.rejected is not None:
        yield from _texts("rejected", example.rejected)


def _exchanges(title: str, exchanges: Sequence[Exchange]) -> Iterator[str]:
    for number, exchange in enumerate(exchanges, start=1):
        yield ""
        yield (
            f"{title}, request {number} of {len(exchanges)}: {exchange.model}"
            f"{f' ({exchange.served_by})' if exchange.served_by else ''},"
            f" {words.counted(exchange.tokens, 'token')}, {words.dollars(exchange.usd)}"
        )
        yield from _messages(exchange.messages)
        yield from _texts("reply", exchange.reply)


def _messages(messages: Sequence[Message]) -> Iterator[str]:
    for message in messages:
        yield from _texts(message.role, message.content)


def _texts(name: str, content: str) -> Iterator[str]:
    first, *rest = content.split("\n") or [""]
    yield f"  {name}: {first}"
    for line in rest:
        yield f"    {line}"


def _more(number: int, most: int | None) -> Iterator[str]:
    if most is not None and number > most:
        yield f"  and {words.count(number - most)} more (--all shows them)"


def _short(question: str) -> str:
    line = " ".join(question.split())
    return line if len(line) <= 70 else line[:69] + "…"
