"""How surely candidates were kept, counted again from raw records."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def sureness(selection: list[Json]) -> Json | None:
    """Both sides of the cut, each candidate with its probability of belonging above it."""
    above = [
        (s["kept"], s["sureness"] if s["kept"] else 1 - s["sureness"])
        for s in selection
        if s.get("sureness") is not None
    ]
    kept, left = ([p for is_kept, p in above if is_kept == side] for side in (True, False))
    if not kept or not left:
        return None
    return {
        "kept": len(kept),
        "left_out": len(left),
        "kept_above": round(sum(kept) / len(kept), 6),
        "left_out_above": round(sum(left) / len(left), 6),
        "kept_sure": len([p for p in kept if p >= 0.95]),
        "left_out_sure": len([p for p in left if 1 - p >= 0.95]),
    }


def of_type(selection: list[Json], candidates: set[str], objected: set[str]) -> float | None:
    """The mean sureness of a type's kept candidates."""
    found = [
        s["sureness"]
        for s in selection
        if s["kept"]
        and s["candidate_id"] in candidates - objected
        and s.get("sureness") is not None
    ]
    return round(sum(found) / len(found), 6) if found else None
