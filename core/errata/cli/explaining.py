"""``explain-miss``: why an item was asked about again, part by part of the requests' keys.

Not covered: requests that came to nothing (the ledger keeps the text of those that were answered).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches, unified_diff
from pathlib import Path

from pydantic import JsonValue

from errata.calls.filing import read_only
from errata.calls.ledger import LedgerReader
from errata.calls.opening import LEDGER
from errata.calls.wire import changed_parts
from errata.errors import UserError
from errata.recipe import load
from errata.report.words import printable
from errata.store import Store

_NEAR = 5  # ids that are suggested
_LOOKED_AT = 20_000  # labels that a misspelt id is compared with
_SHORT = 60  # characters of a value that stands on one line
_LABELS = "SELECT label FROM replies UNION SELECT label FROM aliases LIMIT ?"
_HOLDING = """
SELECT label FROM (SELECT label FROM replies UNION SELECT label FROM aliases)
WHERE instr(label, ?) ORDER BY label LIMIT ?"""


@dataclass(frozen=True)
class Miss:
    """A request after which the same item was asked about with another key: part of the key →
    (before, after). ``shared`` says that the one before stands in the shared ledger only."""

    replica: JsonValue
    parts: Mapping[str, tuple[JsonValue, JsonValue]]
    shared: bool


@dataclass(frozen=True)
class Explained:
    """What was asked about an item: so many different requests in the run's ledger, so many more in the
    shared one, and the misses between them, the oldest first."""

    own: int
    shared: int
    misses: Sequence[Miss]


def explain_miss(directory: Path, item: str, *, as_json: bool) -> None:
    """Print which parts of the key changed between the requests about ``item``."""
    found = explained(directory, item)
    if as_json:
        print(json.dumps(_as_json(item, found), ensure_ascii=False, indent=1))
    else:
        print("\n".join(_lines(item, found)))


def explained(directory: Path, item: str) -> Explained:
    """What was asked about ``item`` in the run in ``directory``.

    Raises RunDirectoryError when it is no run, UserError when nothing was asked.
    """
    store = Store(directory)
    store.manifest()
    own_file, shared_file = store.file(LEDGER), _shared(store)
    if not own_file.is_file():
        raise UserError(
            f"{directory} has no {LEDGER}: nothing has been asked in this run; an instructor is asked"
            " by the stages diagnose, group and synthesize, where the recipe's parts need one"
        )
    own = _requests(own_file, item)
    elsewhere = _requests(shared_file, item) if shared_file else []
    elsewhere = [request for request in elsewhere if request not in set(own)]
    if not own and not elsewhere:
        where = f"{own_file} and {shared_file}" if shared_file else str(own_file)
        raise UserError(
            f"{where}: nothing was asked about {item!r}; ids are those of attempts, error types and"
            f" candidates{_suggestion(own_file, item)}"
        )
    return Explained(len(own), len(elsewhere), list(_misses(own, elsewhere)))


def _shared(store: Store) -> Path | None:
    use = load(store.file("recipe.yaml")).instructor
    if use is None or use.shared_ledger is None:
        return None
    path = Path(use.shared_ledger).expanduser()
    return path if path.is_file() else None


def _requests(path: Path, item: str) -> list[str]:
    ledger = LedgerReader(path)
    try:
        return ledger.requests(item)
    finally:
        ledger.close()


def _misses(own: Sequence[str], elsewhere: Sequence[str]) -> Iterator[Miss]:
    latest: dict[str, tuple[str, bool]] = {}
    for request, shared in [*((r, True) for r in elsewhere), *((r, False) for r in own)]:
        replica = json.loads(request)["replica"]
        before = latest.get(json.dumps(replica))
        if before is not None:
            yield Miss(replica, changed_parts(before[0], request), before[1])
        latest[json.dumps(replica)] = request, shared


def _suggestion(path: Path, item: str) -> str:
    db = read_only(path)
    try:
        labels = sorted(label for (label,) in db.execute(_LABELS, (_LOOKED_AT,)))
        holding = [label for (label,) in db.execute(_HOLDING, (item, _NEAR))]
    finally:
        db.close()
    near = list(dict.fromkeys([*holding, *get_close_matches(item, labels, n=_NEAR)]))[:_NEAR]
    if near:
        return f"; the nearest: {', '.join(near)}"
    return f"; for instance {', '.join(labels[:_NEAR])}" if labels else "; nothing was asked at all"


# --- as text ----------------------------------------------------------------------------------------


def _as_json(item: str, found: Explained) -> dict[str, object]:
    misses = [
        {
            "replica": miss.replica,
            "before_in": "shared ledger" if miss.shared else "run",
            "changed": {part: {"before": b, "after": a} for part, (b, a) in miss.parts.items()},
        }
        for miss in found.misses
    ]
    return {"id": item, "requests": found.own, "shared_requests": found.shared, "misses": misses}


def _lines(item: str, found: Explained) -> Iterator[str]:
    name = printable(item)
    more = f", {found.shared} more in the shared ledger" if found.shared else ""
    if not found.misses:
        if found.own + found.shared == 1:
            yield f"{name}: asked once{more}; nothing changed, whoever asks again gets that reply"
        else:
            yield (
                f"{name}: {found.own} requests{more}, each asked once (they are replicas, meant to be"
                " answered anew); nothing changed"
            )
        return
    yield f"{name}: {found.own} requests{more}; asked again for a changed key: {len(found.misses)}"
    for number, miss in enumerate(found.misses, start=1):
        yield ""
        replica = f" (replica {miss.replica})" if miss.replica else ""
        where = ", against the shared ledger" if miss.shared else ""
        yield f"{number}. changed{replica}{where}: {', '.join(miss.parts)}"
        for part, (before, after) in miss.parts.items():
            yield from _change(part, before, after)


def _change(part: str, before: JsonValue, after: JsonValue) -> Iterator[str]:
    old, new = (json.dumps(value, ensure_ascii=False, sort_keys=True) for value in (before, after))
    if part != "messages" and max(len(old), len(new)) <= _SHORT:
        yield f"  {part}: {printable(old)} → {printable(new)}"
        return
    yield f"  {part}:"
    texts = [_readable(part, value) for value in (before, after)]
    for line in unified_diff(texts[0], texts[1], "before", "after", lineterm=""):
        yield f"    {printable(line)}"


def _readable(part: str, value: JsonValue) -> list[str]:
    """A value in lines."""
    if part == "messages" and isinstance(value, list):
        lines: list[str] = []
        for message in value:
            role, content = (message if isinstance(message, list) else [message, ""])[:2]
            lines += [f"[{role}]", *str(content).split("\n")]
        return lines
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).split("\n")
