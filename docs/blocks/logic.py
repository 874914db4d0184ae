"""Block ``left_out``: tasks of reasoning-gym that the logic domain does not offer, and why."""

from __future__ import annotations

from collections.abc import Sequence

from blocks.fields import table
from errata_logic.tasks import LEFT_OUT


def render(arguments: Sequence[str]) -> str:  # noqa: ARG001 the signature of every block
    """One row a task."""
    return table(
        ("task", "why not"), [[f"`{name}`", why] for name, why in sorted(LEFT_OUT.items())]
    )
