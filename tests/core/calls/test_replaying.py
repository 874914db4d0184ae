"""Replay asks in the form in which the ledger was paid for, whatever that instructor found out."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from errata.calls.asking import Asking
from errata.calls.budget import RUN, Budget, Caps
from errata.calls.client import ConfiguredInstructor
from errata.calls.ledger import Ledger
from errata.calls.pacing import Limits, Pace
from errata.calls.replaying import Replay, ReplaySettings
from errata.calls.sending import Calls
from errata.calls.settings import InstructorSettings
from errata.calls.typed import Prompt
from errata.calls.wire import Prices, Reply, Usage
from errata.errors import InstructorError
from errata.records import Message
from errata.seeds import stream
from faults.client import Value


class Knowing(ConfiguredInstructor):
    """Answers at once; it knows its own revision, and whether it takes a schema."""

    def __init__(self, revision, schema, **settings):
        super().__init__(InstructorSettings(model="m", **settings))
        self.takes_schema, self._revision = schema, revision

    def request(self, *parts):
        return replace(super().request(*parts), revision=self._revision)

    async def complete(self, request):
        text = f"{self._revision} {request.messages[0].content[:5]}"
        if "unreadable" in request.messages[-1].content:
            return Reply("no JSON", usage=Usage(1, 1))
        return Reply(json.dumps({"value": text}), usage=Usage(1, 1))

    async def close(self):
        pass


def ask_all(instructor, path: Path, prompts=("hello", "unreadable at first"), caps=None):
    async def ask():
        ledger = Ledger(path)
        pace = Pace(Limits(4), stream(0, "pace"))
        calls = Calls(instructor, ledger, Budget({RUN: caps or Caps()}, ledger.spent()), pace)
        async with calls:
            asking = Asking(calls, instructor)
            found = [
                await asking(Prompt((Message(role="user", content=text),), Value))
                for text in prompts
            ]
        ledger.close()
        return [answer.value and answer.value.value for answer in found]

    return asyncio.run(ask())


def replay(ledger: Path, **settings):
    return Replay(ReplaySettings.model_validate({"model": "m", "ledger": ledger, **settings}))


@pytest.mark.parametrize("schema", [True, False])
@pytest.mark.parametrize("revision", ["", "main", "digest float32"])
def test_the_form_is_the_ledger_s(tmp_path, schema, revision):
    """Recipes say nothing about either where the instructor finds it out, or something else."""
    paid = ask_all(Knowing(revision, schema), tmp_path / "paid.sqlite")
    assert paid == [f"{revision} hello", f"{revision} unrea"]
    for number, said in enumerate([{}, {"schema_mode": "auto"}, {"schema_mode": not schema}]):
        again = replay(tmp_path / "paid.sqlite", revision="as the recipe has it", **said)
        assert again.takes_schema is schema
        assert ask_all(again, tmp_path / f"{number}.sqlite") == paid


def test_several_forms_in_one_ledger(tmp_path):
    ledger = tmp_path / "shared.sqlite"
    for revision in ("old", "new"):
        for schema in (True, False):
            ask_all(Knowing(revision, schema), ledger)
    with pytest.raises(ValueError, match="in the revisions 'new', 'old': say which by `revision`"):
        replay(ledger)
    for revision in ("old", "new"):
        for schema in (True, False):
            found = replay(ledger, revision=revision, schema_mode=schema)
            again = tmp_path / f"{revision} {schema}.sqlite"
            assert ask_all(found, again)[0] == f"{revision} hello"


def test_what_the_ledger_does_not_have(tmp_path):
    ask_all(Knowing("", True), tmp_path / "paid.sqlite")
    again = replay(tmp_path / "paid.sqlite")
    with pytest.raises(InstructorError, match="has no reply to this request to m: 'other'"):
        ask_all(again, tmp_path / "again.sqlite", ["other"])
    other = replay(tmp_path / "paid.sqlite", model="another")
    with pytest.raises(InstructorError, match="has no reply to this request to another"):
        ask_all(other, tmp_path / "again.sqlite")
    with pytest.raises(FileNotFoundError, match="no such ledger"):
        replay(tmp_path / "none.sqlite")


def test_nothing_is_paid_even_under_the_original_s_cap(tmp_path):
    prices = {"usd_per_million_prompt_tokens": 5, "usd_per_million_reply_tokens": 9}
    paid = Knowing("", True, **prices)
    assert paid.prices == Prices(5, 9)
    ask_all(paid, tmp_path / "paid.sqlite")
    again = replay(tmp_path / "paid.sqlite", **prices)
    assert ask_all(again, tmp_path / "again.sqlite", caps=Caps(max_usd=0)) == [
        " hello",
        " unrea",
    ]
