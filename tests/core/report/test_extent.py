"""Reports of unfinished runs, of big ones, and of runs whose files are damaged."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from errata.errors import CorruptRecord, RunDirectoryError
from errata.records import Assignment, Attempt, ErrorType, Problem
from errata.report.few import Few
from errata.report.page import LIMIT, render, write_page
from errata.report.samples import BUDGETS, sample
from errata.report.steps import domain_steps, lines
from errata.report.summary import summarize
from errata.report.table import print_summary
from errata.report.view import numbered
from errata.stages.group import to_yaml
from errata.store import Store

STAGES = [
    ("setup", "problems"),
    ("base", "measure"),
    ("round-0", "train"),
    ("round-0", "measure"),
    *(
        ("round-1", stage)
        for stage in (
            "evaluate",
            "triage",
            "diagnose",
            "group",
            "synthesize",
            "select",
            "train",
            "measure",
        )
    ),
]


def table(store: Store) -> str:
    out = io.StringIO()
    print_summary(summarize(store), Console(file=out, width=100))
    return out.getvalue()


@pytest.mark.parametrize("until", STAGES, ids="/".join)
def test_an_unfinished_run_has_a_report(
    until: tuple[str, str], written_run: Callable[..., Store]
) -> None:
    store = written_run(until=until)
    summary = summarize(store)
    assert summary.ended == ""
    assert (summary.seconds[-1].round, summary.seconds[-1].stage) == until
    reached = STAGES.index(until)
    assert len(summary.rounds) == (reached > STAGES.index(("round-0", "measure")) + 1)
    measured = [c.id for c in summary.checkpoints if c.kept is not None]
    places = {"base": 1, "round-0": 3, "round-1": 11}
    assert measured == [name for name, place in places.items() if reached >= place]
    assert f"Not finished: the last stage done is {until[1]}" in table(store)
    assert "Not finished" in write_page(store).read_text(encoding="utf-8")


def test_a_run_without_any_stage_has_a_report(written_run: Callable[..., Store]) -> None:
    store = written_run(until=("setup", "problems"))
    manifest = store.manifest()
    for path in store.path.glob("*.jsonl"):
        path.unlink()
    store.save(manifest.model_copy(update={"stages": ()}))
    assert "no stage is done yet" in table(store)
    assert "Nothing is measured yet" in write_page(store).read_text(encoding="utf-8")


def test_what_is_not_selected_yet_is_not_called_left_out(written_run: Callable[..., Store]) -> None:
    store = written_run(until=("round-1", "synthesize"))
    (figures,) = summarize(store).rounds
    assert figures.funnel.kept is None
    assert {t.kept for t in figures.types} == {None}
    assert {t.dev_fixed for t in figures.types} == {None}
    assert re.search(r"kept for training *\n", table(store))
    assert "From after warm-up" not in table(store)  # there is nothing yet to compare with it
    page = write_page(store).read_text(encoding="utf-8")
    assert "accepted, not selected yet" in page
    assert "accepted, not kept" not in page


def test_a_set_that_is_half_done_shows_no_share(written_run: Callable[..., Store]) -> None:
    store = written_run(until=("round-0", "train"))
    lines = store.file("base/verdicts/gate.jsonl").read_bytes().splitlines(keepends=True)
    verdicts = store.file("round-0/verdicts/gate.jsonl")
    verdicts.parent.mkdir(parents=True)
    verdicts.write_bytes(b"".join(lines[:25]) + lines[25][:-9])  # the last line is torn
    checkpoint = summarize(store).checkpoints[-1]
    assert [(a.set, a.total, a.problems) for a in checkpoint.accuracies] == [("gate", 25, 60)]
    assert checkpoint.comparisons == ()
    assert "25/60 so far" in table(store)
    page = write_page(store).read_text(encoding="utf-8")
    assert "25 of 60 tried so far" in page


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    for work in (summarize, write_page):
        with pytest.raises(RunDirectoryError, match=r"has no run\.json"):
            work(Store(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_line_is_named_and_the_old_page_stays(written_run: Callable[..., Store]) -> None:
    store = written_run()
    before = write_page(store).read_bytes()
    path = store.file("round-1/candidates.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], b'{"id": 3}\n', *lines[5:]]))
    with pytest.raises(CorruptRecord, match=r"candidates\.jsonl, line 5"):
        write_page(store)
    assert store.file("report.html").read_bytes() == before


def test_the_same_run_gives_the_same_page(written_run: Callable[..., Store]) -> None:
    store = written_run()
    first = write_page(store).read_bytes()
    assert write_page(store).read_bytes() == first
    for name in ("candidates", "selection", "assignments"):  # their order does not matter
        path = store.file(f"round-1/{name}.jsonl")
        path.write_bytes(b"".join(reversed(path.read_bytes().splitlines(keepends=True))))
    assert write_page(store).read_bytes() == first


def test_the_page_of_a_big_run_is_small(written_run: Callable[..., Store]) -> None:
    store = written_run(scale=35)
    records = sum(
        path.read_bytes().count(b"\n") for path in store.path.rglob("*.jsonl") if path.is_file()
    )
    assert records > 100_000
    began = time.perf_counter()
    size = write_page(store).stat().st_size
    assert size <= LIMIT < 2_000_000
    assert time.perf_counter() - began < 60


def test_long_texts_and_many_types_are_cut_down_to_size(written_run: Callable[..., Store]) -> None:
    store = written_run()
    for path in sorted(store.path.glob("*/attempts/*.jsonl")):
        name = str(path.relative_to(store.path))
        attempts = list(store.read(name, Attempt))
        with store.append(name, fresh=True) as out:
            for attempt in attempts:
                out.write(attempt.model_copy(update={"text": ("<é>" * 300 + "\n") * 20}))
    types = [ErrorType(id=f"t{n}", name=f"kind {n} " + "of error " * 30) for n in range(1, 900)]
    for name in ("round-1", "round-2"):
        store.write(f"{name}/error_types.yaml", to_yaml(types))
        placed = list(store.read(f"{name}/assignments.jsonl", Assignment))
        with store.append(f"{name}/assignments.jsonl", fresh=True) as out:
            for place, assignment in enumerate(placed):
                out.write(assignment.model_copy(update={"types": (f"t{place + 1}",)}))
    summary = summarize(store)
    largest = render(summary, sample(store, summary, lines), "", BUDGETS[0])
    assert len(largest.encode()) > LIMIT
    page = write_page(store)
    assert page.stat().st_size <= LIMIT
    html = page.read_text(encoding="utf-8")
    assert "more characters)" in html
    assert "steps left out" in html
    assert "largest of 899" in html
    data = html.split('id="summary">')[1].split("</script>")[0]
    assert len(json.loads(data)["rounds"][0]["types"]) == 899


def test_a_long_solution_keeps_its_wrong_step() -> None:
    steps = [f"step {n}" for n in range(1, 101)]
    shown = numbered(steps, 50, 400)
    assert [line.number for line in shown if line.wrong] == [50]
    assert len(shown) < 20
    left_out = sum(int(line.text.split()[1]) for line in shown if line.number is None)
    assert left_out + sum(line.number is not None for line in shown) == 100
    assert not any(line.wrong for line in numbered(steps, 101, 400))
    assert not any(line.wrong for line in numbered(steps, None, 400))
    assert [line.text for line in numbered(steps[:3], 1, 400)] == steps[:3]


def test_samples_do_not_depend_on_order() -> None:
    names = [f"n{n}" for n in range(500)]
    found = []
    for order in (names, names[::-1], sorted(names)):
        few = Few[str, str](4)
        for name in order:
            few.offer("key", name, name)
        found.append(dict(few.items())["key"])
    assert found[0] == found[1] == found[2]
    short = Few[str, str](2)
    for name in names:
        short.offer("key", name, name)
    assert dict(short.items())["key"] == found[0][:2]


def test_steps_are_the_domains_and_lines_where_it_is_not_installed() -> None:
    problem = Problem(id="p", question="Q?", answer="5")
    split, note = domain_steps("no-such-domain", {})
    assert list(split(problem, "2 + 3 = 5\n\n#### 5\n")) == ["2 + 3 = 5", "#### 5"]
    assert "no-such-domain" in note
    split, note = domain_steps("math", {})
    sentences = "She has 2 + 3 = 5 eggs. She sells 1 and has 5 - 1 = 4."
    assert len(lines(problem, sentences)) == 1
    assert len(split(problem, sentences)) == 2
    assert note == ""
