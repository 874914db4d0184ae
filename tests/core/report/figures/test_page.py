"""Every figure on the page is counted again from the raw records: words, tables and pictures."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from errata.report.summary import summarize
from errata.store import Store
from scripted.reading import Element, clean, number, table

Json = dict[str, Any]
CATEGORIES = ("right", "model-error", "undecided", "truncated", "format-slip")


# --- tables -----------------------------------------------------------------------------------------


def test_accuracy_table(page: Element, counted: Json, written: Any) -> None:
    expected = []
    for place in counted["sets"][:-1]:
        expected.append([place["set"]])
        for c in counted["checkpoints"]:
            for a in (a for a in c["accuracies"] if a["set"] == place["set"]):
                paired = [p for p in c["comparisons"] if p["set"] == a["set"]]
                p = paired[0] if paired else None
                expected.append(
                    [
                        written.checkpoint(c),
                        *(number(a[key]) for key in ("right", "total", "undecided")),
                        written.share(a["accuracy"]),
                        written.between(a["low"], a["high"]),
                        *([number(p["fixed"]), number(p["broken"])] if p else ["", ""]),
                        written.p(p["p_value"]) if p else "",
                    ]
                )
    assert table(page, id="accuracy") == expected


def test_tables_of_each_round(page: Element, counted: Json, written: Any) -> None:
    for r in counted["rounds"]:
        rows = []
        for t in r["types"]:
            row = [clean(t["name"]), number(t["cases"])]
            if any(other["stability"] is not None for other in r["types"]):
                row.append(written.stability(t))
            keys = ("dev_cases", "dev_fixed", "proposed", "accepted", "kept")
            row += [number(t[key]) for key in keys]
            if r["sureness"]:
                row.append("" if t["sureness"] is None else written.share(t["sureness"]))
            rows.append(row)
        blank = [""] * (len(rows[0]) - 2)
        rows.append(["unassigned", number(r["unassigned"]), *blank])
        assert table(page, **{"class_": "types", "data-round": r["name"]}) == rows
        f = r["funnel"]
        named = [["proposed", f["proposed"]], ["objected to", f["objected"]]]
        for o in f["objections"]:
            named.append([f"{o['reason'].replace('-', ' ')}, by {o['by']}", o["candidates"]])
        named += [["accepted", f["accepted"]], ["kept for training", f["kept"]]]
        for reason, tries in f["fruitless"].items():
            named.append([f"tries without a candidate: {reason.replace('-', ' ')}", tries])
        expected = [[head, number(value)] for head, value in named]
        assert table(page, **{"class_": "funnel", "data-round": r["name"]}) == expected


def test_types_through_the_rounds(page: Element, counted: Json, written: Any) -> None:
    expected: dict[str, list[str]] = {}
    for place, r in enumerate(counted["rounds"]):
        for life in r["life"]:
            row = expected.setdefault(life["error_type"], [clean(life["name"]), "", ""])
            between = written.between(life["low"], life["high"])
            row[place + 1] = f"{life['life']} {written.share(life['rate'])} {between}"
    shown = table(page, class_="lives")
    assert sorted(shown) == sorted(expected.values())
    sizes = {clean(x["name"]): max(x["cases"], x["cases_before"]) for r in counted["rounds"]
             for x in r["life"]}  # fmt: skip
    assert sizes[shown[0][0]] == max(sizes.values())
    (lives,) = page.all("table", class_="lives")
    top = max(life["high"] for r in counted["rounds"] for life in r["life"])
    ends = [line.number("x2") for line in lives.all("line", class_="whisker")]
    highs = [life["high"] / top * 100 for r in counted["rounds"] for life in r["life"]]
    assert sorted(ends) == pytest.approx(sorted(highs), abs=0.01)


def test_tables_of_trust(page: Element, counted: Json, written: Any) -> None:
    sets = [row[:3] for row in table(page, id="sets")]
    assert sets == [
        [s["set"], number(s["problems"]), number(s["dropped"])] for s in counted["sets"]
    ]
    assert table(page, id="triage") == [
        [f"{written.round(r['name'])}, {t['set']}", number(t["attempts"])]
        + [number(t["categories"][name]) for name in CATEGORIES]  # no samples were drawn
        for r in counted["rounds"]
        for t in r["triage"]
    ]
    keys = ("bad_cases", "diagnosed", "failed", "named", "located", "no_error", "keyphrases")
    assert table(page, id="diagnoses") == [
        [written.round(r["name"])]
        + [
            number(sum(value.values()) if isinstance(value, dict) else value)
            for value in (r["diagnoses"][key] for key in keys)
        ]
        + [number(r["assigned"]), number(r["unassigned"])]
        for r in counted["rounds"]
    ]
    assert table(page, id="training") == [
        [
            written.checkpoint(c),
            written.round(c["parent"]),
            c["training"]["trainer"],
            number(c["training"]["examples"]),
            ", ".join(
                f"{key} {value:.4g}" for key, value in sorted(c["training"]["metrics"].items())
            ),
        ]
        for c in counted["checkpoints"][1:]
    ]


def test_table_of_time(page: Element, counted: Json, written: Any) -> None:
    columns, by_stage = written.times(counted)
    expected = []
    for stage, row in by_stage.items():
        times = [written.time(row[c]) if c in row else "" for c in columns]
        expected.append([stage, *times, written.time(sum(row.values()))])
    totals = [sum(row.get(c, 0.0) for row in by_stage.values()) for c in columns]
    whole = written.time(counted["total_seconds"])
    expected.append(["all stages", *(written.time(total) for total in totals), whole])
    assert table(page, id="seconds") == expected


def test_no_figure_on_the_page_is_without_a_test(
    page: Element, counted: Json, written: Any
) -> None:
    """What is left when everything the other tests look at is taken away holds no strange number."""
    for element in [*page.all("details"), *page.all("table"), *page.all("dl"), *page.all("svg")]:
        element.inside = []
    for element in [*page.all("style"), *page.all("script"), *page.all("ul", class_="shortfalls")]:
        element.inside = []
    for element in [*page.all("div", class_="card"), *page.all("p", class_="cut")]:
        element.inside = []
    known = [f"Finished: {counted['ended']}.", "95%", f"seed {counted['seed']}", "p below 0.05"]
    known += [written.time(counted["total_seconds"]), "p below 0.6"]
    known += [c["label"] for c in counted["checkpoints"]]
    known += [written.checkpoint(c) for c in counted["checkpoints"]]
    for r in counted["rounds"]:
        known.append(written.round(r["name"]))
        s = r["scores"]
        known += [
            str(s["scored"]),
            *(written.score(s[key]) for key in ("low", "high", "lowest_kept")),
        ]
    figures = set(re.findall(r"[\d.,]*\d", " ".join(known)))
    assert set(re.findall(r"[\d.,]*\d", page.text())) <= figures


def test_the_summary_is_embedded_whole(any_run: Store, page: Element) -> None:
    (data,) = page.all("script", id="summary")
    assert data.attributes["type"] == "application/json"
    embedded = json.loads("".join(str(part) for part in data.inside))
    assert embedded == json.loads(summarize(any_run).model_dump_json())


# --- pictures ---------------------------------------------------------------------------------------


def test_points_lie_where_their_figures_say(page: Element, counted: Json, written: Any) -> None:
    (panels,) = (div for div in page.all("div", class_="panels"))
    shown = {figure.all("b")[0].text(): figure for figure in panels.all("figure")}
    assert list(shown) == [s["set"] for s in counted["sets"][:-1]]
    for set_name, figure in shown.items():
        ticks = [line.number("y1") for line in figure.all("line", class_="grid")]
        labels = [t.text() for t in figure.all("text") if t.attributes.get("text-anchor") == "end"]
        top = float(labels[-1].rstrip("%")) / 100
        measured = [
            (c, a) for c in counted["checkpoints"] for a in c["accuracies"] if a["set"] == set_name
        ]
        groups = figure.all("g")
        assert len(groups) == len(measured)
        for group, (c, a) in zip(groups, measured, strict=True):
            (point,), (whisker,) = group.all("circle"), group.all("line")
            (title,) = group.all("title")
            interval = written.between(a["low"], a["high"])
            share = written.share(a["accuracy"])
            right = f"{a['right']} of {a['total']}"
            assert title.text() == f"{written.checkpoint(c)}: {share} ({interval}), {right}"
            assert group.all("text", class_="value")[0].text() == share
            heights = [point.number("cy"), whisker.number("y1"), whisker.number("y2")]
            for height, value in zip(heights, [a["accuracy"], a["low"], a["high"]], strict=True):
                share_at = top * (height - ticks[0]) / (ticks[-1] - ticks[0])
                assert share_at == pytest.approx(value, abs=0.001)
            rejected = "rejected" in (point.attributes["class"] or "")
            assert rejected == (not c["kept"])


def test_bars_are_as_long_as_their_figures(page: Element, counted: Json) -> None:
    for r in counted["rounds"]:
        f = r["funnel"]
        objections = [o["candidates"] for o in f["objections"]]
        values = [f["proposed"], f["objected"], *objections, f["accepted"], f["kept"]]
        (funnel,) = page.all("table", **{"class_": "funnel", "data-round": r["name"]})
        lengths = [bar.number("width") for bar in funnel.all("rect")]
        assert lengths == [pytest.approx(100 * value / f["proposed"], abs=0.01) for value in values]
        (types,) = page.all("table", **{"class_": "types", "data-round": r["name"]})
        cases = [*(t["cases"] for t in r["types"]), r["unassigned"]]
        lengths = [bar.number("width") for bar in types.all("rect")]
        assert lengths == [pytest.approx(100 * value / max(cases), abs=0.01) for value in cases]


def test_histograms_show_every_bin(page: Element, counted: Json, written: Any) -> None:
    pictures = [
        svg
        for svg in page.all("svg")
        if (svg.attributes.get("aria-label") or "").startswith("Scores")
    ]
    assert len(pictures) == len(counted["rounds"])
    for svg, r in zip(pictures, counted["rounds"], strict=True):
        s = r["scores"]
        bars = svg.all("g")
        assert [bar.all("title")[0].text() for bar in bars] == [
            f"{written.score(b['low'])} to {written.score(b['high'])}: {b['kept']} kept,"
            f" {b['left_out']} left out"
            for b in s["bins"]
        ]
        unit = max(bar.number("height") for bar in svg.all("rect")) / max(
            max(b["kept"], b["left_out"]) for b in s["bins"]
        )
        for bar, b in zip(bars, s["bins"], strict=True):
            kept, left_out = (rect.number("height") for rect in bar.all("rect"))
            assert kept == pytest.approx(unit * b["kept"], abs=0.05)
            assert left_out == pytest.approx(unit * b["left_out"], abs=0.05)
