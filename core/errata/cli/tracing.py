"""``trace``: from a training example back to its bad cases, and from an error type forward."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter

from errata.report.words import printable
from errata.store import Store
from errata.tracing.trace import trace
from errata.tracing.traced import Traced


def trace_item(directory: Path, item: str, *, everything: bool, as_json: bool) -> None:
    """Print what ``item`` is, where it comes from and what was made from it."""
    from errata.tracing.telling import told

    store = Store(directory)
    store.manifest()
    found = trace(store, item)
    if as_json:
        print(TypeAdapter(list[Traced]).dump_json(found, indent=1).decode())
    else:
        print("\n".join(printable(line) for line in told(found, everything=everything)))
