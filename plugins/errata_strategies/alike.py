"""New problems like given ones, without a word about errors: what the controls ask for.

Not covered: which problems are shown (``llm2llm``, ``self-instruct``, ``same-distribution``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from errata.parts import Services, Wave
from errata.prompting import Purpose
from errata.records import Lineage, Objection, Problem, Proposal
from errata_strategies.drafting import Drafts, proposals, shown

ALIKE = Purpose(
    name="alike",
    template=Path(__file__).parent / "prompts" / "alike.md",
    variables={
        "examples": "problems with `question`, `solution` and `answer`, a list",
        "count": "how many new problems are wanted",
    },
    reply=Drafts,
)


@dataclass(frozen=True)
class Call:
    """One call: the examples it shows, how many problems it asks for, and its replica. ``kind`` is
    what the new problems are called where the domain names no kind."""

    examples: Sequence[Problem]
    count: int
    replica: int
    kind: str = ""


async def asked_alike(
    call: Call, strategy: str, error_type: str | None, services: Services, temperature: float | None
) -> list[Proposal | Objection]:
    """What becomes of one call. Raises LookupError when the recipe has no instructor."""
    prompt = services.prompts.render(
        ALIKE,
        {"examples": [shown(problem) for problem in call.examples], "count": call.count},
        about=call.examples[0].id,
        replica=call.replica,
        sampling={} if temperature is None else {"temperature": temperature},
    )
    lineage = Lineage(
        strategy=strategy,
        error_type=error_type,
        parents=tuple(problem.id for problem in call.examples),
        prompt_hash=prompt.template,
        seed=str(call.replica),
    )
    answer = await services.ask(prompt)
    return proposals(answer, call.count, services.domain, lineage, call.kind)


def accepted_problems(wave: Wave) -> list[Problem]:
    """Problems of the candidates that earlier waves accepted."""
    return [candidate.body.problem for candidate in wave.accepted]
