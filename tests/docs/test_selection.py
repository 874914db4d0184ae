"""The selection benchmark as it came out: its table and every agreement are counted again from what
the target did on each dev case."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import fmean
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from errata.parts import DevCases
from errata.seeds import stream

ROOT = Path(__file__).parents[2]
FOLDER, PAGE = ROOT / "docs/examples/selection", ROOT / "docs/selection.md"
DRAWS = 3


@pytest.fixture(scope="module")
def bench() -> Iterator[ModuleType]:
    sys.path.insert(0, str(ROOT / "tests/bench"))
    yield importlib.import_module("selection")
    sys.path.remove(str(ROOT / "tests/bench"))
    for name in [each for each in sys.modules if each.startswith("selection")]:
        sys.modules.pop(name)


@pytest.fixture(scope="module")
def resampled(bench) -> ModuleType:
    return importlib.import_module("selection_resampled")


def steps_of(name: str) -> dict[str, Any]:
    """What a run of the benchmark has recorded, by step."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    return dict(json.loads(line) for line in text.splitlines())


@pytest.fixture(scope="module")
def records() -> dict[str, Any]:
    return steps_of("selection.jsonl")


@pytest.fixture(scope="module")
def evaluation(resampled) -> Any:
    """The exhaustive evaluation: the problems are drawn again, what the target did with them is
    recorded."""
    return resampled.Evaluation(FOLDER / "selection.jsonl")


@pytest.fixture(scope="module")
def known(evaluation) -> dict[str, dict[str, float]]:
    """Whether each dev case was answered right, by candidate and case."""
    return dict(evaluation.known)


@pytest.fixture(scope="module")
def cases(evaluation) -> DevCases:
    """The dev cases of the exhaustive evaluation."""
    return DevCases({}, evaluation.bad, evaluation.good)


@pytest.fixture(scope="module")
def rows(bench, records) -> dict[str, list[dict[str, float]]]:
    """The figures of the rules that have all their draws."""
    return {
        rule: [records[f"{rule}, draw {draw}"][0] for draw in range(DRAWS)]
        for rule in bench.RULES
        if f"{rule}, draw {DRAWS - 1}" in records
    }


@pytest.fixture(scope="module")
def results(bench, records) -> dict[str, list[float]]:
    """Test accuracies after training on what each rule kept, by seed."""
    found: dict[str, list[float]] = {}
    for rule in (bench.EXHAUSTIVE, *bench.RULES):
        steps = [f"trained, {rule}, draw {seed}, seed {seed}" for seed in range(DRAWS)]
        if steps[0] in records:
            found[rule] = [records[step] for step in steps]
    return found


def test_the_table_stands_on_the_page(bench, records, rows, results):
    table = bench.table(rows, results, fmean(records["warm on test"]))
    assert f"```text\n{table}\n```" in PAGE.read_text(encoding="utf-8")


def test_the_exhaustive_evaluation_is_reliable_as_the_page_says(bench, known, cases):
    half, full = bench.reliability(known, cases)
    assert full >= bench.WORTH
    text = PAGE.read_text(encoding="utf-8")
    assert f"{half:.3f}" in text
    assert f"{full:.3f}" in text


def test_agreement_is_counted_again(bench, records, known, cases):
    keep = records["options"]["keep"]
    truth = {
        name: fmean(fmean(values[case.id] for case in half) for half in (cases.all_bad, cases.good))
        for name, values in known.items()
    }
    luck = {name: stream(0, "ties", name).random() for name in truth}
    best = set(islice(sorted(truth, key=lambda name: (-truth[name], luck[name])), keep))
    for name, value in records.items():
        if ", draw " in name and not name.startswith("trained, "):
            figures, kept = value
            assert len(kept) == keep
            assert figures["overlap"] == pytest.approx(len(best & set(kept)) / keep)


def test_what_the_page_says_of_cases_and_of_asking_without_waste(bench, records, known, cases):
    never = [c for c in cases.all_bad if not any(values[c.id] for values in known.values())]
    text = PAGE.read_text(encoding="utf-8")
    assert f"of the {len(cases.all_bad)} bad ones" in text
    assert f"{len(never)} were mended by none" in text
    spent = {bench.PAPER: 0.0, "accuracy, 20 cases": 0.0}
    for draw in range(DRAWS):
        found = {name: records[f"{name}, draw {draw}"] for name in spent}
        assert len({tuple(kept) for _, kept in found.values()}) == 1
        for name, (figures, _) in found.items():
            spent[name] += figures["tokens"]
    assert f"for {spent['accuracy, 20 cases'] / spent[bench.PAPER]:.2f} of the tokens" in text


def test_what_the_page_says_of_training(records, results):
    after, before = [a for own in results.values() for a in own], fmean(records["warm on test"])
    said = f"on average {fmean(after):.1%} right after training, {before:.1%} before"
    assert said in PAGE.read_text(encoding="utf-8")
    worse = f"{sum(a < before for a in after)} of {len(after)} trainings"
    assert worse in (ROOT / "docs/log.md").read_text(encoding="utf-8")


def test_the_picture_shows_every_rule(rows, results):
    picture = ElementTree.fromstring((FOLDER / "selection.svg").read_text(encoding="utf-8"))
    texts = {t.text for t in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert rows.keys() | results.keys() <= texts


@pytest.fixture(scope="module")
def wide(resampled) -> Any:
    """The exhaustive evaluation of twice as many candidates, with the lengths of each pair."""
    return resampled.Evaluation(FOLDER / "wide.jsonl")


def test_the_wide_evaluation_is_reliable_as_the_page_says(bench, wide):
    half, full = bench.reliability(wide.known, DevCases({}, wide.bad, wide.good))
    assert full >= bench.WORTH
    text = PAGE.read_text(encoding="utf-8")
    assert f"{len(wide.candidates)} on 48 cases (halves correlate {half:.3f})" in text


def test_lengths_make_the_tokens_that_the_target_counted(resampled, wide):
    answers = wide.answers()
    target = resampled.Recorded(answers, share=True)
    target.generate(list(answers))
    assert target.tokens == sum(
        step[1] for name, step in steps_of("wide.jsonl").items() if name.startswith("exhaustive, ")
    )
    assert f"{target.tokens:,} tokens for {target.pairs:,} pairs" in (
        ROOT / "docs/log.md"
    ).read_text(encoding="utf-8")


def test_draws_from_the_records_stand_on_the_page_and_come_out_again(resampled, wide):
    lines = (FOLDER / "resampled.jsonl").read_text(encoding="utf-8").splitlines()
    found: dict[str, list[dict[str, float]]] = {}
    for line in lines:
        for rule, draw in json.loads(line).items():
            found.setdefault(rule, []).append(draw)
    assert f"```text\n{resampled.table(found)}\n```" in PAGE.read_text(encoding="utf-8")
    again = resampled.agreement(wide, 2)
    assert again == {rule: draws[:2] for rule, draws in found.items()}
