"""How strategies ask: one call after the other for one item, its cost and its origin kept together.

Not covered: lists of drafts (``drafting.py``), and what is asked (each strategy).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from pydantic import BaseModel

from errata.parts import Services
from errata.prompting import Purpose
from errata.records import Body, Lineage, Objection, Proposal
from errata_strategies.drafting import objection_to

M = TypeVar("M", bound=BaseModel)
Found = Sequence[Proposal | Objection]


@dataclass
class Trail:
    """Where a proposal comes from. ``cost``, ``model``, ``prompt_hash`` and ``asked`` (of the last
    prompt: its template and its replica) are filled in as calls are made for it; ``replica`` tells
    apart calls with equal prompts."""

    strategy: str
    parents: tuple[str, ...]
    error_type: str | None
    replica: int
    cost: float = 0.0
    model: str | None = None
    prompt_hash: str | None = None
    asked: int | None = None

    def proposal(self, body: Body) -> Proposal:
        """``body`` with its lineage."""
        lineage = Lineage(
            strategy=self.strategy,
            error_type=self.error_type,
            parents=self.parents,
            model=self.model,
            prompt_hash=self.prompt_hash,
            seed=str(self.replica if self.asked is None else self.asked),
            cost=self.cost,
        )
        return Proposal(body=body, lineage=lineage)

    def objection(self, objection: Objection) -> Objection:
        """``objection`` with its strategy and parents."""
        evidence = {**objection.evidence, "parents": list(self.parents)}
        return objection.model_copy(
            update={"by": objection.by or self.strategy, "evidence": evidence}
        )

    def share(self, among: int, place: int) -> Trail:
        """A trail for number ``place`` of ``among`` proposals that what was asked so far is for."""
        return replace(self, cost=self.cost / max(1, among), replica=self.replica + place)


def new_replica(random: Random) -> int:
    """A number that sets a call apart from others with the same prompt."""
    return random.getrandbits(31)


class Asker:
    """Asks for a strategy; ``temperature`` None leaves it to the instructor's own."""

    def __init__(self, services: Services, temperature: float | None) -> None:
        self._services = services
        self._sampling = {} if temperature is None else {"temperature": temperature}

    async def ask(
        self, purpose: Purpose[M], values: Mapping[str, object], trail: Trail, again: int = 0
    ) -> M | Objection:
        """The typed reply, or the objection that its lack amounts to.

        ``again`` counts further calls with the same prompt for the same trail.
        """
        prompt = self._services.prompts.render(
            purpose,
            values,
            about=trail.parents[0] if trail.parents else trail.strategy,
            replica=trail.replica + again,
            sampling=self._sampling,
        )
        answer = await self._services.ask(prompt)
        trail.cost += answer.usd
        trail.model, trail.prompt_hash = answer.model or None, prompt.template
        trail.asked = prompt.replica
        if answer.value is None:
            found = objection_to(answer)
            return trail.objection(
                found.model_copy(update={"evidence": {"asked for": purpose.name}})
            )
        return answer.value


async def together(items: Iterable[Awaitable[Found]]) -> list[Proposal | Objection]:
    """All that ``items`` come to, side by side, in their order."""
    found = await asyncio.gather(*items)
    return [result for results in found for result in results]
