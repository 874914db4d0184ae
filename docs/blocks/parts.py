"""Block ``parts``: one line per part, with what it gives and needs."""

from __future__ import annotations

from collections.abc import Sequence

from blocks.catalogue import offers
from blocks.fields import table
from errata.parts import nothing_more


def render(arguments: Sequence[str]) -> str:  # noqa: ARG001 the signature of every block
    """A table of every part."""
    rows = []
    for offer in offers():
        part = offer.part
        gives = ", ".join(f"`{capability}`" for capability in sorted(part.provides))
        needs = [f"target that can `{capability}`" for capability in sorted(part.needs)]
        needs += ["what its settings ask of the target"] if part.needs_by != nothing_more else []
        needs += ["an embedder"] if part.needs_embedder else []
        needs += [f"`errata[{part.extra}]`"] if part.extra else []
        rows.append([part.kind, f"`{part.name}`", f"`{offer.plugin}`", gives, ", ".join(needs)])
    return table(("kind", "name", "plugin", "can", "needs"), rows)
