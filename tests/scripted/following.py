"""The life of error types counted again, for runs whose types keep their names: own code."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

Json = dict[str, Any]


def wilson(right: int, total: int) -> tuple[float, float]:
    """Where a proportion lies exactly z standard errors from the observed one: a quadratic's roots."""
    z, seen = NormalDist().inv_cdf(0.975), right / total
    a, b, c = 1 + z * z / total, -(2 * seen + z * z / total), seen * seen
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def newcombe(before: tuple[int, int], after: tuple[int, int]) -> tuple[float, float]:
    """The square-and-add limits of a difference of shares."""
    (old, new), ends = (k / n for k, n in (before, after)), (wilson(*before), wilson(*after))
    down = math.sqrt((new - ends[1][0]) ** 2 + (ends[0][1] - old) ** 2)
    up = math.sqrt((ends[1][1] - new) ** 2 + (old - ends[0][0]) ** 2)
    return new - old - down, new - old + up


def follow(rounds: list[Json]) -> None:
    """The life of types that keep their names from round to round, as all do in these runs."""
    seen: dict[str, Json] = {}
    for r in rounds:
        tried = next(t["attempts"] for t in r["triage"] if t["set"] == "train and dev")
        now = {t["id"]: (t["name"], len(own)) for t, own in r.pop("_own") if own}
        r["life"] = [_lived(seen.get(id_), r, id_, *now[id_], tried) for id_ in now]
        left = [id_ for id_, row in seen.items() if row["life"] != "gone" and id_ not in now]
        r["life"] += [_lived(seen[i], r, i, seen[i]["name"], 0, tried) for i in left]
        seen |= {row["error_type"]: row for row in r["life"]}


def _lived(old: Json | None, r: Json, id_: str, name: str, cases: int, tried: int) -> Json:
    low, high = wilson(cases, tried)
    row = {
        "error_type": id_,
        "name": name,
        "life": "born",
        "since": old["since"] if old else r["name"],
        "first": id_,
        "previous": None,
        "cases": cases,
        "tried": tried,
        "rate": cases / tried,
        "low": low,
        "high": high,
        "cases_before": 0,
        "tried_before": 0,
        "change": None,
        "change_low": None,
        "change_high": None,
    }
    if old is None:
        return row
    before = (old["cases"], old["tried"])
    less, more = newcombe(before, (cases, tried))
    life = "shrunk" if more < 0 else "persistent"
    return row | {
        "life": "gone" if not cases else life,
        "previous": id_,
        "cases_before": before[0],
        "tried_before": before[1],
        "change": cases / tried - before[0] / before[1],
        "change_low": less,
        "change_high": more,
    }
