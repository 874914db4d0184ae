"""The worked example: its statistics, its pictures, and a page that says what its table says."""

from __future__ import annotations

import csv
import gzip
import importlib
import json
import math
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
PAGE = EXAMPLES / "error-types-of-eight-models.md"
DATA = Path(__file__).parents[2] / "../shared/data/out.gsm8k_gsmplus.jsonl.gz"


@pytest.fixture(scope="module")
def make() -> Iterator[ModuleType]:
    sys.path.insert(0, str(EXAMPLES))
    yield importlib.import_module("make")
    sys.path.remove(str(EXAMPLES))
    for name in ("make", "eight_models", "pictures"):
        sys.modules.pop(name, None)


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(PAGE.with_suffix(".csv").read_text(encoding="utf-8").splitlines()))


def test_fishers_exact_test(make):
    fisher = sys.modules["eight_models"].fisher
    # Fisher's tea: 3 of the 4 cups with milk first were found
    assert fisher(3, 4, 4, 8) == pytest.approx(34 / 70)
    assert fisher(4, 4, 4, 8) == pytest.approx(2 / 70)
    assert fisher(0, 5, 0, 9) == 1
    # against the sum over all tables, spelt out
    ways = [math.comb(6, k) * math.comb(14, 9 - k) for k in range(7)]
    expected = sum(w for w in ways if w <= ways[5]) / sum(ways)
    assert fisher(5, 9, 6, 20) == pytest.approx(expected)


def test_models_are_in_natural_order(make):
    natural = sys.modules["eight_models"].natural
    names = ["m_70b", "m_7b", "m_13b", "gpt4", "gpt-3.5"]
    assert sorted(names, key=natural)[-3:] == ["m_7b", "m_13b", "m_70b"]


def test_the_page_says_what_the_table_says(make):
    page = PAGE.read_text(encoding="utf-8")
    types = [row for row in rows() if row["by"] == "type" and row["model"] == "all"]
    assert len(types) > 10
    for row in types:
        share = f"{float(row['share']):.1%} ("
        assert f"| {row['row']} | {int(row['count']):,} | {share}" in page
    blocks = make._BLOCK.findall(page)
    assert set(blocks) == set(make.BLOCKS)


def test_kinds_are_every_error_once():
    kinds = [row for row in rows() if row["by"] == "kind"]
    models = {row["model"] for row in kinds}
    assert len(models) == 9
    for model in models:
        mine = [row for row in kinds if row["model"] == model]
        assert sum(int(row["count"]) for row in mine) == int(mine[0]["errors"])
        for row in mine:
            assert float(row["low"]) <= float(row["share"]) <= float(row["high"])


def test_the_pictures_hold_the_figures_as_text():
    for name, by in (("kinds", "kind"), ("types", "type")):
        picture = ET.fromstring(PAGE.with_suffix(f".{name}.svg").read_text(encoding="utf-8"))
        texts = [t.text for t in picture.iter("{http://www.w3.org/2000/svg}text")]
        for row in rows():
            if row["by"] == by:
                assert f"{int(row['count']) / int(row['errors']):.1%}" in texts


@pytest.mark.slow
def test_the_data_still_give_these_kinds(make):
    """The types depend on the embedder's last digits; the kinds are exact on every machine."""
    if not DATA.exists():
        pytest.skip(f"{DATA.name} not found in shared/data beside the checkout: cannot repeat")
    models = sys.modules["eight_models"]
    _, diagnoses = models.diagnosed(DATA, models.services(Path("unused")))
    found = Counter((models.kind_of(d.keyphrase), models.model_of(d.attempt_id)) for d in diagnoses)
    told = {
        (row["row"], row["model"]): int(row["count"])
        for row in rows()
        if row["by"] == "kind" and row["model"] != "all"
    }
    assert found == {key: count for key, count in told.items() if count}


def test_nothing_of_the_outputs_is_copied():
    """The data are shared alike; a page of this project must not quote them."""
    if not DATA.exists():
        pytest.skip(f"{DATA.name} not found in shared/data beside the checkout: cannot compare")
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line) for line in lines]
    for row in texts[::7]:
        for text in (row["question"], row["prediction"] or ""):
            words = text.split()
            runs = (" ".join(words[i : i + 8]) for i in range(len(words) - 7))
            assert not [run for run in runs if run in page]
