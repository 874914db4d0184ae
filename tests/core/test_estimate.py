"""`errata estimate`: a pilot against a scripted instructor, then the run itself, which must cost what
was said; and what a pilot leaves behind."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from errata.calls.budget import Cost
from errata.calls.ledger import Ledger
from errata.check import prepare
from errata.errors import RunDirectoryError
from errata.estimating.estimate import estimate
from errata.estimating.extrapolating import draw, spread
from errata.estimating.figures import Estimate
from errata.estimating.measured import Measured, Size, Stratum, WaveCost
from errata.estimating.pilot import Pilot, is_pilot
from errata.loop import loop
from errata.plugins import Catalogue, recipe_files
from errata.recipe import load
from errata.records import Problem
from errata.run import Paused, Run
from errata.seeds import stream
from errata.store import Store
from scripted.commanding import commanded
from scripted.instructor import ScriptedInstructor

PROBLEMS = [
    "problems.train={source: gsm8k-two-steps, split: train, limit: 260}",
    "problems.test={source: gsm8k-two-steps, split: test, limit: 40}",
    "problems.out_of_domain={}",
    "problems.dev=40",
    "problems.gate=40",
]
PARTS = [
    "target={use: scripted, skill: 0.35, gain: 0.004}",
    "warmup={examples: 0}",
    "embed=null",
    "group=phrases",
    "synthesize.total=60",
    "synthesize.wave=30",
    "select=all",
    "train={use: scripted}",
    "rounds=1",
]
PRICES = "usd_per_million_prompt_tokens: 1, usd_per_million_reply_tokens: 2"
SIZE = Size(cases=40, candidates=40)


@pytest.fixture
def instructor() -> Iterator[ScriptedInstructor]:
    server = ScriptedInstructor()
    yield server
    server.stop()


class Bench:
    """Pilots and runs of ``math/sei``, small, inside this process."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.catalogue = folder, Catalogue()
        shared = f"model: scripted, api_key_env: '', base_url: '{url}', max_reply_tokens: 8192"
        section = f"instructor={{use: openai, {shared}, {PRICES}}}"
        self.changes = [*PROBLEMS, *PARTS, section]
        self.recipe = recipe_files(self.catalogue.installed)["math/sei"]

    def pilot(self, *changes: str, size: Size = SIZE, name: str = "pilot") -> Pilot:
        recipe = load(self.recipe, [*self.changes, *changes])
        prepared = prepare(recipe, self.catalogue, "sei")
        return Pilot(prepared, Store(self.folder / name), self.folder / "cache", size)

    def run(self, *changes: str, name: str = "run", until: str = "synthesize") -> dict[str, Cost]:
        """What each stage of the run cost its instructor."""
        recipe = load(self.recipe, [*self.changes, *changes])
        prepared = prepare(recipe, self.catalogue, "sei")
        run = Run(prepared, Store(self.folder / name), self.folder / "cache", until)
        with pytest.raises(Paused):
            loop(run)
        return self.spent(name) if until != "problems" else {}

    def spent(self, name: str) -> dict[str, Cost]:
        ledger = Ledger(self.folder / name / "calls.sqlite", own=False)
        try:
            return ledger.spent()
        finally:
            ledger.close()


@pytest.fixture
def bench(tmp_path, instructor, monkeypatch) -> Bench:
    # No power fails here, and waiting for the disk would be most of the time.
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    return Bench(tmp_path, instructor.url)


def misses(found: Estimate, spent: dict[str, Cost]) -> list[str]:
    """What the run cost outside of the intervals."""
    wrong = []
    for stage in found.stages:
        if stage.stage not in spent:
            continue
        true = spent[stage.stage]
        assert stage.costs is not None
        assert stage.costs.usd is not None
        for name, amount in (
            ("requests", true.requests),
            ("tokens", true.tokens),
            ("usd", true.usd),
        ):
            said = getattr(stage.costs, name)
            if not said.low <= amount <= said.high:
                wrong.append(f"{stage.stage} {name}: {amount} not in {said}")
    return wrong


@pytest.mark.parametrize("seed", [1, 8])
def test_the_run_costs_what_was_said(bench, seed):
    """Over the seeds 0 to 19 the intervals held the tokens of 20 diagnoses and of 18 syntheses."""
    found = estimate(bench.pilot(f"seed={seed}"))
    spent = bench.run(f"seed={seed}")
    assert misses(found, spent) == []
    whole = sum(spent.values(), Cost())
    assert found.run is not None
    assert found.run.usd is not None
    assert found.run.usd.low <= whole.usd <= found.run.usd.high
    # the intervals say something: neither is the end of one a multiple of the other end
    assert found.run.usd.high < 3 * found.run.usd.low
    # and a run of twice the cost would be outside: this test can fail
    doubled = {name: Cost(2 * c.requests, 2 * c.tokens, 2 * c.usd) for name, c in spent.items()}
    assert len(misses(found, doubled)) >= 4


def test_a_pilot_of_everything_knows_the_diagnoses(bench):
    changes = ["problems.dev=0", "problems.train.limit=120", "problems.gate=20"]
    found = estimate(bench.pilot(*changes, size=Size(cases=1000, candidates=20)))
    spent = bench.run(*changes)
    stage = next(stage for stage in found.stages if stage.stage == "diagnose")
    assert stage.costs.requests.low == stage.costs.requests.high == spent["diagnose"].requests
    assert stage.costs.tokens.expected == spent["diagnose"].tokens
    assert found.tried == found.train == 100


def test_taken_up_again_it_pays_nothing_and_says_the_same(bench, instructor):
    first = estimate(bench.pilot())
    asked = instructor.requests.total()
    assert first.pilot.requests == asked > 20
    assert estimate(bench.pilot()) == first
    assert instructor.requests.total() == asked
    # told to consult its own ledger, as the run is told to, it still says the same
    ledger = bench.folder / "pilot" / "calls.sqlite"
    shared = estimate(bench.pilot(f"instructor.shared_ledger={ledger}"))
    assert shared.model_copy(update={"shared_ledger": None}) == first
    # a larger one tries the same problems and others
    larger = estimate(bench.pilot(size=Size(cases=60, candidates=40)))
    assert larger.tried == 60
    assert larger.bad >= first.bad
    diagnosed = sum(count for kind, count in instructor.requests.items() if "analysis" in kind)
    assert diagnosed == bench.spent("pilot")["diagnose"].requests == larger.reusable.requests


def test_the_run_is_served_by_the_pilots_replies(bench, instructor):
    found = estimate(bench.pilot())
    alone = bench.run(name="alone")
    before = instructor.requests["analysis"] + instructor.requests["analysis again"]
    ledger = bench.folder / "pilot" / "calls.sqlite"
    helped = bench.run(f"instructor.shared_ledger={ledger}", name="helped")
    asked = instructor.requests["analysis"] + instructor.requests["analysis again"] - before
    assert alone["diagnose"].requests - helped["diagnose"].requests == found.reusable.requests > 0
    assert asked == helped["diagnose"].requests
    diagnoses = [bench.folder / name / "round-1/diagnoses.jsonl" for name in ("alone", "helped")]
    assert diagnoses[0].read_bytes() == diagnoses[1].read_bytes()


def test_a_cap_stops_the_pilot_and_what_it_measured_counts(bench, instructor):
    found = estimate(bench.pilot(size=Size(40, 40, max_requests=12)))
    assert instructor.requests.total() == found.pilot.requests == 12
    assert "instructor.max_requests is 12: 12 have been sent" in found.stopped
    assert "--max-requests), then estimate again" in found.stopped
    by_name = {stage.stage: stage for stage in found.stages}
    assert by_name["diagnose"].costs is not None
    assert by_name["synthesize"].costs is None
    assert "budget" in by_name["synthesize"].why
    assert found.run is None
    # the recipe's own cap holds too, and the raised one goes on where it stopped
    lower = estimate(bench.pilot("instructor.max_requests=15", size=Size(40, 40, max_requests=500)))
    assert "instructor.max_requests is 15" in lower.stopped
    assert instructor.requests.total() == 15
    whole = estimate(bench.pilot())
    assert whole.stopped == ""
    assert whole.pilot.requests == instructor.requests.total()


def test_second_looks_and_attempts_of_other_models(bench, tmp_path):
    """Both are sampled, and both are in what the run will cost."""
    bench.run("rounds=0", name="plain", until="problems")
    problems = Store(bench.folder / "plain").read("problems.jsonl", Problem)
    rows = [
        {"problem_id": p.id, "response": f"So.\n#### {int(p.answer) + n}", "model": f"m{n}"}
        for p in problems
        for n in range(3)
    ]
    path = tmp_path / "others.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    changes = [
        f"error_sources=[{{source: '{path}'}}]",
        "triage={samples: 4, suspect_gold: {agree: 0.51}}",
    ]
    found = estimate(bench.pilot(*changes))
    assert (found.imported, found.attempts) == (40, 220 + 3 * 180)
    spent = bench.run(*changes)
    assert spent["triage"].requests > 0
    assert misses(found, spent) == []


def test_nothing_wrong_nothing_measured(bench):
    found = estimate(bench.pilot("target.skill=1"))
    assert found.bad == 0
    assert found.bad_cases.low == 0
    assert found.bad_cases.high > 3  # forty right answers do not show that all are right
    assert found.run is None
    assert "none of the 40 problems tried gave a bad case" in found.stages[0].why


def test_a_pilot_is_no_run(bench):
    estimate(bench.pilot())
    assert is_pilot(Store(bench.folder / "pilot").manifest())
    with pytest.raises(RunDirectoryError, match="holds a pilot of another recipe"):
        estimate(bench.pilot("seed=5"))
    bench.run()
    with pytest.raises(RunDirectoryError, match="holds a run of another recipe"):
        estimate(bench.pilot(name="run"))


# --- extrapolation ----------------------------------------------------------------------------------


def settings(bench: Bench, *changes: str):
    return load(bench.recipe, [*bench.changes, *changes]).synthesize


def measured(**changes: object) -> Measured:
    given = {
        "train": 900,
        "own": Stratum(1000, 50, 20),
        "imported": Stratum(0, 0, 0),
        "looks": (),
        "cases": tuple(Cost(1, 100 + n, 0.1) for n in range(20)),
        "grouping": Cost(4, 400, 0.4),
        "waves": tuple(WaveCost(20, 16, 16, Cost(2, 2000, 0.5)) for _ in range(5)),
        "crowd": 40.0,
        "types": (12, 8),
        "paid": Cost(),
        "target": Cost(),
        "priced": True,
        "stopped": "",
    }
    return Measured(**{**given, **changes})


def test_bad_cases_of_several_sources(bench):
    drawn = draw(measured(imported=Stratum(500, 40, 40)), settings(bench), stream(1, "x"))
    found = spread(drawn.bad_cases)
    assert found.expected == pytest.approx(1000 * 0.4 + 500 * 0.99, rel=0.05)
    assert 250 + 450 < found.low < found.expected < found.high < 560 + 500
    assert draw(measured(), settings(bench), stream(1, "x")) == draw(
        measured(), settings(bench), stream(1, "x")
    )


def test_synthesis_in_proportion_and_its_last_waves(bench):
    """A wave costs two requests whatever its size here, so small last waves count."""
    wanted = settings(bench, "synthesize.total=1000", "synthesize.wave=20")
    drawn = draw(measured(), wanted, stream(1, "x"))
    requests = spread([vector[0] for vector in drawn.synthesize])
    full = 1000 / 16 * 2
    assert requests.low < full * 1.05
    assert requests.high > full
    tokens = spread([vector[1] for vector in drawn.synthesize])
    assert tokens.expected == pytest.approx(full * 1000, rel=0.1)
    assert drawn.short < 0.02


def test_near_duplicates_make_it_dearer_and_may_end_it(bench):
    wanted = settings(bench, "synthesize.total=400", "synthesize.wave=20")
    fresh = draw(measured(), wanted, stream(1, "x"))
    waves = tuple(WaveCost(20, 20, 12, Cost(2, 2000, 0.5)) for _ in range(5))
    stale = draw(measured(waves=waves, crowd=30.0), wanted, stream(1, "x"))
    cost = [spread([v[0] for v in d.synthesize]).expected for d in (fresh, stale)]
    assert cost[1] > 1.5 * cost[0]
    assert stale.short > 0.02 > fresh.short


def test_nothing_accepted_is_given_up(bench):
    waves = tuple(WaveCost(20, 0, 0, Cost(2, 2000, 0.5)) for _ in range(6))
    drawn = draw(measured(waves=waves, crowd=0.0), settings(bench), stream(1, "x"))
    assert drawn.short > 0.9
    requests = spread([vector[0] for vector in drawn.synthesize])
    assert requests.low >= 2 * 2 * 3  # two types, three idle waves each
    assert requests.high < 200


def test_grouping_is_between_fixed_and_in_proportion(bench):
    drawn = draw(measured(), settings(bench), stream(1, "x"))
    requests = spread([vector[0] for vector in drawn.group])
    assert 4 <= requests.low < 10
    assert requests.high > 4 * 400 / 20 * 0.8


# --- command line -----------------------------------------------------------------------------------


def command(monkeypatch, capsys, arguments: Sequence[str]) -> tuple[int, str, str]:
    return commanded(monkeypatch, capsys, *arguments)


def test_on_the_command_line(bench, instructor, monkeypatch, capsys, tmp_path):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("ERRATA_CACHE", str(tmp_path / "cache"))
    changes = [part for change in bench.changes for part in ("--set", change)]
    told = [*changes, "--set", "instructor.max_usd=0.01", "--set", "rounds=3", "--cases", "40"]
    code, out, err = command(monkeypatch, capsys, ["estimate", "math/sei", *told, "--max-usd", "1"])
    # the recipe's own cap of a cent is lower than what was asked for here
    assert (code, err) == (0, "")
    assert "the pilot was stopped: instructor.max_usd is 0.01: " in out
    told[told.index("instructor.max_usd=0.01")] = "instructor.max_usd=0.06"
    code, out, err = command(monkeypatch, capsys, ["estimate", "math/sei", *told])
    assert (code, err) == (0, "")
    for text in (
        "40 of 180 train problems tried at random: ",
        "3 rounds, at most",
        "instructor.max_usd is $0.06: the run will stop there, before it is finished.",
        f"The pilot has cost {instructor.requests.total()} requests, ",
        "--set instructor.shared_ledger=runs/sei.pilot/calls.sqlite",
        "- learning: every round is taken to cost as much as the first",
    ):
        assert text in out, text
    assert "warm-up" not in out
    code, out, err = command(monkeypatch, capsys, ["estimate", "math/sei", *told, "--json"])
    assert code == 0
    assert Estimate.model_validate_json(out).pilot.requests == instructor.requests.total()
    for again in (
        ["resume", "runs/sei.pilot"],
        ["run", "math/sei", *told[:-2], "--into", "runs/sei.pilot"],
    ):
        code, out, err = command(monkeypatch, capsys, again)
        assert code == 2
        assert "runs/sei.pilot holds a pilot, which knows a few problems only" in err


def test_without_an_instructor_it_costs_nothing(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    code, out, err = command(monkeypatch, capsys, ["estimate", "math/quickstart"])
    assert (code, err) == (0, "")
    assert out == "math/quickstart has no instructor: nobody is asked, and it costs no money\n"
    code, out, _ = command(monkeypatch, capsys, ["estimate", "math/quickstart", "--json"])
    assert json.loads(out) == {"instructor": None}
    assert list(tmp_path.iterdir()) == []


def test_without_prices_there_are_no_dollars(bench, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    changes = [*bench.changes]
    changes[-1] = changes[-1].replace(f", {PRICES}", "")
    told = [part for change in changes for part in ("--set", change)]
    code, out, err = command(monkeypatch, capsys, ["estimate", "math/sei", *told])
    assert (code, err) == (0, "")
    assert "No dollars: the instructor's prices are not known." in out
    assert "$" not in out.partition("No dollars")[0]
    code, _, err = command(
        monkeypatch, capsys, ["estimate", "math/sei", *told, "--max-usd", "1", "--into", "other"]
    )
    assert code == 2
    assert "--max-usd: a cap in dollars needs prices" in err
    assert not (tmp_path / "other").exists()
    code, _, err = command(monkeypatch, capsys, ["estimate", "math/sei", *told, "--cases", "0"])
    assert code == 2
    assert "--cases 0: a pilot needs at least 1" in err
