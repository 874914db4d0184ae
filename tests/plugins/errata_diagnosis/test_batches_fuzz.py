"""Whatever an instructor says, the grouping is sound: no crash, counts agree, limits hold."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import cycle
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from errata.calls.reading import read_reply
from errata.calls.typed import Answer, Prompt
from errata.naming import useless
from errata.parts import Grouping
from errata.records import Diagnosis
from errata_diagnosis.batches import BatchesSettings, InstructorBatches

PHRASES = [f"{word} wrongly" for word in ("adds", "borrows", "carries", "divides", "skips")]
ODD = st.one_of(st.none(), st.text(max_size=5), st.floats(), st.booleans(), st.just([[1]]))


def mostly(usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The usual nine times in ten; ``one_of`` would count every branch of ``odd``."""
    return st.integers(0, 9).flatmap(lambda n: odd if n == 9 else usual)


NUMBERS = st.lists(
    mostly(st.integers(1, 5), st.one_of(st.integers(-2, 99), st.sampled_from(["1", "#2"]), ODD)),
    max_size=6,
)
NAMES = st.sampled_from(
    ["Sums", "sum errors", "Other", "", "Signs", "No error", "Wrong operation", "Rounding", None, 7]
)


def entries(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Lists of such entries, with something odd among them now and then."""
    return st.lists(mostly(st.fixed_dictionaries(fields), ODD), max_size=5)


SAID = st.fixed_dictionaries(
    {
        "new": entries(name=NAMES, description=st.just("d"), phrases=NUMBERS),
        "existing": entries(type=st.integers(-1, 4), phrases=NUMBERS),
        "merges": entries(name=NAMES, description=st.just("d"), types=NUMBERS),
        "groups": entries(name=NAMES, explanation=st.just("e"), phrases=NUMBERS),
    }
)
REPLY = mostly(SAID, ODD).map(json.dumps)


def test_any_replies(make_instructor, make_asking):
    services = make_asking(make_instructor()).services
    cases = [
        Diagnosis(problem_id=f"p{i}", attempt_id=f"a:p{i}", keyphrase=phrase)
        for i, phrase in enumerate([*PHRASES, "", *PHRASES[:2]])
    ]
    seen: Counter[str] = Counter()

    @settings(max_examples=240, deadline=None, derandomize=True)
    @given(
        replies=st.lists(REPLY, max_size=6),
        chosen=st.builds(
            BatchesSettings,
            batch=st.integers(1, 7),
            max_types=st.integers(1, 4),
            types_per_case=st.integers(1, 3),
            strict=st.booleans(),
        ),
    )
    def sound(replies: list[str], chosen: BatchesSettings) -> None:
        services.ask = answering(replies)
        grouper = InstructorBatches(chosen, services)
        grouping = asyncio.run(grouper.group(cases))
        check(cases, grouping, chosen, grouper.tally)
        seen.update(name for name, count in grouper.tally.items() if count)
        seen["types"] += bool(grouping.types)

    sound()
    # the replies reach what they are meant to try
    assert min(seen[k] for k in ("types", "refused", "invented", "unanswered", "merged")) > 2


def answering(replies: list[str]) -> Callable[[Prompt[Any]], Awaitable[Answer[Any]]]:
    said = cycle(replies or ["nothing to say"])

    async def ask(prompt: Prompt[Any]) -> Answer[Any]:
        text = next(said)
        try:
            return Answer(read_reply(text, prompt.reply), text)
        except ValueError as error:
            return Answer(None, text, str(error), "unreadable")

    return ask


def check(
    cases: list[Diagnosis], grouping: Grouping, chosen: BatchesSettings, tally: Counter[str]
) -> None:
    assignments = grouping.assignments
    assert [a.attempt_id for a in assignments] == [d.attempt_id for d in cases]
    counts = Counter(t for a in assignments for t in a.types)
    assert counts == {t.id: t.count for t in grouping.types}
    assert len({t.id for t in grouping.types}) == len(grouping.types)
    assert assignments[len(PHRASES)].types == ()  # the blank one
    assert tally["unassigned"] == sum(not a.types for a in assignments[: len(PHRASES)])
    assert [a.types for a in assignments[:2]] == [a.types for a in assignments[-2:]]
    if not chosen.strict:
        assert len(grouping.types) <= chosen.max_types
        assert all(len(a.types) <= chosen.types_per_case for a in assignments)
        assert not [t.name for t in grouping.types if useless(t.name)]
