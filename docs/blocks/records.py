"""Block ``record MODULE:NAME…``: the fields of records as they stand in a run's files."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from importlib import import_module

from blocks.fields import bounds, default, kind, table
from errata.records import Record


def render(arguments: Sequence[str]) -> str:
    """One section per record: what it is, and its fields."""
    return "\n\n".join(_section(*place.split(":")) for place in arguments)


def _section(module: str, name: str) -> str:
    model = getattr(import_module(module), name)
    assert issubclass(model, Record)
    rows = []
    for field_name, field in model.model_fields.items():
        values = ", ".join(filter(None, [kind(field.annotation), bounds(field)]))
        rows.append([f"`{field_name}`", values, default(field)])
    said = inspect.cleandoc(model.__doc__ or "").replace("``", "`")
    return f"### `{name}`\n\n{said}\n\n{table(('field', 'values', 'default'), rows)}"
