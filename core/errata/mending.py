"""What earlier rounds mended of the error types of this one: held-out dev cases of matched types.

Types are matched over rounds by ``errata.life``. Not covered: what is made of it (``quotas.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

from errata.life import lives_of
from errata.lines import parse_line
from errata.quotas import Mended
from errata.records import RoundRecord
from errata.store import Store


def mended_before(store: Store, earlier: Sequence[str], name: str) -> dict[str, Mended]:
    """By type id of round ``name``: dev cases of the type in the rounds ``earlier`` that were measured,
    and how many of them the checkpoint of each round solved, kept or not.

    A case that stays in a type for several rounds counts in each of them.
    """
    lives = lives_of(store, [*earlier, name])
    now = {
        (life.since, life.first): life.error_type
        for life in lives.get(name, ())
        if life.life != "gone"
    }
    found: dict[str, Mended] = {}
    for round_ in earlier:
        path = store.file(f"{round_}/round.json")
        if not path.exists():
            continue
        record = parse_line(path, 1, path.read_bytes(), RoundRecord)
        changes = {change.error_type: change for change in record.types}
        for life in lives.get(round_, ()):
            change, here = changes.get(life.error_type), now.get((life.since, life.first))
            if change is None or here is None or life.life == "gone":
                continue
            before = found.get(here, Mended())
            found[here] = Mended(
                before.dev_cases + change.dev_cases, before.dev_fixed + change.dev_fixed
            )
    return found
