"""The instructor ``replay``: answers only from a ledger, so that a run is reproduced for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ConfigDict, Field, JsonValue

from errata.calls.ledger import Ledger
from errata.calls.settings import InstructorSettings
from errata.calls.wire import Prices, Reply, Request, key_of
from errata.errors import InstructorError
from errata.hooks import hookimpl
from errata.parts import Part, Services
from errata.records import Message


class ReplaySettings(InstructorSettings):
    """Settings of the instructor whose ledger it is: keep them, and change ``use`` alone.

    What that instructor knows besides (addresses, keys) is passed over.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    ledger: Path = Field(description="the calls.sqlite of a run, or a shared ledger")


class Replay:
    """An instructor that sends nothing. Raises FileNotFoundError when there is no such ledger."""

    prices: Prices | None = None

    def __init__(self, settings: ReplaySettings) -> None:
        if not settings.ledger.is_file():
            raise FileNotFoundError(f"{settings.ledger}: no such ledger")
        self._settings = settings
        self.takes_schema = settings.schema_mode
        self._ledger = Ledger(settings.ledger, own=False)

    def request(
        self,
        messages: tuple[Message, ...],
        schema: Mapping[str, JsonValue] | None,
        sampling: Mapping[str, JsonValue],
        replica: int,
    ) -> Request:
        """The request that the ledger's own instructor would have sent."""
        return self._settings.request(messages, schema, sampling, replica)

    async def complete(self, request: Request) -> Reply:
        """The stored reply. Raises InstructorError when there is none."""
        found = self._ledger.get(key_of(request.canonical()))
        if found is None:
            raise InstructorError(
                f"replay: {self._settings.ledger} has no reply to this request to {request.model}:"
                f" {request.messages[-1].content[:80]!r}; the recipe, the prompts or the data differ"
                " from those of the run it came from"
            )
        return found

    async def close(self) -> None:
        """Nothing to let go of."""


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
