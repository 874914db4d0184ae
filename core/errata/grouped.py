"""A round's error types and which cases have them, as ``error_types.yaml`` now says.

Not covered: making them (``errata.stages.group``).
"""

from __future__ import annotations

from collections.abc import Callable

from errata.errors import UserError
from errata.records import Assignment, ErrorType
from errata.stages.group import edited
from errata.store import Store


def grouped(
    store: Store, name: str, where: Callable[[Assignment], bool] | None = None
) -> tuple[list[ErrorType], list[Assignment]]:
    """Types and assignments of round ``name``; none before it groups.

    With ``where`` other assignments are left out, of the types' counts too. Raises UserError naming the
    file when it was edited into something that cannot be read.
    """
    path = store.file(f"{name}/error_types.yaml")
    if not path.exists():
        return [], []
    assignments = store.read(f"{name}/assignments.jsonl", Assignment)
    try:
        return edited(
            path.read_text(encoding="utf-8"), filter(where, assignments) if where else assignments
        )
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
