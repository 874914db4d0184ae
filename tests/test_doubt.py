"""Wrong references and bad luck, planted: the triage names exactly these, and only real errors go on.

The student, the instructor and the files are made for it; the engine, the domain, the checker, the
call layer and HTTP are the real ones.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from rich.console import Console

from errata.check import prepare
from errata.errors import BudgetSpent
from errata.hooks import hookimpl
from errata.loop import loop
from errata.parts import Part, Settings
from errata.plugins import Catalogue, Installed, discover
from errata.recipe import parse
from errata.records import BadCase, Diagnosis, Triage
from errata.report.page import write_page
from errata.report.summary import summarize
from errata.report.table import print_summary
from errata.rounds import BASE, Round
from errata.run import Paused, Run
from errata.store import Store
from errata.testing import DoubtfulStudent, ScriptedTarget
from scripted.instructor import ScriptedInstructor

SIZE = 240
WRONG = 40  # references planted wrong
_SUM = re.compile(r"What is (\d+) plus (\d+)\?")


def problems(folder: Path) -> tuple[Path, dict[str, int]]:
    """Sums, some of whose references are wrong; and the right answers of those."""
    random, path = Random(3), folder / "sums.jsonl"
    pairs = random.sample([(a, b) for a in range(10, 99) for b in range(10, 99)], SIZE)
    with path.open("w") as out:
        for number, (a, b) in enumerate(pairs):
            row = {"id": f"s{number}", "question": f"What is {a} plus {b}?", "answer": str(a + b)}
            if number < WRONG:
                row["answer"] = str(a + b + 10)
            out.write(json.dumps(row) + "\n")
    return path, {f"s{number}": sum(pair) for number, pair in enumerate(pairs[:WRONG])}


def solver(question: str) -> str:
    found = _SUM.search(question)
    assert found, question
    return str(int(found[1]) + int(found[2]))


@pytest.fixture
def instructor():
    server = ScriptedInstructor(solver)
    yield server
    server.stop()


class Bench:
    """A run of the planted problems up to a stage."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.source, truths = problems(folder)
        self.student = DoubtfulStudent(truths)

    def run(
        self,
        name: str,
        until: str = "diagnose",
        caps: dict[str, int] | None = None,
        **changes: object,
    ) -> Run:
        student = self.student

        class Plugin:
            @hookimpl
            def errata_parts(self):
                def make(settings, services):
                    return ScriptedTarget(student, services, batch_size=16)

                can = frozenset({"generate", "sample", "score"})
                return [
                    Part(name="doubtful", kind="target", settings=Settings, make=make, provides=can)
                ]

        recipe = {
            "name": "doubt",
            "domain": "math",
            "problems": {"train": str(self.source), "dev": 40},
            "target": {"use": "doubtful"},
            "triage": {"samples": 8},
            "diagnose": "instructor",
            "instructor": {
                "use": "openai",
                "model": "scripted",
                "base_url": self.url,
                "api_key_env": "",
            },
            "group": "phrases",
            "synthesize": {"use": "redraw"},
            "select": "all",
            "train": "scripted",
        }
        if caps and isinstance(recipe["instructor"], dict):
            recipe["instructor"]["stages"] = {"triage": caps}
        recipe = {k: v for k, v in {**recipe, **changes}.items() if v is not None}
        catalogue = Catalogue([*discover(), Installed("doubtful", "tests", "tests", Plugin)])
        prepared = prepare(parse(recipe, name), catalogue, name)
        made = Run(prepared, Store(self.folder / name), self.folder, until)
        with pytest.raises(Paused):
            loop(made)
        return made


@pytest.fixture
def bench(tmp_path, instructor):
    return Bench(tmp_path, instructor.url)


def named(run: Run, category: str) -> set[str]:
    triaged = run.store.read("round-1/triage.jsonl", Triage)
    return {t.problem_id for t in triaged if t.category == category and not t.model}


def test_exactly_what_was_planted_is_named(bench, instructor):
    run = bench.run("run")
    kinds = {kind: {p for p, k in bench.student.kinds.items() if k == kind} for kind in (
        "wrong-gold", "bad-luck", "stubborn", "scattered", "")}  # fmt: skip
    assert len(kinds["wrong-gold"]) == WRONG
    assert min(map(len, kinds.values())) > 30
    assert named(run, "suspected-wrong-gold") == kinds["wrong-gold"]
    assert named(run, "bad-luck") == kinds["bad-luck"]
    assert named(run, "model-error") == kinds["stubborn"] | kinds["scattered"]
    # asked to solve: only where samples agree against the reference; to diagnose: only real errors
    assert instructor.requests["solve"] == len(kinds["wrong-gold"]) + len(kinds["stubborn"])
    diagnosed = [d.problem_id for d in run.store.read("round-1/diagnoses.jsonl", Diagnosis)]
    assert set(diagnosed) == kinds["stubborn"] | kinds["scattered"]
    sent = [b["messages"][-1]["content"] for b in instructor.bodies]
    solving = [text for text in sent if "on your own" in text]
    assert not any(re.search(r"reference|####", text) for text in solving)  # it is shown neither
    counts = {t.set: t for t in summarize(run.store).rounds[0].triage}["train and dev"]
    assert counts.categories["suspected-wrong-gold"] == WRONG
    assert counts.samples == 8 * counts.sampled == 8 * (SIZE - len(kinds[""]))


def test_without_an_instructor_nothing_is_suspected(bench):
    run = bench.run("run", until="triage", instructor=None, diagnose="symbolic")
    kinds = bench.student.kinds
    assert named(run, "suspected-wrong-gold") == set()
    assert named(run, "bad-luck") == {p for p, kind in kinds.items() if kind == "bad-luck"}
    assert named(run, "model-error") >= {p for p, kind in kinds.items() if kind == "wrong-gold"}


def test_a_cap_on_triage_stops_it_and_nothing_is_asked_twice(bench, instructor):
    with pytest.raises(BudgetSpent, match="triage"):
        bench.run("run", until="triage", caps={"max_requests": 25})
    assert instructor.requests["solve"] == 25
    begun = bench.run("run", until="triage")
    kinds = Counter(bench.student.kinds.values())
    assert instructor.requests["solve"] == kinds["wrong-gold"] + kinds["stubborn"] > 25
    alone = bench.run("alone", until="triage")
    name = "round-1/triage.jsonl"
    assert begun.store.file(name).read_bytes() == alone.store.file(name).read_bytes()


def test_without_samples_it_is_as_it_was(bench, instructor):
    run = bench.run("run", until="triage", triage={"samples": 0})
    wrong = {p for p, kind in bench.student.kinds.items() if kind}
    assert named(run, "model-error") == wrong
    assert not instructor.requests
    assert not (run.store.path / "calls.sqlite").exists()
    assert not list(run.store.path.rglob("samples"))


def test_the_instructor_sees_a_right_attempt_where_there_is_one(bench, instructor):
    run = bench.run("run", triage={"samples": 8, "bad_luck": 1.0})
    cases = list(Round(run, "round-1", BASE).bad_cases())
    lucky = {p for p, kind in bench.student.kinds.items() if kind == "bad-luck"}
    with_contrast = {case.problem.id for case in cases if case.contrast}
    assert with_contrast
    assert with_contrast <= lucky
    shown = [b["messages"][-1]["content"] for b in instructor.bodies]
    shown = [text for text in shown if "whose answer is right" in text]
    asked_twice = len(shown) - len(set(shown))
    assert len(shown) - asked_twice == len(with_contrast)
    for case in cases:
        if case.contrast:
            assert case.contrast.id.startswith(f"base:{case.problem.id}#")
            assert case.contrast.text == f"#### {case.problem.answer}"


# --- other models -----------------------------------------------------------------------------------


def imported(bench: Bench) -> Path:
    """Two models' attempts at every problem: one is wrong by 100, one is right."""
    path = bench.folder / "others.jsonl"
    with path.open("w") as out:
        for line in bench.source.read_text().splitlines():
            row = json.loads(line)
            truth = int(solver(row["question"]))
            for model, answer in (("wrong-one", truth + 100), ("right-one", truth)):
                said = {"question": row["question"], "response": f"#### {answer}", "model": model}
                out.write(json.dumps(said) + "\n")
        out.write(json.dumps({"question": "What?", "response": "#### 1", "model": "x"}) + "\n")
    return path


def test_errors_of_other_models_go_on_with_the_targets(bench):
    source = imported(bench)
    run = bench.run("run", until="group", error_sources=[str(source)], diagnose="symbolic")
    dev = set(run.sets["dev"])
    figures = summarize(run.store)
    (counts,) = figures.imported
    assert (counts.rows, counts.unmatched) == (2 * SIZE + 1, 1)
    assert (counts.matched, counts.held_out) == (2 * (SIZE - len(dev)), 2 * len(dev))
    (round_,) = figures.rounds
    by_model = {t.set: t.categories for t in round_.other_models}
    suspected = named(run, "suspected-wrong-gold") - dev
    assert by_model["wrong-one"]["suspected-wrong-gold"] == len(suspected) > 20
    assert by_model["wrong-one"]["model-error"] == SIZE - len(dev) - len(suspected)
    # where the reference is wrong the right one is judged wrong, and not blamed for it
    assert by_model["right-one"]["model-error"] == 0
    assert by_model["right-one"]["suspected-wrong-gold"] == len(suspected)
    own = sum(t.categories["model-error"] for t in round_.triage if t.set == "train and dev")
    assert round_.diagnoses.bad_cases == own + by_model["wrong-one"]["model-error"]
    assert round_.diagnoses.others == by_model["wrong-one"]["model-error"]
    cases = list(Round(run, "round-1", BASE).bad_cases())
    theirs = [case for case in cases if case.attempt.model]
    assert len(theirs) == by_model["wrong-one"]["model-error"]
    assert {case.attempt.model for case in theirs} == {"wrong-one"}
    assert not {case.problem.id for case in theirs} & dev
    assert all(case.contrast.text == f"#### {case.problem.answer}" for case in theirs)
    _is_shown(run.store, [("wrong-one", by_model["wrong-one"]["model-error"]), ("right-one", 0)])
    types = {t.id: t for t in round_.types}
    assert sum(t.others for t in types.values()) == round_.diagnoses.others
    assert all(life.cases == types[life.error_type].cases - types[life.error_type].others
               for life in round_.life)  # fmt: skip


def _is_shown(store: Store, models: list[tuple[str, int]]) -> None:
    """In the table and on the page, the target's attempts and those of other models apart."""
    out = io.StringIO()
    print_summary(summarize(store), Console(file=out, width=120, no_color=True))
    text = " ".join(out.getvalue().split())
    page = " ".join(write_page(store).read_text().split())
    assert f"rows are attempts at train problems; {1} of no problem here" in text
    assert "Wrong answers looked at again" in text
    assert '<th scope="col">suspected wrong gold</th>' in page
    for model, errors in models:
        assert re.search(rf"round 1, {model} (\d+ ){{2}}{errors} ", text)
        assert re.search(rf"<bdi>{model}</bdi></th>(<td>\d+</td>){{2}}<td>{errors}</td>", page)
    assert "the solution of <bdi>wrong-one</bdi>" in page
    theirs = sum(errors for _, errors in models)
    assert f"{theirs} of these cases are other models'" in text
    assert re.search(r"\(\d+ of other models\)</span></td>", page)


def test_a_strategy_gets_each_attempt_under_its_own_type(bench):
    run = bench.run(
        "run", until="group", error_sources=[str(imported(bench))], diagnose="symbolic",
        triage={"samples": 0}, instructor=None,
    )  # fmt: skip
    round_ = Round(run, "round-1", BASE)
    own = {t.id: {a.attempt_id for a in round_.of_type(t.id, "train")} for t in round_.grouped[0]}
    cases: dict[str, list[BadCase]] = round_._cases_of(own)
    for type_id, found in cases.items():
        assert {case.attempt.id for case in found} == own[type_id]
        assert len(found) == len(own[type_id])


# --- a second opinion -------------------------------------------------------------------------------


def test_a_second_opinion_is_stored_and_compared_and_costs_nothing(bench, instructor):
    alone = bench.run("alone")
    asked = instructor.requests.copy()
    instructor.requests.clear()
    run = bench.run("both", diagnose={"use": "instructor", "second": "symbolic"})
    assert instructor.requests == asked
    names = ("round-1/diagnoses.jsonl", "round-1/second_diagnoses.jsonl")
    assert run.store.file(names[0]).read_bytes() == alone.store.file(names[0]).read_bytes()
    first, second = (list(run.store.read(name, Diagnosis)) for name in names)
    assert [d.attempt_id for d in first] == [d.attempt_id for d in second]
    assert ({d.by for d in first}, {d.by for d in second}) == ({"instructor"}, {"symbolic"})
    write_page(run.store)
    assert "symbolic beside instructor on" in (run.store.path / "report.html").read_text()
    found = summarize(run.store).rounds[0].second_opinion
    assert found is not None
    pairs = [p for p in zip(first, second, strict=True) if not p[0].failure]
    steps = [(a.step, b.step) for a, b in pairs if a.step and b.step]
    assert found.cases == len(pairs) < len(first)
    assert found.located == len(steps)
    assert found.exact == sum(a == b for a, b in steps)
    assert (
        found.no_error_first == Counter(a.no_error and not b.no_error for a, b in pairs)[True] > 0
    )
