"""Keys, coalescing, sharing, durability, and what a look at the ledger tells."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.calls.ledger import Ledger
from errata.calls.replaying import Replay, ReplaySettings
from errata.calls.wire import Request, changed_parts, key_of
from errata.errors import CorruptRecord, InstructorError, StorageFull
from errata.records import Message
from errata_openai.client import OpenAIClient
from faults.client import QUICK, ask_for, calling, complete_all, settings
from faults.server import FaultServer, answer_to

BASE = Request((Message(role="user", content="What is 2 + 2?"),), "m", 100, sampling={"top_p": 0.5})
CHANGES: dict[str, Callable[[Request], Request]] = {
    "messages": lambda r: replace(r, messages=(*r.messages, Message(role="user", content="?"))),
    "model": lambda r: replace(r, model="n"),
    "revision": lambda r: replace(r, revision="2"),
    "max_tokens": lambda r: replace(r, max_tokens=101),
    "sampling": lambda r: replace(r, sampling={"top_p": 0.6}),
    "schema": lambda r: replace(r, schema={"type": "object"}),
    "replica": lambda r: replace(r, replica=1),
}


@pytest.mark.parametrize("part", CHANGES)
def test_every_part_of_a_request_is_in_its_key(part: str) -> None:
    other = CHANGES[part](BASE)
    assert key_of(other.canonical()) != key_of(BASE.canonical())
    assert list(changed_parts(BASE.canonical(), other.canonical())) == [part]


def test_every_field_of_a_request_is_tested_here() -> None:
    assert set(CHANGES) == set(Request.__slots__)


@given(
    st.dictionaries(
        st.text(), st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.booleans()
    )
)
def test_the_order_of_sampling_is_not_in_the_key(sampling: dict[str, float | str | bool]) -> None:
    backwards = dict(reversed(sampling.items()))
    keys = {replace(BASE, sampling=s).canonical() for s in (sampling, backwards)}
    assert len(keys) == 1
    assert keys.pop().isascii()


@given(st.text(), st.text())
def test_different_texts_have_different_keys(one: str, other: str) -> None:
    keys = {
        replace(BASE, messages=(Message(role="user", content=text),)).canonical()
        for text in (one, other)
    }
    assert len(keys) == len({one, other})


def test_identical_requests_at_the_same_time_are_one(
    fault_server: FaultServer, tmp_path: Path
) -> None:
    async def ask() -> set[str]:
        async with calling(fault_server.url, tmp_path / "calls.sqlite") as (calls, client, _):
            found = await asyncio.gather(
                *(calls.complete(ask_for(client, "same")) for _ in range(20))
            )
            await calls.complete(ask_for(client, "same", replica=1))
            assert calls.tally.joined == 19
            return {reply.text for reply in found}

    assert len(asyncio.run(ask())) == 1
    assert fault_server.seen.arrived["same"] == 2


def test_changed_content_is_noticed_and_explained(
    fault_server: FaultServer, tmp_path: Path
) -> None:
    path = tmp_path / "calls.sqlite"

    async def ask(text: str, **changes: object) -> None:
        async with calling(fault_server.url, path, **changes) as (calls, client, _):
            await calls.complete(ask_for(client, text), label="item-7")

    asyncio.run(ask("first"))
    asyncio.run(ask("first"))
    asyncio.run(ask("second"))
    asyncio.run(ask("second", temperature=0.5))
    assert sum(fault_server.seen.arrived.values()) == 3
    ledger = Ledger(path)
    text, heat = ledger.explain_miss("item-7")
    assert text == {"messages": ([["user", "first"]], [["user", "second"]])}
    assert heat == {"sampling": ({"temperature": 0.0}, {"temperature": 0.5})}
    with pytest.raises(LookupError, match="nothing was asked about 'item-8'"):
        list(ledger.explain_miss("item-8"))
    ledger.close()


def test_a_shared_ledger_serves_other_runs(fault_server: FaultServer, tmp_path: Path) -> None:
    async def ask(run: str) -> int:
        async with calling(
            fault_server.url, tmp_path / run / "calls.sqlite", shared=tmp_path / "shared.sqlite"
        ) as (calls, client, _):
            await complete_all(calls, client, map(str, range(5)), 2)
            return calls.tally.received

    assert asyncio.run(ask("one")) == 5
    assert asyncio.run(ask("two")) == 0
    (tmp_path / "shared.sqlite").unlink()  # each run has its own copy
    assert asyncio.run(ask("two")) == 0


def test_replay_answers_only_from_the_ledger(fault_server: FaultServer, tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"

    async def ask() -> Request:
        async with calling(fault_server.url, path) as (calls, client, _):
            request = ask_for(client, "known")
            await calls.complete(request)
            return request

    request = asyncio.run(ask())
    given = settings("http://127.0.0.1:9").model_dump()
    replay = Replay(ReplaySettings.model_validate({**given, "ledger": path}))
    assert replay.request(request.messages, None, {}, 0) == request
    assert answer_to("known") in asyncio.run(replay.complete(request)).text
    with pytest.raises(InstructorError, match="no reply to this request"):
        asyncio.run(replay.complete(replace(request, replica=1)))


def test_a_file_that_is_no_ledger(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    path.write_text("not a database, but long enough to be taken for one " * 100)
    with pytest.raises(CorruptRecord, match="not a ledger of calls"):
        Ledger(path)
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(CorruptRecord, match="format 99, this errata reads 1"):
        Ledger(path)


def test_a_full_disk_is_said_and_nothing_received_before_is_lost(
    fault_server: FaultServer, tmp_path: Path
) -> None:
    path = tmp_path / "calls.sqlite"

    async def ask(full: bool) -> None:
        async with calling(fault_server.url, path) as (calls, client, _):
            await calls.complete(ask_for(client, "before"))
            if full:
                calls.ledger._db.execute("PRAGMA max_page_count = 1")  # as SQLite sees a full disk
            await complete_all(calls, client, (f"{n} {'long ' * 500}" for n in range(40)), 8)

    with pytest.raises(StorageFull, match="the disk is full; everything stored so far"):
        asyncio.run(ask(full=True))
    asyncio.run(ask(full=False))
    assert fault_server.seen.arrived["before"] == 1
    assert len(fault_server.seen.arrived) == 41


def test_a_disk_that_has_room_again_before_the_end_keeps_what_was_paid_for(
    fault_server: FaultServer, tmp_path: Path
) -> None:
    async def ask(full: bool) -> None:
        async with calling(fault_server.url, tmp_path / "calls.sqlite") as (calls, client, _):
            if full:
                calls.ledger._db.execute("PRAGMA max_page_count = 1")
            try:
                await complete_all(calls, client, (f"{n} {'long ' * 500}" for n in range(40)), 8)
            except StorageFull:
                calls.ledger._db.execute("PRAGMA max_page_count = 100000")
                raise

    with pytest.raises(StorageFull):
        asyncio.run(ask(full=True))
    asyncio.run(ask(full=False))
    assert len(fault_server.seen.arrived) == 40
    assert set(fault_server.seen.arrived.values()) == {1}


def test_what_utf_8_cannot_store_is_replaced_before_anyone_sees_it(
    fault_server: FaultServer, tmp_path: Path
) -> None:
    async def ask() -> str:
        async with calling(fault_server.url, tmp_path / "calls.sqlite") as (calls, client, _):
            replies = await complete_all(calls, client, ["\ud800 fault=surrogate*1"] * 2, 1)
            assert replies[0] == replies[1]
            return replies[0].text

    assert asyncio.run(ask()) == "? half a character\x00"
    assert len(fault_server.seen.bodies) == 1


def test_a_stage_that_fails_lets_what_is_in_flight_land(
    fault_server: FaultServer, tmp_path: Path
) -> None:
    path = tmp_path / "calls.sqlite"

    async def ask() -> None:
        async with calling(fault_server.url, path, policy=QUICK) as (calls, client, _):
            waiting = asyncio.ensure_future(calls.complete(ask_for(client, "fault=slow*9")))
            while not calls.tally.in_flight:
                await asyncio.sleep(0.001)
            waiting.cancel()
            raise RuntimeError("the stage fails")

    with pytest.raises(RuntimeError, match="the stage fails"):
        asyncio.run(ask())
    client = OpenAIClient(settings(fault_server.url))
    ledger = Ledger(path)
    assert ledger.get(key_of(ask_for(client, "fault=slow*9").canonical())) is not None
    assert ledger.recovered == 0
    ledger.close()
