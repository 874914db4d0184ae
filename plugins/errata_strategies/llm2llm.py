"""The strategy ``llm2llm``: a similar problem for each problem the target gets wrong (LLM2LLM,
arXiv 2403.15042, §3).

Seeds are problems of the train set only, never what was made of them; the engine sees to that, since
what is accepted never joins a set. The wrong answer is not shown, as in the released template. The
paper's novelty threshold is 0.95 (``verify: [{use: novelty, rouge_l: 0.95}]``) and every round trains
from the base model (``train.start: base``).

Not covered: the released keyword blacklist; the limit on words (verifier ``length``).
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from errata.parts import Services, Settings, Wave
from errata.records import Objection, Proposal
from errata_strategies.alike import Call, asked_alike
from errata_strategies.asking import new_replica, together
from errata_strategies.turns import Turns

NAME = "llm2llm"


class Llm2LlmSettings(Settings):
    """Settings of the strategy ``llm2llm``."""

    per_case: int = Field(
        1, ge=1, description="similar problems asked for, one a call, for each bad case of a type"
    )
    temperature: float | None = Field(
        1.0, ge=0, description="for these calls; null: the instructor's own"
    )


class Llm2Llm:
    """An ``errata.parts.Strategy``."""

    def __init__(self, settings: Llm2LlmSettings, services: Services) -> None:
        self._settings, self._services = settings, services
        self._turns = Turns(settings.per_case)

    async def propose(self, wave: Wave) -> Sequence[Proposal | Objection]:
        """One call for each bad case whose turn it is; nothing once each has had its own."""
        problems = {case.problem.id: case.problem for case in wave.cases}
        type_id = wave.error_type.id
        chosen = self._turns.next(type_id, problems, wave.count, wave.random)
        calls = [Call([problem], 1, new_replica(wave.random)) for problem in chosen]
        temperature = self._settings.temperature
        return await together(
            asked_alike(call, NAME, type_id, self._services, temperature) for call in calls
        )
