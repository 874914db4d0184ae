"""A round's error types and which cases have them, as ``error_types.yaml`` now says.

Not covered: making them (``errata.stages.group``).
"""

from __future__ import annotations

from collections.abc import Iterable

from errata.errors import UserError
from errata.records import Assignment, ErrorType
from errata.stages.group import edited
from errata.store import Store


def grouped(
    store: Store, name: str, assignments: Iterable[Assignment] | None = None
) -> tuple[list[ErrorType], list[Assignment]]:
    """Types and assignments of round ``name``; none before it groups.

    ``assignments`` stand for all of the round's where only some count. Raises UserError naming the file
    when it was edited into something that cannot be read.
    """
    path = store.file(f"{name}/error_types.yaml")
    if not path.exists():
        return [], []
    if assignments is None:
        assignments = store.read(f"{name}/assignments.jsonl", Assignment)
    try:
        return edited(path.read_text(encoding="utf-8"), assignments)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
