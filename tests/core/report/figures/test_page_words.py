"""What the page says in words, cards, bars and small tables is counted again from the raw records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from errata.report import words
from scripted.reading import Element, clean, number, table

Json = dict[str, Any]


def glance(counted: Json, written: Any) -> Iterator[str]:
    by_id = {c["id"]: {a["set"]: a for a in c["accuracies"]} for c in counted["checkpoints"]}
    for p in counted["overall"]:
        if p["set"].startswith(("test", "ood")):
            first, last = by_id["round-0"][p["set"]], by_id[counted["final"]][p["set"]]
            chance = f"p = {written.p(p['p_value'])}".replace("= <", "< ")
            sure = "better" if p["fixed"] > p["broken"] else "worse"
            yield (
                f"{p['set']} {written.share(last['accuracy'])} from {written.share(first['accuracy'])}"
                f" {sure if p['p_value'] < 0.05 else 'within chance'}"
                f" {p['fixed']} fixed , {p['broken']} broken , {chance}"
            )


def followed(rounds: list[Json]) -> list[list[tuple[Json, Json, Json | None]]]:
    """Types through the rounds: (round, life, figures)."""
    rows: dict[tuple[str, str], list[tuple[Json, Json, Json | None]]] = {}
    for r in rounds:
        types = {t["id"]: t for t in r["types"]}
        for life in r["life"]:
            row = rows.setdefault((life["since"], life["first"]), [])
            row.append((r, life, types.get(life["error_type"])))
    return list(rows.values())


def disclosures(counted: Json, written: Any) -> Iterator[str]:
    """Beginnings of what can be opened: how many there are, and how many of them are shown."""
    for row in followed(counted["rounds"]):
        latest = next(t for _, _, t in reversed(row) if t)
        bars = " ".join(
            f"{written.round(r['name'])} {written.share(life['rate'])} {life['life']}"
            for r, life, _ in row
        )
        shaky = " unstable" if (latest["stability"] or 1) < 0.6 else ""
        yield f"{clean(latest['name'])} {things(latest['cases'], 'case')}{shaky} {bars}"
        for r, _, t in row:
            where = written.round(r["name"])
            if t and t["cases"]:
                yield f"Bad cases of {where} {min(8, t['cases'])} of {t['cases']} shown"
            if t and t["proposed"]:
                made = t["proposed"]
                yield f"Candidates made from it in {where} {min(4, made)} of {made} shown"
    for r in counted["rounds"]:
        f = r["funnel"]
        fates = {"kept for training": f["kept"], "accepted, not kept": f["accepted"] - f["kept"]}
        for fate, size in [*fates.items(), *sorted(f["reasons"].items())]:
            if size:
                named = fate.replace("-", " ")
                yield f"{named} {min(8, size)} of {things(size, 'candidate')}"
        for reason, size in f["fruitless"].items():
            yield f"no candidate: {reason.replace('-', ' ')} {min(8, size)} of {size} tries"
    for c in counted["checkpoints"][1:]:
        fixed, broken = (sum(p[key] for p in c["comparisons"]) for key in ("fixed", "broken"))
        yield f"{written.checkpoint(c)}: {fixed} fixed , {broken} broken on all sets"
        for p in c["comparisons"]:
            for direction in ("fixed", "broken"):
                size = p[direction]
                if size:
                    yield f"{p['set']}: {size} {direction} {min(8, size)} of {size} shown"
    yield "Accuracy in figures"
    yield "Error types in figures"
    yield "The recipe as it was resolved"


def things(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def test_words(page: Element, counted: Json, written: Any) -> None:
    (help_,) = page.all("section", id="help")
    cards = [card.text() for card in help_.all("div", class_="card")]
    assert cards == list(glance(counted, written))
    found = [summary.text() for summary in page.all("summary")]
    assert sorted(found) == sorted(disclosures(counted, written))
    (decisions,) = page.all("dl", id="decisions")
    whys = [f"{written.round(c['id'])} {clean(c['why'])}" for c in counted["checkpoints"][1:]]
    assert decisions.text() == " ".join(whys)
    (provenance,) = page.all("dl", id="provenance")
    versions = ", ".join(f"{k} {v}" for k, v in sorted(counted["versions"].items()))
    assert provenance.text() == (
        f"recipe hash {counted['recipe']} seed {counted['seed']} versions {versions}"
    )
    lacks = [
        item.text() for items in page.all("ul", class_="shortfalls") for item in items.all("li")
    ]
    assert lacks == [
        f"{type_name(r, lack)} : {lack['accepted']} of {lack['asked']} ( {lack['why']} )"
        for r in counted["rounds"]
        for lack in r["shortfalls"]
    ]


def test_what_became_of_each_type(page: Element, counted: Json, written: Any) -> None:
    stories = [[li.text() for li in ul.all("li")] for ul in page.all("ul", class_="story")]
    expected = []
    for row in followed(counted["rounds"]):
        told = []
        for r, life, t in row:
            where = written.round(r["name"])
            if life["life"] == "gone":
                told.append(f"{where}: gone")
                continue
            assert t is not None
            kept = things(t["kept"], "candidate")
            line = (
                f"{where}: {life['life']}, {things(life['cases'], 'case')}"
                f" ({written.share(life['rate'])} of the problems tried), {kept} kept against it"
            )
            if t["dev_cases"]:
                line += f", then {t['dev_fixed']} of {t['dev_cases']} held-out cases solved"
            told.append(line)
        expected.append(told)
    assert sorted(stories) == sorted(expected)


def test_bars_of_the_types(page: Element, counted: Json) -> None:
    lives = [life for row in followed(counted["rounds"]) for _, life, _ in row]
    top = max(life["high"] for life in lives)
    drawn = []
    for moment in page.all("span", class_="moment"):
        (bar,), (whisker,) = moment.all("rect"), moment.all("line", class_="whisker")
        ends = (bar.number("width"), whisker.number("x1"), whisker.number("x2"))
        drawn.append(ends)
    expected = [[100 * life[key] / top for key in ("rate", "low", "high")] for life in lives]
    for found, wanted in zip(sorted(drawn), sorted(expected), strict=True):
        assert found == pytest.approx(wanted, abs=0.01)


def type_name(r: Json, lack: Json) -> str:
    return next(clean(t["name"]) for t in r["types"] if t["id"] == lack["error_type"])


def test_the_controls(page: Element, counted: Json, written: Any) -> None:
    told = {"base": "the untouched target", "round-0": "taught the answer's form only"}
    named = [s["set"] for s in counted["sets"] if s["set"].startswith(("test", "ood"))]
    expected = []
    for c in counted["checkpoints"]:
        if c["id"] in told or c["id"] == counted["final"]:
            by_set = {a["set"]: written.share(a["accuracy"]) for a in c["accuracies"]}
            examples = number(c["training"]["examples"]) if c["training"] else ""
            what = told.get(c["id"], "the last checkpoint kept")
            row = [written.checkpoint(c), what, examples, *(by_set[name] for name in named)]
            expected.append(row)
    assert table(page, id="controls") == expected


def test_costs(page: Element, counted: Json, written: Any) -> None:
    spent = counted["spending"]
    names = {c["id"]: written.checkpoint(c) for c in counted["checkpoints"]}
    assert table(page, id="answered") == [
        [names[a["checkpoint"]]]
        + [number(a[key]) for key in ("attempts", "prompt_tokens", "tokens")]
        for a in spent["answered"]
    ]
    paid = spent["stages"]
    if paid:
        assert table(page, id="money") == [
            [
                row["who"],
                row["stage"],
                *map(number, (row["requests"], row["tokens"])),
                written.dollars(row["usd"]),
            ]
            for row in paid
        ]
    assert bool(paid) == bool(page.all("table", id="money"))
    total = {key: sum(row[key] for row in paid) for key in ("requests", "tokens", "usd")}
    written_tokens = sum(a["tokens"] for a in spent["answered"])
    asked = "paid to others" if paid else "nothing was asked of others"
    answers = number(sum(a["attempts"] for a in spent["answered"]))
    (cards,) = page.all("div", id="costs")
    assert [card.text() for card in cards.all("div", class_="card")] == [
        f"time {written.time(counted['total_seconds'])} all finished stages",
        f"money {written.dollars(total['usd'])} {asked}",
        f"tokens paid for {number(total['tokens'])} {number(total['requests'])} requests",
        f"tokens of the target {number(written_tokens)} written in {answers} answers",
    ]


def test_what_may_be_doubted(page: Element, counted: Json, written: Any) -> None:
    unsure = [
        [written.checkpoint(c), clean(reason), number(answers)]
        for c in counted["checkpoints"]
        for reason, answers in c["undecided"].items()
    ]
    assert unsure
    assert table(page, id="undecided") == unsure
    leaks = [
        [written.round(r["name"]), x["by"], x["set"], clean(x["rule"]), number(x["candidates"])]
        for r in counted["rounds"]
        for x in r["leaks"]
    ]
    assert bool(leaks) == bool(page.all("table", id="leaks"))
    if leaks:
        assert table(page, id="leaks") == leaks
    cuts = [p.text() for p in page.all("p", class_="cut")]
    for said, r in zip(cuts, counted["rounds"], strict=True):
        f = r["funnel"]
        accepted = things(f["accepted"], "accepted candidate")
        assert said.startswith(f"{f['kept']} of {accepted} were kept")
        assert said.endswith(f". {written.surety(r)}")
    choices = [
        [
            written.round(r["name"]),
            clean(next(t["name"] for t in r["types"] if t["id"] == choice["error_type"])),
            choice["chosen"] or "all, evenly",
            "" if choice["sureness"] is None else written.share(choice["sureness"]),
            number(choice["cases"]),
            clean(choice["why"]),
        ]
        for r in counted["rounds"]
        for choice in r["style_choices"]
    ]
    assert bool(choices) == bool(page.all("table", id="style-choices"))
    if choices:
        assert table(page, id="style-choices") == choices


def test_stability_of_the_types(page: Element, counted: Json) -> None:
    """Said where a type is opened, and beside its name where it is unstable."""
    latest = [next(t for _, _, t in reversed(row) if t) for row in followed(counted["rounds"])]
    known = [t["stability"] for t in latest if t["stability"] is not None]
    said = [p.text() for p in page.all("p", class_="stability")]
    assert len(said) == len(known)
    assert sorted(line.split(":")[0] for line in said) == sorted(
        f"Stability {value:.2f}" for value in known
    )
    unstable = [value for value in known if value < 0.6]
    assert sum("unstable" in line for line in said) == len(unstable)
    chips = [chip.text() for chip in page.all("span", class_="chip")]
    assert chips.count("unstable") == len(unstable)


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.43216, "0.4322"), (-0.0226, "\u22120.0226"), (205.04, "205"), (13_254.0, "13,254")],
)
def test_figures_never_have_an_exponent(value, told):
    assert words.figure(value) == told
