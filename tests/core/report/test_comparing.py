"""Runs beside each other: what they share is paired, what they do not share is named."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from errata.cli.comparing import print_compared
from errata.records import Problem
from errata.report.compare_page import compare_page
from errata.report.comparing import Compared, compared, each_beside
from errata.report.page import write_page
from errata.store import Store
from scripted.reading import read


@pytest.fixture(scope="module")
def twin(finished_run: Store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The same run in another folder."""
    folder = tmp_path_factory.mktemp("twin") / "made"
    shutil.copytree(finished_run.path, folder)
    return Store(folder)


@pytest.fixture(scope="module")
def stranger(finished_run: Store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A run whose problems outside the gate are others under the same ids, as with another seed."""
    folder = tmp_path_factory.mktemp("stranger") / "made"
    shutil.copytree(finished_run.path, folder)
    path = folder / "problems.jsonl"
    problems = [Problem.model_validate_json(line) for line in path.read_text().splitlines()]
    path.write_text(
        "".join(
            (
                p if p.id.startswith("gate") else p.model_copy(update={"question": "Another?"})
            ).model_dump_json()
            + "\n"
            for p in problems
        )
    )
    return Store(folder)


def printed(found: Compared) -> str:
    out = io.StringIO()
    print_compared(found, Console(file=out, width=200, no_color=True))
    return out.getvalue()


def test_sets_without_a_common_problem_are_named_and_not_compared(
    finished_run: Store, stranger: Store
) -> None:
    found = compared([finished_run, stranger])
    assert [s.set for s in found.sets] == ["gate"]
    assert found.apart == ("test/drills", "test/stories", "ood/svamp", "dev")
    said = "No problem in common on test/drills, test/stories, ood/svamp, dev"
    page = read(compare_page(found))
    assert [t.attributes["data-set"] for t in page.all("table", class_="compared")] == ["gate"]
    assert said in page.text()
    assert said in printed(found)


def test_a_control_that_shares_nothing_takes_nothing_from_the_others(
    finished_run: Store, twin: Store, stranger: Store, tmp_path: Path
) -> None:
    alike, other = each_beside(finished_run, [twin, stranger])
    assert [(s.set, s.shared) for s in alike.sets] == [
        (s.set, s.shared) for s in compared([finished_run, twin]).sets
    ]
    assert len(alike.sets) == 5
    assert [s.set for s in other.sets] == ["gate"]
    folder = tmp_path / "made"
    shutil.copytree(finished_run.path, folder)
    page = read(write_page(Store(folder), [twin, stranger]).read_text(encoding="utf-8"))
    (beside,) = page.all("table", id="beside")
    first, second = beside.all("tbody")
    assert len(first.all("tr")) == 6
    assert "No problem in common on test/drills" in second.text()


def test_what_a_candidate_is_too_near_to_is_quoted(finished_run: Store) -> None:
    near = next(
        json.loads(line)
        for line in finished_run.file("problems.jsonl").read_text().splitlines()
        if json.loads(line)["id"] == "gate-1"
    )
    page = read(write_page(finished_run).read_text(encoding="utf-8"))
    leaks = [a for a in page.all("article") if a.attributes.get("data-fate") == "leak"]
    assert leaks
    for article in leaks:
        assert near["question"].strip() in [q.text() for q in article.all("div", class_="quote")]
