"""How near candidates come to what the target is measured on, counted again from raw records."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def near(leaks: list[Json], objected: set[str]) -> list[Json]:
    """How near candidates come, by rule, sorting what is accepted by its score."""
    found = []
    for by, rule in sorted({(row["by"], near["rule"]) for row in leaks for near in row["near"]}):
        said = [
            (row["candidate_id"], near)
            for row in leaks
            for near in row["near"]
            if (row["by"], near["rule"]) == (by, rule)
        ]
        passed = [row for row in leaks if row["by"] == by and row["candidate_id"] not in objected]
        own = [(id_, near) for id_, near in said if id_ not in objected]
        best = max(own, key=lambda pair: pair[1]["score"]) if own else ("", None)
        ladder = sorted([None] * (len(passed) - len(own)) + [n["score"] for _, n in own], key=_last)
        lower, upper = (
            (ladder[(len(ladder) - 1) // 2], ladder[len(ladder) // 2]) if own else (None, 0)
        )
        found.append(
            {
                "by": by,
                "rule": rule,
                "leaked": sum(near["leaked"] for _, near in said),
                "accepted": len(passed),
                "named": len(own),
                "median": None if lower is None else round((lower + upper) / 2, 4),
                "highest": best[1]["score"] if best[1] else None,
                "candidate_id": best[0],
                "problem_id": best[1]["problem_id"] if best[1] else "",
                "set": best[1]["set"] if best[1] else "",
            }
        )
    return found


def _last(score: float | None) -> float:
    return -1.0 if score is None else score
