"""The file of a ledger: its tables, and how it is opened.

A file that is a ledger already is opened without a write. Not covered: what is read and written
(``ledger.py``).
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from errata.errors import CorruptRecord, ErrataError, StorageFull

FORMAT = 1
PATIENCE = 30.0  # seconds that another process may keep the file locked
_REPLIES = """
CREATE TABLE IF NOT EXISTS replies(
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, label TEXT NOT NULL, request TEXT NOT NULL,
    text TEXT NOT NULL, ending TEXT NOT NULL, prompt_tokens INTEGER, completion_tokens INTEGER,
    served_by TEXT NOT NULL)"""
_SENT_TABLE = """
CREATE TABLE IF NOT EXISTS sent(
    id INTEGER PRIMARY KEY, key BLOB NOT NULL, stage TEXT NOT NULL, state TEXT NOT NULL,
    tokens INTEGER NOT NULL, usd REAL NOT NULL)"""
# ``after`` is the last reply at that time: where the alias stands among the requests about its item.
# Older files of this format have no such table: it is made when they are opened.
_ALIASES = """TABLE IF NOT EXISTS aliases(
    id INTEGER PRIMARY KEY, label TEXT NOT NULL, key BLOB NOT NULL, after INTEGER NOT NULL,
    UNIQUE(label, key))"""
_SCHEMA = (
    _REPLIES,
    "CREATE INDEX IF NOT EXISTS replies_by_label ON replies(label)",
    _SENT_TABLE,
    "CREATE INDEX IF NOT EXISTS sent_in_flight ON sent(id) WHERE state = 'in flight'",
    f"CREATE {_ALIASES}",
    f"PRAGMA user_version = {FORMAT}",
)


def connected(file: Path | str) -> sqlite3.Connection:
    """A connection to a file, or to the URI that a string is."""
    # Autocommit mode: transactions begin and end where GroupWriter says so.
    return sqlite3.connect(
        file,
        timeout=PATIENCE,
        isolation_level=None,
        check_same_thread=False,
        uri=isinstance(file, str),
    )


def opened(path: Path) -> sqlite3.Connection:
    """A connection that writes, to a ledger that is made if need be. Raises what ``unopened`` reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db, until = connected(path), time.monotonic() + PATIENCE
    while True:
        try:
            _made(db)
        except sqlite3.OperationalError as error:
            # Two processes that make one file: SQLite refuses at once where waiting might deadlock.
            db.rollback()
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                db.close()
                raise
            time.sleep(0.02)
        else:
            return db


def _made(db: sqlite3.Connection) -> None:
    """See to it that ``db`` is a ledger; nothing is written to one that is."""
    db.execute("PRAGMA synchronous = FULL")
    tables = _checked(db)
    db.execute("PRAGMA journal_mode = WAL")
    if "aliases" in tables:
        return
    db.execute("BEGIN IMMEDIATE")
    for statement in _SCHEMA:
        db.execute(statement)
    db.execute("COMMIT")


def _checked(db: sqlite3.Connection) -> set[str]:
    """The tables. Raises sqlite3.DatabaseError when it is the file of something else."""
    (found,) = db.execute("PRAGMA user_version").fetchone()
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if found not in (0, FORMAT):
        raise sqlite3.DatabaseError(f"format {found}, this errata reads {FORMAT}")
    if tables and "replies" not in tables:
        raise sqlite3.DatabaseError(f"it has the tables {', '.join(sorted(tables))}")
    return tables


def read_only(path: Path) -> sqlite3.Connection:
    """A connection that does not write. Raises what ``unopened`` reads."""
    uri = path.absolute().as_uri()
    db = connected(f"{uri}?mode=ro")
    try:
        tables = _checked(db)
    except sqlite3.OperationalError:
        # A folder that cannot be written: SQLite wants its companion files there, unless it is told
        # that nobody writes. Then there may be no log of writes that are not in the file yet.
        db.close()
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise
        db = connected(f"{uri}?immutable=1")
        tables = _checked(db)
    if "replies" not in tables:
        raise sqlite3.DatabaseError("it is empty")
    if "aliases" not in tables:
        db.execute(f"CREATE TEMP {_ALIASES}")
    return db


def unopened(path: Path, error: Exception) -> ErrataError:
    """What is said to the user when a ledger was not opened for this sqlite3.Error or OSError."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StorageFull(
            f"{path}: another process has kept this ledger locked for {PATIENCE:.0f} s; nothing was"
            " changed: see what it is doing, then try again"
        )
    if isinstance(error, OSError | sqlite3.OperationalError):
        return StorageFull(
            f"{path}: the ledger of calls cannot be opened ({error}); nothing was changed: see to the"
            " file and its folder (space, permissions), then try again"
        )
    return CorruptRecord(
        f"{path}: not a ledger of calls ({error}); restore the file, or delete it: then everything is"
        " asked, and paid for, again"
    )
