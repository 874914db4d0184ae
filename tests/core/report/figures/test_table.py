"""Every line of the terminal table is written again from figures counted from the raw records."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from errata.report.summary import summarize
from errata.report.table import print_summary
from errata.store import Store

Json = dict[str, Any]


def printed(store: Store, width: int) -> str:
    out = io.StringIO()
    print_summary(summarize(store), Console(file=out, width=width, no_color=True))
    return out.getvalue()


def cells(line: str) -> list[str]:
    return [cell for cell in re.split(r" {2,}", line.strip()) if cell]


def test_every_line_is_counted_again(
    any_run: Store, recount: Callable[[Path], Json], written: Any
) -> None:
    found = [cells(line) for line in printed(any_run, 400).splitlines()]
    found = [line for line in found if line and not set("".join(line)) <= {"─", " "}]
    expected = [cells("  ".join(line)) for line in lines(recount(any_run.path), written)]
    assert found == expected


def lines(s: Json, written: Any) -> Iterator[list[str]]:
    yield [f"{s['name']}: Finished: {s['ended']}."]
    yield [f"domain {s['domain']} · target {s['target']} · seed {s['seed']}"]
    yield from accuracy(s, written)
    for c in s["checkpoints"][1:]:
        yield [f"{written.round(c['id'])}: {c['why']}"]
    yield from triage(s, written)
    for r in s["rounds"]:
        yield from types(r, written)
    yield from lives(s["rounds"], written)
    yield from candidates(s["rounds"], written)
    yield from times(s, written)
    yield from money(s["spending"], written)


def accuracy(s: Json, written: Any) -> Iterator[list[str]]:
    yield ["Accuracy"]
    yield ["right", "accuracy", "95% interval", "fixed", "broken", "p"]
    for place in s["sets"][:-1]:
        yield [place["set"]]
        for c in s["checkpoints"]:
            for a in (a for a in c["accuracies"] if a["set"] == place["set"]):
                paired = [p for p in c["comparisons"] if p["set"] == a["set"]]
                yield [
                    written.checkpoint(c),
                    f"{a['right']}/{a['total']}",
                    written.share(a["accuracy"]),
                    written.between(a["low"], a["high"]),
                    *(str(p["fixed"]) for p in paired),
                    *(str(p["broken"]) for p in paired),
                    *(written.p(p["p_value"]) for p in paired),
                ]
    yield ["fixed, broken: problems, against the last checkpoint kept before (p: McNemar)"]
    for c in s["checkpoints"]:
        unsure = [a for a in c["accuracies"] if a["undecided"]]
        where = ", ".join(f"{a['undecided']} of {a['total']} on {a['set']}" for a in unsure)
        if unsure:
            yield [f"undecided, counted as not right, {c['label']}: {where}"]
    if s["final"] == "round-2":  # otherwise it is what round 1 came to
        yield ["From after warm-up to after round 2"]
        yield ["baseline", "last kept", "fixed", "broken", "p"]
        by_id = {c["id"]: {a["set"]: a for a in c["accuracies"]} for c in s["checkpoints"]}
        for p in s["overall"]:
            first, last = by_id["round-0"][p["set"]], by_id["round-2"][p["set"]]
            shares = [written.share(first["accuracy"]), written.share(last["accuracy"])]
            yield [p["set"], *shares, str(p["fixed"]), str(p["broken"]), written.p(p["p_value"])]


def triage(s: Json, written: Any) -> Iterator[list[str]]:
    heads = ["right", "model error", "undecided", "truncated", "format slip"]
    yield ["Attempts at train and dev"]
    yield ["attempts", *heads]
    for r in s["rounds"]:
        for t in r["triage"]:
            name = {"train and dev": "both"}.get(t["set"], t["set"])
            counts = [str(t["categories"][head.replace(" ", "-")]) for head in heads]
            yield [f"{written.round(r['name'])}, {name}", str(t["attempts"]), *counts]
    for r in s["rounds"]:
        d = r["diagnoses"]
        first = f"{written.round(r['name'])}: {d['diagnosed']} of {d['bad_cases']} model errors"
        rest = f"{d['located']} with a first wrong step, {d['no_error']} found to be no error"
        kinds = ", ".join(f"{n} {lack}" for lack, n in sorted(d["failed"].items()))
        rest += f"; {sum(d['failed'].values())} failed ({kinds})" if kinds else ""
        yield [f"{first} diagnosed; {rest}"]


def types(r: Json, written: Any) -> Iterator[list[str]]:
    yield [f"Error types of {written.round(r['name'])}"]
    yield ["cases", "on dev", "dev fixed", "proposed", "accepted", "kept"]
    numbers = ("cases", "dev_cases", "dev_fixed", "proposed", "accepted", "kept")
    for t in r["types"]:
        yield [clean(t["name"]), *(str(t[number]) for number in numbers)]
    yield ["(unassigned)", str(r["unassigned"])]
    unstable = [
        f"{clean(t['name'])} ({t['stability']:.2f})"
        for t in r["types"]
        if t["stability"] is not None and t["stability"] < 0.6
    ]
    if unstable:
        yield [f"unstable, resampled cases do not give them again: {', '.join(unstable)}"]


def lives(rounds: list[Json], written: Any) -> Iterator[list[str]]:
    yield ["Error types through the rounds"]
    yield [written.round(r["name"]) for r in rounds]
    rows: dict[str, list[Json]] = {}
    for r in rounds:
        for life in r["life"]:
            rows.setdefault(life["error_type"], []).append(life)
    ranked = sorted(rows.values(), key=lambda row: -max(x["cases"] for x in row))
    for row in ranked[:16]:
        shown = (f"{100 * x['rate']:.1f} ({written.between(x['low'], x['high'])})" for x in row)
        states = [f"{x['life']} {share}" for x, share in zip(row, shown, strict=True)]
        yield [clean(row[-1]["name"]), *states]
    if len(ranked) > 16:
        yield [f"the 16 largest of {len(ranked)} types"]
    yield [
        (
            f"cases per {rounds[-1]['life'][0]['tried']} problems tried, in percent with 95%"
            " intervals; shrunk, and relapsed after having shrunk: the interval of the change does"
            " not reach 0"
        )
    ]


def clean(name: str) -> str:
    return clean_control(name if len(name) <= 70 else name[:69] + "…")


def clean_control(name: str) -> str:
    return name.replace("\x1b", "\ufffd").replace("\u202e", "\ufffd")


def candidates(rounds: list[Json], written: Any) -> Iterator[list[str]]:
    funnels = [r["funnel"] for r in rounds]

    def across(head: str, values: list[int]) -> list[str]:
        return [head, *(str(value) for value in values)]

    yield ["Candidates"]
    yield [written.round(r["name"]) for r in rounds]
    yield across("proposed", [f["proposed"] for f in funnels])
    yield across("objected to", [f["objected"] for f in funnels])
    by = [{(o["reason"], o["by"]): o["candidates"] for o in f["objections"]} for f in funnels]
    keys = {key for counts in by for key in counts}
    for key in sorted(keys, key=lambda key: (-sum(counts.get(key, 0) for counts in by), key)):
        head = f"{key[0].replace('-', ' ')} (by {key[1]})"
        yield across(head, [counts.get(key, 0) for counts in by])
    yield across("accepted", [f["accepted"] for f in funnels])
    yield across("kept for training", [f["kept"] for f in funnels])
    for reason in sorted({reason for f in funnels for reason in f["fruitless"]}):
        tries = [f["fruitless"].get(reason, 0) for f in funnels]
        yield across(f"tries without a candidate: {reason.replace('-', ' ')}", tries)
    for r in rounds:
        yield [f"{written.round(r['name'])}: {written.surety(r)}"]
        names = {t["id"]: clean(t["name"]) for t in r["types"]}
        for choice in r["style_choices"]:
            style = choice["chosen"] or "all, evenly"
            sure = f", {written.share(choice['sureness'])} sure" if choice["sureness"] else ""
            learnt = f"{names[choice['error_type']]}: learnt in the style: {style}{sure}"
            yield [f"{learnt} ({clean_control(choice['why'])})"]
    for r in rounds:
        names = {t["id"]: clean(t["name"]) for t in r["types"]}
        for lack in r["shortfalls"]:
            yield [
                (
                    f"{written.round(r['name'])}: {lack['accepted']} of {lack['asked']} candidates"
                    f" accepted for {names[lack['error_type']]}: {lack['why']}"
                )
            ]


def times(s: Json, written: Any) -> Iterator[list[str]]:
    columns, by_stage = written.times(s)
    yield ["Time per stage"]
    yield columns
    for stage, row in by_stage.items():
        yield [stage, *(written.time(row[c]) for c in columns if c in row)]
    totals = [sum(row.get(c, 0.0) for row in by_stage.values()) for c in columns]
    yield ["all stages", *(written.time(total) for total in totals)]
    yield [f"in all {written.time(s['total_seconds'])}"]


def money(spent: Json, written: Any) -> Iterator[list[str]]:
    total = {key: sum(row[key] for row in spent["stages"]) for key in ("requests", "tokens", "usd")}

    def costs(row: Json) -> list[str]:
        return [f"{row['requests']:,}", f"{row['tokens']:,}", written.dollars(row["usd"])]

    yield ["Money and tokens"]
    if spent["stages"]:
        yield ["requests", "tokens", "US dollars"]
        for row in spent["stages"]:
            yield [f"{row['stage']} ({row['who']})", *costs(row)]
        yield ["all stages", *costs(total)]
    told = "paid to others" if spent["stages"] else "nothing was asked of others"
    yield [f"{written.dollars(total['usd'])}: {told}"]
    read, wrote = (sum(a[key] for a in spent["answered"]) for key in ("prompt_tokens", "tokens"))
    answers = sum(a["attempts"] for a in spent["answered"])
    yield [f"the target read {read:,} and wrote {wrote:,} tokens in {answers:,} answers"]


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_is_cut_off_at_common_widths(any_run: Store, width: int) -> None:
    narrow = printed(any_run, width).splitlines()
    assert max(len(line) for line in narrow) <= width
    found = [cells(line) for line in narrow]
    rows = [row for row in map(cells, printed(any_run, 400).splitlines()) if len(row) > 1]
    for row in rows:  # a long name may wrap to a second line; figures and heads may not
        assert any(
            line[-len(row) + 1 :] == row[1:] and row[0].startswith(line[0]) for line in found
        )
    assert len(rows) > 30


def test_what_a_terminal_would_obey_is_not_printed(finished_run: Store) -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, color_system=None)
    print_summary(summarize(finished_run), console)
    assert "\u202e" not in out.getvalue()
    assert not re.search("\x1b\\[31m", out.getvalue())
    assert "<script>" in out.getvalue()
