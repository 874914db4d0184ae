"""The strategy ``sei``: type-specific self-instruct (Self-Error-Instruct, arXiv 2505.22591, §3.3).

Each call shows eight examples of one error type, five bad cases and three accepted candidates (eight
bad cases while there are fewer than three), and asks for twenty new problems with solutions that are
likely to provoke the same error.

The released code draws the bad cases from all of them, whatever their type, and its later prompt does
not name the type: ``seeds: pool`` and ``show_type: false``.

Not covered: verification and the quota (the engine's).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field

from errata.calls.typed import Prompt
from errata.parts import Services, Settings, Wave
from errata.prompting import Purpose
from errata.records import Lineage, Objection, Problem, Proposal
from errata.styles import USUAL
from errata_strategies.drafting import Drafts, proposals, shown, sizes, some
from errata_strategies.styles import by_style, shares

NAME = "sei"

SIMILAR = Purpose(
    name="similar",
    template=Path(__file__).parent / "prompts" / "similar.md",
    variables={
        "type_name": "name of the error type; empty where it is not to be shown",
        "description": "its description; may be empty",
        "keyphrases": "its commonest keyphrases, a list",
        "examples": "problems with `question`, `solution` and `answer`, a list",
        "count": "how many new problems are wanted",
    },
    reply=Drafts,
)


class SeiSettings(Settings):
    """Settings of the strategy ``sei``; the defaults are those of the paper's released scripts."""

    bad_cases: int = Field(5, ge=1, description="bad cases of the type shown in a call")
    accepted: int = Field(3, ge=0, description="accepted candidates of the type shown beside them")
    per_call: int = Field(20, ge=1, description="new problems asked for in a call")
    seeds: Literal["type", "pool"] = Field(
        "type",
        description="bad cases of the type (the paper), or of any type (its released code)",
    )
    show_type: bool = Field(
        True, description="whether the prompt names the type (the later released prompt does not)"
    )
    temperature: float | None = Field(
        1.0, ge=0, description="for these calls; null: the instructor's own"
    )
    styles: dict[str, str] = Field(
        {},
        description="ways to work solutions, each a name and the instruction put at the end of the"
        " prompt, shared evenly; `usual` with an empty one is the way of the prompt",
    )


class Sei:
    """An ``errata.parts.Strategy``. A wave's prompts depend on the wave alone."""

    def __init__(self, settings: SeiSettings, services: Services) -> None:
        self._settings, self._services = settings, services

    async def propose(self, wave: Wave) -> Sequence[Proposal | Objection]:
        """As many calls as the wave takes, side by side.

        A reply that fails, an entry that is no draft, and a draft of which the domain makes no problem
        are objections.
        """
        if not wave.cases:
            return []
        names = list(self._settings.styles) or [USUAL]
        calls = [
            self._call(wave, size, style)
            for style, count in shares(wave.count, names, by_style(wave.accepted)).items()
            for size in sizes(count, self._settings.per_call)
        ]
        found = await asyncio.gather(*(self._asked(*call) for call in calls))
        return [proposal for proposals in found for proposal in proposals]

    def _call(self, wave: Wave, count: int, style: str) -> tuple[Prompt[Drafts], Lineage, int]:
        examples = self._examples(wave, style)
        replica = wave.random.getrandbits(31)
        temperature, named = self._settings.temperature, self._settings.show_type
        prompt = self._services.prompts.render(
            SIMILAR,
            {
                "type_name": wave.error_type.name if named else "",
                "description": wave.error_type.description if named else "",
                "keyphrases": list(wave.error_type.keyphrases) if named else [],
                "examples": [shown(problem) for problem in examples],
                "count": count,
            },
            about=wave.error_type.id,
            replica=replica,
            sampling={} if temperature is None else {"temperature": temperature},
        )
        lineage = Lineage(
            strategy=NAME,
            error_type=wave.error_type.id,
            parents=tuple(problem.id for problem in examples),
            prompt_hash=prompt.template,
            seed=str(replica),
            style="" if style == USUAL else style,
        )
        return _instructed(prompt, self._settings.styles.get(style, "")), lineage, count

    def _examples(self, wave: Wave, style: str) -> list[Problem]:
        bad, made = self._settings.bad_cases, self._settings.accepted
        accepted = [
            candidate.body.problem
            for candidate in wave.accepted
            if (candidate.lineage.style or USUAL) == style
        ]
        if len(accepted) < made:
            bad, made = bad + made, 0
        cases = wave.cases if self._settings.seeds == "type" else wave.pool or wave.cases
        chosen = [
            *some([case.problem for case in cases], bad, wave.random),
            *some(accepted, made, wave.random),
        ]
        wave.random.shuffle(chosen)
        return chosen

    async def _asked(
        self, prompt: Prompt[Drafts], lineage: Lineage, count: int
    ) -> list[Proposal | Objection]:
        answer = await self._services.ask(prompt)
        return proposals(answer, count, self._services.domain, lineage)


def _instructed(prompt: Prompt[Drafts], instruction: str) -> Prompt[Drafts]:
    """``prompt`` with the instruction of a style at its end."""
    if not instruction:
        return prompt
    *before, last = prompt.messages
    asked = f"{last.content.rstrip()}\n\nHow every solution is to be worked: {instruction}"
    return replace(prompt, messages=(*before, last.model_copy(update={"content": asked})))
