"""The instructor ``replay``: answers only from a ledger, so that a run is reproduced for nothing.

What the key of a request holds beyond the settings was found out by the instructor that paid: whether
its model takes a schema, which weights it loaded. Here the ledger says it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from pydantic import ConfigDict, Field

from errata.calls.client import ConfiguredInstructor
from errata.calls.ledger import LedgerReader
from errata.calls.settings import InstructorSettings
from errata.calls.wire import Prices, Reply, Request, key_of
from errata.errors import InstructorError
from errata.hooks import hookimpl
from errata.parts import Part, Services

_LOOKED_AT = 1000  # the latest replies of the model: one run asks in one form
_FORMS = (
    "SELECT DISTINCT json_extract(request, '$.revision'),"
    " json_extract(request, '$.schema') IS NOT NULL FROM"
    " (SELECT request FROM replies WHERE json_extract(request, '$.model') = ?"
    " ORDER BY id DESC LIMIT ?)"
)


class ReplaySettings(InstructorSettings):
    """Settings of the instructor whose ledger it is: keep them, and change ``use`` alone.

    What that instructor knows besides (addresses, keys) is passed over.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    ledger: Path = Field(description="the calls.sqlite of a run, or a shared ledger")

    def prices(self) -> Prices:
        """Nothing is paid, whatever the settings say about the run that did."""
        return Prices(0.0, 0.0)


class Replay(ConfiguredInstructor[ReplaySettings]):
    """An instructor that sends nothing. Raises FileNotFoundError when there is no such ledger.

    Where the ledger has replies in several forms (a shared one may), the settings decide:
    ``revision``, ``schema_mode``. Raises ValueError when they do not.
    """

    def __init__(self, settings: ReplaySettings) -> None:
        super().__init__(settings)
        self._ledger = LedgerReader(settings.ledger)
        forms = _forms(settings.ledger, settings.model)
        revisions = sorted({revision for revision, _ in forms})
        self._revision = settings.revision
        if revisions and self._revision not in revisions:
            if len(revisions) > 1:
                raise ValueError(
                    f"{settings.ledger} has replies of {settings.model} in the revisions"
                    f" {', '.join(map(repr, revisions))}: say which by `revision`"
                )
            (self._revision,) = revisions
        told = {schema for revision, schema in forms if revision == self._revision}
        if len(told) == 1:
            (self.takes_schema,) = told

    async def complete(self, request: Request) -> Reply:
        """The stored reply. Raises InstructorError when there is none."""
        asked = replace(request, revision=self._revision)
        found = self._ledger.get(key_of(asked.canonical()))
        if found is None:
            raise InstructorError(
                f"replay: {self.settings.ledger} has no reply to this request to {request.model}:"
                f" {request.messages[-1].content[:80]!r}; the recipe, the prompts or the data differ"
                " from those of the run it came from"
            )
        return found

    async def close(self) -> None:
        """Nothing to let go of."""


def _forms(ledger: Path, model: str) -> list[tuple[str, bool]]:
    """The forms in which ``model`` was asked: revision, and whether a schema was sent along."""
    with closing(sqlite3.connect(ledger)) as db:
        return [
            (revision, bool(schema)) for revision, schema in db.execute(_FORMS, (model, _LOOKED_AT))
        ]


def make_replay(settings: ReplaySettings, _services: Services) -> Replay:
    """The instructor ``replay``."""
    return Replay(settings)


class ReplayPlugin:
    """Offers the instructor ``replay``."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """See ``errata.hooks``."""
        return [
            Part(
                name="replay",
                kind="instructor",
                settings=ReplaySettings,
                make=make_replay,
                summary="answers only from a ledger",
            )
        ]
