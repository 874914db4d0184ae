"""Block ``prompts``: what the parts ask an instructor for, and the variables of their templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from blocks.catalogue import offers
from errata.prompting import Purpose
from errata.stages.second_look import OWN_SOLUTION


def render(arguments: Sequence[str]) -> str:  # noqa: ARG001 the signature of every block
    """One table a purpose."""
    asked: dict[str, tuple[Purpose[Any], list[str]]] = {
        OWN_SOLUTION.name: (OWN_SOLUTION, ["the stage `triage`"])
    }
    for offer in offers():
        for purpose in offer.part.prompts:
            who = f"{offer.part.kind} `{offer.part.name}`"
            asked.setdefault(purpose.name, (purpose, []))[1].append(who)
    return "\n\n".join(_shown(*asked[name]) for name in sorted(asked))


def _shown(purpose: Purpose[Any], askers: list[str]) -> str:
    rows = "\n".join(f"| `{name}` | {what} |" for name, what in purpose.variables.items())
    fields = ", ".join(f"`{name}`" for name in purpose.reply.model_fields)
    return (
        f"### `{purpose.name}`\n\nAsked by {', '.join(askers)}. The reply has {fields}.\n\n"
        f"| variable | is |\n| --- | --- |\n{rows}"
    )
