"""Every figure of a run, counted again from its raw files: own code, no import of errata's figures."""

from __future__ import annotations

import json
import math
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from scripted.following import follow, wilson
from scripted.recounting_near import near
from scripted.recounting_surety import of_type, sureness

Json = dict[str, Any]
CATEGORIES = ["right", "model-error", "undecided", "truncated", "format-slip"]
SAMPLED = ["bad-luck", "suspected-wrong-gold"]


def rows(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def mcnemar(fixed: int, broken: int) -> float:
    """Every outcome of fair coins at least as uneven as this one, weighed one by one."""
    row = [Fraction(1)]
    for _ in range(fixed + broken):
        row = [(x + y) / 2 for x, y in zip([*row, Fraction(0)], [Fraction(0), *row], strict=True)]
    uneven = abs(fixed - broken)
    return float(sum(p for k, p in enumerate(row) if abs(2 * k - fixed - broken) >= uneven))


def _outcomes(run: Path, checkpoint: str, set_name: str) -> dict[str, str]:
    path = run / checkpoint / "verdicts" / f"{set_name.replace('/', '.')}.jsonl"
    return {row["problem_id"]: row["outcome"] for row in rows(path)}


def recounted(run: Path) -> Json:
    manifest = json.loads((run / "run.json").read_text())
    recipe = yaml.safe_load((run / "recipe.yaml").read_text())
    sizes = Counter(row["set"] for row in rows(run / "splits.jsonl"))
    dropped = Counter(
        "train" if row["set"].startswith("train") else row["set"]
        for row in rows(run / "dropped.jsonl")
    )
    order = [
        name
        for head in ("test", "ood", "gate", "dev", "train")
        for name in sorted(sizes)
        if name.split("/", maxsplit=1)[0] == head
    ]
    reported = {name: sizes[name] for name in order if name != "train"}
    checkpoints, rounds, last = [], [], "base"
    for name in ("base", "round-0", "round-1", "round-2"):
        if name in ("round-1", "round-2"):
            rounds.append(_round(run, name, last, manifest))
        found = _checkpoint(run, name, last, reported)
        checkpoints.append(found)
        last = name if found["kept"] else last
    target = recipe["target"]
    follow(rounds)
    return {
        "name": manifest["name"],
        "recipe": manifest["recipe"],
        "domain": recipe["domain"]["use"],
        "target": " ".join(target[key] for key in ("use", "model") if key in target),
        "instructor": "",
        "strategy": recipe.get("synthesize", {}).get("use", ""),
        "selector": recipe.get("select", {}).get("use", ""),
        "seed": manifest["seed"],
        "versions": manifest["versions"],
        "ended": manifest["ended"],
        "imported": [],
        "sets": [{"set": s, "problems": sizes[s], "dropped": dropped[s]} for s in order],
        "checkpoints": checkpoints,
        "baseline": "round-0",
        "final": last,
        "overall": list(_pairs(run, "round-0", last, reported)),
        "rounds": rounds,
        "seconds": [
            {key: stage[key] for key in ("round", "stage", "seconds")}
            for stage in manifest["stages"]
        ],
        "total_seconds": math.fsum(stage["seconds"] for stage in manifest["stages"]),
        "spending": {
            "stages": _paid(run),
            "answered": [_answered(run, c["id"]) for c in checkpoints],
            "unread": "",
        },
    }


def _paid(run: Path) -> list[Json]:
    if not (run / "calls.sqlite").exists():
        return []
    with closing(sqlite3.connect(run / "calls.sqlite")) as ledger:
        sent = list(ledger.execute("SELECT stage, state, tokens, usd FROM sent"))
    return [
        {
            "who": "instructor",
            "stage": stage,
            "requests": len(paid),
            "tokens": sum(tokens for tokens, _ in paid),
            "usd": math.fsum(usd for _, usd in paid),
        }
        for stage in sorted({row[0] for row in sent})
        if (paid := [row[2:] for row in sent if row[0] == stage and row[1] != "unpaid"])
    ]


def _answered(run: Path, checkpoint: str) -> Json:
    answers = [row for path in (run / checkpoint / "attempts").iterdir() for row in rows(path)]
    return {
        "checkpoint": checkpoint,
        "attempts": len(answers),
        "prompt_tokens": sum(row["prompt_tokens"] for row in answers),
        "tokens": sum(row["tokens"] for row in answers),
    }


def _checkpoint(run: Path, name: str, previous: str, sets: Json) -> Json:
    record = json.loads((run / name / "round.json").read_text())
    made = rows(run / name / "checkpoint.jsonl")
    accuracies = []
    for set_name, size in sets.items():
        tally = Counter(_outcomes(run, name, set_name).values())
        if tally:
            low, high = wilson(tally["right"], tally.total())
            accuracies.append(
                {
                    "set": set_name,
                    "total": tally.total(),
                    "right": tally["right"],
                    "wrong": tally["wrong"],
                    "undecided": tally["undecided"],
                    "accuracy": tally["right"] / tally.total(),
                    "low": low,
                    "high": high,
                    "problems": size,
                }
            )
    labels = {"base": "before", "round-0": "after warm-up"}
    training = None
    if made:
        training = {key: made[0][key] for key in ("examples", "replayed", "trainer", "metrics")}
        assert training["examples"] == len(rows(run / name / "train.jsonl"))
    return {
        "id": name,
        "label": labels.get(name, f"after round {name[-1]}"),
        "compared_with": None if name == "base" else previous,
        "parent": made[0]["parent"] if made else None,
        "kept": record["kept"],
        "why": record["why"],
        "training": training,
        "accuracies": accuracies,
        "undecided": _undecided(run, name, sets),
        "comparisons": [] if name == "base" else list(_pairs(run, previous, name, sets)),
    }


def _undecided(run: Path, name: str, sets: Json) -> dict[str, int]:
    found: Counter[str] = Counter()
    for set_name in sets:
        path = run / name / "verdicts" / f"{set_name.replace('/', '.')}.jsonl"
        found.update(r["reason"] for r in rows(path) if r["outcome"] == "undecided")
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _pairs(run: Path, before: str, after: str, sets: Json) -> Iterator[Json]:
    for set_name in sets:
        old, new = _outcomes(run, before, set_name), _outcomes(run, after, set_name)
        if old:
            fixed = len([p for p in old if old[p] != "right" and new[p] == "right"])
            broken = len([p for p in old if old[p] == "right" and new[p] != "right"])
            yield {
                "set": set_name,
                "against": before,
                "fixed": fixed,
                "broken": broken,
                "p_value": mcnemar(fixed, broken),
            }


def _round(run: Path, name: str, incoming: str, manifest: Json) -> Json:
    folder = run / name
    set_of = {row["problem_id"]: row["set"] for row in rows(run / "splits.jsonl")}
    triage, counted = _triage(folder, set_of)
    diagnoses = rows(folder / "diagnoses.jsonl")
    answered = [row for row in diagnoses if not row["failure"]]
    real = [row for row in answered if not row["no_error"]]
    failed = Counter(row["details"]["lack"] for row in diagnoses if row["failure"])
    candidates = rows(folder / "candidates.jsonl")
    objections = rows(folder / "objections.jsonl")
    selection = rows(folder / "selection.jsonl")
    types, placed = _types(folder)
    return {
        "_own": [(t, [p for p, given in placed.items() if t["id"] in given]) for t in types],
        "name": name,
        "incoming": incoming,
        "stages": [stage["stage"] for stage in manifest["stages"] if stage["round"] == name],
        "triage": counted,
        "other_models": [],
        "second_opinion": None,
        "diagnoses": {
            "others": 0,
            "bad_cases": sum(category == "model-error" for _, category in triage),
            "diagnosed": len(answered),
            "failed": dict(failed),
            "named": sum(bool(row["keyphrase"]) for row in real),
            "located": sum(row["step"] is not None for row in real),
            "no_error": len(answered) - len(real),
            "keyphrases": len({row["keyphrase"] for row in real} - {""}),
        },
        "types": sorted(
            (
                _type(run, name, row, placed, set_of, (candidates, objections, selection))
                for row in types
            ),
            key=lambda row: (-row["cases"], row["id"]),
        ),
        "assigned": sum(bool(given) for given in placed.values()),
        "unassigned": sum(not given for given in placed.values()),
        "funnel": _funnel(candidates, objections, selection),
        "near": near(rows(folder / "leaks.jsonl"), {row["candidate_id"] for row in objections}),
        "shortfalls": rows(folder / "shortfalls.jsonl"),
        "scores": _scores(selection),
        "cut": _cut(selection),
        "sureness": sureness(selection),
        "style_choices": rows(folder / "styles.jsonl"),
        "leaks": _leaks(objections),
    }


def _triage(folder: Path, set_of: dict[str, str]) -> tuple[list[tuple[str, str]], list[Json]]:
    triage = [(set_of[row["problem_id"]], row["category"]) for row in rows(folder / "triage.jsonl")]
    counted = []
    for label, wanted in (
        ("train", {"train"}),
        ("dev", {"dev"}),
        ("train and dev", {"train", "dev"}),
    ):
        tally = Counter(category for set_name, category in triage if set_name in wanted)
        counted.append(
            {
                "set": label,
                "attempts": tally.total(),
                "categories": {category: tally[category] for category in CATEGORIES + SAMPLED},
                "sampled": 0,
                "samples": 0,
            }
        )
    return triage, counted


def _types(folder: Path) -> tuple[list[Json], dict[str, set[str]]]:
    listed = yaml.safe_load((folder / "error_types.yaml").read_text())
    merged = {row["id"]: row["merge"] for row in listed if "merge" in row}
    types = [row for row in listed if "merge" not in row]
    known = {row["id"] for row in types}
    return types, {
        row["problem_id"]: {merged.get(t, t) for t in row["types"]} & known
        for row in rows(folder / "assignments.jsonl")
    }


def _type(
    run: Path,
    name: str,
    row: Json,
    placed: dict[str, set[str]],
    set_of: dict[str, str],
    made: tuple[list[Json], list[Json], list[Json]],
) -> Json:
    candidates, objections, selection = made
    own = [problem for problem, given in placed.items() if row["id"] in given]
    after = _outcomes(run, name, "dev")
    dev = [problem for problem in own if set_of[problem] == "dev"]
    against = {c["id"] for c in candidates if c["lineage"]["error_type"] == row["id"]}
    objected = {o["candidate_id"] for o in objections}
    wanted = [q for q in rows(run / name / "quotas.jsonl") if q["error_type"] == row["id"]]
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "keyphrases": row["keyphrases"][:5],
        "cases": len(own),
        "others": 0,
        "dev_cases": len(dev),
        "dev_fixed": len([problem for problem in dev if after[problem] == "right"]),
        "proposed": len(against),
        "accepted": len(against - objected),
        "kept": len(against & {s["candidate_id"] for s in selection if s["kept"]}),
        "styles": [],
        "quota": next(iter(wanted), None),
        "stability": row.get("stability"),
        "sureness": of_type(selection, against, objected),
    }


def _funnel(candidates: list[Json], objections: list[Json], selection: list[Json]) -> Json:
    against = [o for o in objections if o["candidate_id"]]
    objected = {o["candidate_id"] for o in against}
    by = Counter((o["reason"], o["by"]) for o in against)
    return {
        "proposed": len(candidates),
        "objected": len(objected),
        "accepted": len({c["id"] for c in candidates} - objected),
        "selected_from": len(selection),
        "kept": sum(s["kept"] for s in selection),
        "reasons": dict(Counter(r for r, _ in {(o["reason"], o["candidate_id"]) for o in against})),
        "objections": [
            {"reason": reason, "by": verifier, "candidates": number}
            for (reason, verifier), number in sorted(by.items(), key=lambda e: (-e[1], e[0]))
        ],
        "fruitless": dict(Counter(o["reason"] for o in objections if not o["candidate_id"])),
        "cost": math.fsum(c["lineage"]["cost"] for c in candidates),
    }


def _cut(selection: list[Json]) -> Json | None:
    sides: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for s in selection:
        if s["score"] is not None and s["uncertainty"] is not None:
            sides[s["kept"]].append((s["score"], 1.96 * s["uncertainty"]))
    if not all(sides.values()) or max(sides[False])[0] > min(sides[True])[0]:
        return None
    at = (max(sides[False])[0] + min(sides[True])[0]) / 2
    return {
        "at": at,
        "kept": len(sides[True]),
        "left_out": len(sides[False]),
        "kept_sure": len([s for s, e in sides[True] if s - e > at]),
        "left_out_sure": len([s for s, e in sides[False] if s + e < at]),
    }


def _leaks(objections: list[Json]) -> list[Json]:
    kinds = Counter(
        (o["by"], o["evidence"].get("set", ""), o["evidence"].get("rule", ""))
        for o in objections
        if o["reason"] == "leak"
    )
    return [
        {"by": by, "set": set_name, "rule": rule, "candidates": n}
        for (by, set_name, rule), n in sorted(kinds.items(), key=lambda e: (-e[1], e[0]))
    ]


def _scores(selection: list[Json]) -> Json | None:
    scored = [(s["score"], s["kept"]) for s in selection if s["score"] is not None]
    if not scored:
        return None
    values = sorted(score for score, _ in scored)
    low, high = values[0], values[-1]
    edges = [low + (high - low) * n / 20 for n in range(21)]
    bins = []
    for n in range(20):
        inside = [k for s, k in scored if edges[n] <= s and (s < edges[n + 1] or n == 19)]
        bins.append(
            {
                "low": edges[n],
                "high": edges[n + 1],
                "kept": sum(inside),
                "left_out": len(inside) - sum(inside),
            }
        )
    return {
        "scored": len(scored),
        "low": low,
        "high": high,
        "lowest_kept": min(score for score, kept in scored if kept),
        "bins": bins,
    }
