"""Opening ledgers: by two at once, locked, read only, of older versions, of something else."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from errata.calls import filing
from errata.calls.ledger import Ledger, LedgerReader
from errata.calls.wire import key_of
from errata.errors import CorruptRecord, StorageFull
from faults.client import ask_for, calling, client_for
from faults.server import FaultServer

OPEN = """
import sys, pathlib
from errata.calls.ledger import Ledger
Ledger(pathlib.Path(sys.argv[1]), own=False).close()
"""


@pytest.fixture
def filled(fault_server: FaultServer, tmp_path: Path) -> Path:
    path = tmp_path / "run" / "calls.sqlite"

    async def ask() -> None:
        async with calling(fault_server.url, path) as (calls, client, _):
            await calls.complete(ask_for(client, "known"), label="item")

    asyncio.run(ask())
    return path


def test_processes_that_make_one_file_at_the_same_time(tmp_path: Path) -> None:
    for attempt in range(3):
        command = [sys.executable, "-c", OPEN, str(tmp_path / f"{attempt}.sqlite")]
        together = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
        assert [process.communicate()[1] for process in together] == [""] * 4


def test_a_locked_file_is_not_called_corrupt(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing, "PATIENCE", 0.1)
    other = sqlite3.connect(filled, isolation_level=None)
    other.execute("UPDATE sent SET state = 'in flight'")  # so that there is something to recover
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageFull, match="another process has kept this ledger locked"):
        Ledger(filled)
    other.close()


def test_opening_a_ledger_writes_nothing(filled: Path) -> None:
    other = sqlite3.connect(filled, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # nobody else could
    Ledger(filled, own=False).close()
    reader = LedgerReader(filled)
    assert len(reader.requests("item")) == 1
    reader.close()
    other.close()


@pytest.fixture
def unwritable(filled: Path) -> Iterator[Path]:
    """The ledger in a folder that may not be written; who may write anything becomes nobody."""
    folder = Path(tempfile.mkdtemp(prefix="odd ? # % name "))
    path = Path(shutil.copy(filled, folder))
    path.chmod(0o444)
    folder.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield path
    os.seteuid(user)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_folder_that_nobody_may_write(unwritable: Path, fault_server: FaultServer) -> None:
    with pytest.raises(StorageFull, match="the ledger of calls cannot be opened"):
        Ledger(unwritable)
    reader = LedgerReader(unwritable)
    key = key_of(ask_for(client_for(fault_server.url), "known").canonical())
    assert reader.get(key) is not None
    reader.close()


def test_a_ledger_of_before_there_were_aliases(filled: Path) -> None:
    with sqlite3.connect(filled) as db:
        db.execute("DROP TABLE aliases")
    reader = LedgerReader(filled)
    assert len(reader.requests("item")) == 1
    reader.close()
    ledger = Ledger(filled)
    assert len(ledger.requests("item")) == 1
    assert ledger.recovered == 0
    ledger.close()
    with sqlite3.connect(filled) as db:
        assert db.execute("SELECT count(*) FROM aliases").fetchone() == (0,)
        assert db.execute("PRAGMA user_version").fetchone() == (filing.FORMAT,)


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "photos.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE photos(name)")
    with pytest.raises(CorruptRecord, match="it has the tables photos"):
        Ledger(path)
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("photos",)]


def test_what_is_missing_or_empty(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such ledger"):
        LedgerReader(tmp_path / "calls.sqlite")
    (tmp_path / "calls.sqlite").touch()
    with pytest.raises(CorruptRecord, match="it is empty"):
        LedgerReader(tmp_path / "calls.sqlite")
