"""The whole loop on the scripted target and the small third-party domain."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml

from errata.errors import (
    CorruptRecord,
    ExtensionError,
    ProblemsError,
    RunDirectoryError,
    StorageFull,
    UserError,
)
from errata.hooks import hookimpl
from errata.loop import loop
from errata.measure import accuracy, compare
from errata.parts import Part, Services, Settings
from errata.plugins import Installed
from errata.records import (
    Assignment,
    Candidate,
    Checkpoint,
    Objection,
    RoundRecord,
    Selection,
    TrainingExample,
    Verdict,
)
from errata.run import STAGES, Paused
from errata.stages.problems import Placed
from errata.store import Store


def _rounds(directory: Path) -> dict[str, RoundRecord]:
    return {
        path.parent.name: RoundRecord.model_validate_json(path.read_bytes())
        for path in sorted(directory.glob("*/round.json"))
    }


def _stages(directory: Path) -> list[str]:
    return [f"{done.round} {done.stage}" for done in Store(directory).manifest().stages]


def _ended(directory: Path) -> str:
    return Store(directory).manifest().ended


# --- an undisturbed run -----------------------------------------------------------------------------


def test_a_whole_run_and_its_figures(roman, tmp_path):
    store = roman.run(tmp_path / "run").store
    rounds = _rounds(store.path)
    assert list(rounds) == ["base", "round-1", "round-2"]
    assert _ended(store.path) == "all 2 rounds are done"
    sets: dict[str, set[str]] = {}
    for placed in store.read("splits.jsonl", Placed):
        sets.setdefault(placed.set, set()).add(placed.problem_id)
    assert {name: len(ids) for name, ids in sets.items()} == {
        "test": 40, "train": 80, "dev": 20, "gate": 20,
    }  # fmt: skip
    assert len(set().union(*sets.values())) == 160
    outcomes = {
        (name, path.stem): {
            v.problem_id: v.outcome for v in store.read(str(path.relative_to(store.path)), Verdict)
        }
        for name in rounds
        for path in (store.path / name / "verdicts").glob("*.jsonl")
    }
    for name, record in rounds.items():
        for found in record.accuracies:
            assert found == accuracy(found.set, outcomes[name, found.set].values())
            assert outcomes[name, found.set].keys() == sets[found.set]
        for paired in record.comparisons:
            before = outcomes[paired.against, paired.set]
            assert paired == compare(paired.set, paired.against, before, outcomes[name, paired.set])
    assert [len(r.comparisons) for r in rounds.values()] == [0, 3, 3]
    assert rounds["round-2"].accuracies[0].accuracy > rounds["base"].accuracies[0].accuracy


def test_records_of_a_round_go_together(roman, tmp_path):
    store = roman.run(tmp_path / "run").store
    dev_gate_test = {p.problem_id for p in store.read("splits.jsonl", Placed) if p.set != "train"}
    for name in ("round-1", "round-2"):
        candidates = list(store.read(f"{name}/candidates.jsonl", Candidate))
        objected = {o.candidate_id for o in store.read(f"{name}/objections.jsonl", Objection)}
        kept = {s.candidate_id for s in store.read(f"{name}/selection.jsonl", Selection) if s.kept}
        examples = list(store.read(f"{name}/train.jsonl", TrainingExample))
        assert len({c.id for c in candidates}) == len(candidates)
        assert {e.id for e in examples} == kept == {c.id for c in candidates} - objected
        assert len(kept) == 40
        for candidate in candidates:
            assert not dev_gate_test.intersection(candidate.lineage.parents), "a seed from outside"
        checkpoint = next(store.read(f"{name}/checkpoint.jsonl", Checkpoint))
        assert checkpoint.examples == len(examples)
        assert checkpoint.parent == ("base" if name == "round-1" else "round-1")


def test_one_seed_gives_the_same_bytes(roman, tmp_path, run_files):
    roman.run(tmp_path / "a")
    roman.run(tmp_path / "b")
    assert run_files(tmp_path / "a") == run_files(tmp_path / "b")


def test_another_seed_gives_other_records(roman, tmp_path, run_files):
    roman.run(tmp_path / "a")
    roman.run(tmp_path / "b", "seed=1")
    first, second = run_files(tmp_path / "a"), run_files(tmp_path / "b")
    for name in ("problems.jsonl", "splits.jsonl", "round-1/candidates.jsonl"):
        assert first[name] != second[name]


def test_nothing_depends_on_the_directory(roman, tmp_path, run_files):
    roman.run(tmp_path / "a", until="group")
    shutil.move(tmp_path / "a", tmp_path / "elsewhere")
    roman.run(tmp_path / "elsewhere")
    roman.run(tmp_path / "b")
    assert run_files(tmp_path / "elsewhere") == run_files(tmp_path / "b")


# --- stop, edit, delete, resume ---------------------------------------------------------------------


WARM = (
    "warmup.examples=5", "problems.train.limit=60", "problems.test.limit=10", "problems.dev=10",
    "problems.gate=10", "synthesize.total=12",
)  # fmt: skip


@pytest.fixture(scope="module")
def warm_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("warmed-up")


@pytest.fixture
def warmed_up(roman, warm_folder):
    """A finished run with a warm-up and two rounds, made once."""
    if not (warm_folder / "run").exists():
        roman.run(warm_folder / "run", *WARM)
    return warm_folder / "run"


@pytest.mark.parametrize("stage", STAGES)
def test_stopped_after_a_stage_and_resumed(roman, tmp_path, warmed_up, run_files, stage):
    roman.run(tmp_path / "run", *WARM, until=stage)
    assert _stages(tmp_path / "run")[-1].split()[1] == stage
    assert sum(name.endswith(stage) for name in _stages(tmp_path / "run")) == 1
    assert _ended(tmp_path / "run") == ""
    roman.run(tmp_path / "run", *WARM)
    assert run_files(tmp_path / "run") == run_files(warmed_up)


def test_a_finished_run_resumed_stays_as_it_is(roman, tmp_path, run_files):
    roman.run(tmp_path / "run")
    times = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.jsonl")}
    before = run_files(tmp_path / "run")
    roman.run(tmp_path / "run")
    assert run_files(tmp_path / "run") == before
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.jsonl")} == times


def _edit_types(directory: Path, name: str, change) -> None:
    path = directory / name / "error_types.yaml"
    rows = yaml.safe_load(path.read_text())
    change(rows)
    path.write_text(yaml.safe_dump(rows))


def test_an_edit_after_group_is_what_goes_on(roman, tmp_path, run_files):
    run = tmp_path / "run"
    roman.run(run, until="group")
    _edit_types(run, "round-1", lambda rows: rows[1].update(merge=rows[0]["id"]))
    roman.run(run)
    (changed, *_) = _rounds(run)["round-1"].types
    assert len(_rounds(run)["round-1"].types) == 1
    assigned = Store(run).read("round-1/assignments.jsonl", Assignment)
    assert changed.cases == sum(1 for _ in assigned)
    made = {c.lineage.error_type for c in Store(run).read("round-1/candidates.jsonl", Candidate)}
    assert made == {changed.error_type}


def test_an_edit_of_a_finished_run_redoes_what_lies_downstream(roman, tmp_path, run_files):
    run = tmp_path / "run"
    roman.run(run)
    before = run_files(run)
    shutil.copytree(run, tmp_path / "early")
    _edit_types(run, "round-1", lambda rows: rows.pop())
    roman.run(run, until="synthesize")
    assert _stages(run)[-2:] == ["round-1 group", "round-1 synthesize"]
    assert not (run / "round-2").exists() or not any((run / "round-2").rglob("*.jsonl"))
    roman.run(run)
    after = run_files(run)
    changed = {name for name in before if before[name] != after.get(name)}
    assert "round-1/candidates.jsonl" in changed
    assert "round-1/train.jsonl" in changed
    assert not {n for n in changed if n.startswith("base/") or n == "round-1/diagnoses.jsonl"}
    # the same edit made in time comes to the same records
    roman.run(tmp_path / "again", until="group")
    _edit_types(tmp_path / "again", "round-1", lambda rows: rows.pop())
    roman.run(tmp_path / "again")
    assert run_files(tmp_path / "again") == after


def test_a_slip_in_the_edit_undoes_nothing(roman, tmp_path, run_files):
    run = tmp_path / "run"
    roman.run(run)
    path = run / "round-1" / "error_types.yaml"
    whole, before = path.read_text(), run_files(run)
    for slip in (b"- {id: a, name: A, merge: nobody}", b"\xff"):
        path.write_bytes(slip)
        with pytest.raises(UserError, match=r"round-1/error_types\.yaml: .*nothing was undone"):
            roman.run(run)
    path.write_text(whole)
    roman.run(run)
    assert run_files(run) == before


def _outputs() -> list[str]:
    return [
        "problems.jsonl", "splits.jsonl", "dropped.jsonl", "base/attempts/test.jsonl",
        "base/verdicts/gate.jsonl", "base/round.json", "round-0/checkpoint.jsonl",
        "round-0/train.jsonl", "round-0/checkpoint", "round-0/verdicts/train.jsonl",
        "round-0/attempts/gate.jsonl", "round-0/verdicts/dev.jsonl", "round-1/triage.jsonl",
        "round-1/diagnoses.jsonl", "round-1/error_types.yaml", "round-1/assignments.jsonl",
        "round-1/candidates.jsonl", "round-1/objections.jsonl", "round-1/shortfalls.jsonl",
        "round-1/selection.jsonl", "round-1/train.jsonl", "round-1/round.json",
        "round-2/verdicts/test.jsonl", "round-2",
    ]  # fmt: skip


@pytest.mark.parametrize("name", _outputs())
def test_what_is_deleted_is_redone(roman, tmp_path, warmed_up, run_files, name):
    run = tmp_path / "run"
    shutil.copytree(warmed_up, run)
    gone = run / name
    if gone.is_dir():
        shutil.rmtree(gone)
    else:
        gone.unlink()
    roman.run(run, *WARM)
    assert run_files(run) == run_files(warmed_up)


def test_a_corrupt_line_stops_with_its_place_and_deleting_the_file_mends_it(
    roman, tmp_path, run_files
):
    roman.run(tmp_path / "whole")
    run = tmp_path / "run"
    roman.run(run, until="diagnose")
    path = run / "round-1" / "diagnoses.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b'{"problem_id": 5}\n', *lines[2:]]))
    with pytest.raises(CorruptRecord, match=r"round-1/diagnoses\.jsonl, line 2: not a Diagnosis"):
        roman.run(run)
    path.unlink()
    roman.run(run)
    assert run_files(run) == run_files(tmp_path / "whole")


@pytest.mark.parametrize("kind", ["attempts", "verdicts"])
def test_a_line_that_was_taken_out_is_noticed(roman, tmp_path, run_files, kind):
    roman.run(tmp_path / "whole")
    run = tmp_path / "run"
    roman.run(run, until="evaluate")
    path = run / "base" / kind / "train.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(CorruptRecord, match=r"verdicts/train\.jsonl, line 80: .*delete both"):
        roman.run(run)
    for file in ("attempts", "verdicts"):
        (run / "base" / file / "train.jsonl").unlink()
    roman.run(run)
    assert run_files(run) == run_files(tmp_path / "whole")


# --- directories ------------------------------------------------------------------------------------


def test_another_recipe_in_the_directory(roman, tmp_path, run_files):
    roman.run(tmp_path / "run", until="group")
    before = run_files(tmp_path / "run")
    with pytest.raises(RunDirectoryError, match=r"'roman-small' of another recipe.*errata resume"):
        roman.run(tmp_path / "run", "seed=1")
    assert run_files(tmp_path / "run") == before


def test_problems_that_run_short_leave_no_directory(roman, tmp_path):
    with pytest.raises(
        ProblemsError, match="train has 120 problems, and 110 for dev and 20 for gate"
    ):
        roman.run(tmp_path / "run", "problems.dev=110")
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_is_gone_costs_a_run_no_more_than_its_problems(roman, tmp_path):
    run = tmp_path / "run"
    roman.run(run, until="triage")
    (run / "problems.jsonl").unlink()
    recipe = (run / "recipe.yaml").read_text()
    catalogue = roman.plugins[0]
    roman.plugins[0] = Installed("roman", "x", "x", _from_files(catalogue.factory))
    with pytest.raises(ProblemsError, match="source 'numerals'"):
        loop(roman.prepared(run, sources=False))
    assert (run / "recipe.yaml").read_text() == recipe
    roman.plugins[0] = catalogue
    roman.run(run)
    assert _ended(run) == "all 2 rounds are done"


def test_a_disk_that_is_full_once(roman, tmp_path, run_files):
    roman.run(tmp_path / "whole", *WARM)
    for stage, name in [
        ("problems", "base/attempts/gate.jsonl"),
        ("train", "round-0/verdicts/dev.jsonl"),
        ("evaluate", "round-1/triage.jsonl"),
        ("triage", "round-1/diagnoses.jsonl"),
        ("group", "round-1/candidates.jsonl"),
        ("select", "round-1/train.jsonl"),
    ]:
        run = tmp_path / stage
        roman.run(run, *WARM, until=stage)
        full = run / name
        full.parent.mkdir(parents=True, exist_ok=True)
        full.symlink_to("/dev/full")
        with pytest.raises(StorageFull, match="everything finished so far is kept") as caught:
            roman.run(run, *WARM)
        assert name in str(caught.value)
        full.unlink()
        roman.run(run, *WARM)
        assert run_files(run) == run_files(tmp_path / "whole"), stage


# --- how a run ends ---------------------------------------------------------------------------------


class Forgetful:
    """A trainer after which the student knows less; ``good`` rounds are like the scripted one."""

    def __init__(self, services: Services, good: Sequence[str]) -> None:
        self.good = good

    def train(
        self, examples: Sequence[TrainingExample], start: Path | None, into: Path
    ) -> Mapping[str, float]:
        before = 0 if start is None else json.loads((start / "scripted.json").read_text())["seen"]
        better = into.parent.name in self.good
        seen = before + len(examples) if better else -1000
        (into / "scripted.json").write_text(json.dumps({"seen": seen}))
        return {"loss": float("nan")}


def _forgetful(*good: str) -> Installed:
    class Plugin:
        @hookimpl
        def errata_parts(self):
            return [
                Part(
                    name="forgetful", kind="trainer", settings=Settings,
                    make=lambda settings, services: Forgetful(services, good),
                )
            ]  # fmt: skip

    return Installed("forgetful", "x:Plugin", "x", Plugin)


def test_a_worse_checkpoint_is_rejected_and_the_last_kept_one_goes_on(roman, tmp_path, run_files):
    roman.plugins.append(_forgetful("round-1", "round-3"))
    changes = ("train=forgetful", "rounds=3", "problems.gate=30")
    roman.run(tmp_path / "run", *changes)
    rounds = _rounds(tmp_path / "run")
    assert [rounds[name].kept for name in rounds] == [True, True, False, True]
    assert rounds["round-2"].why.startswith("rejected: worse on gate than round-1 (0 fixed, ")
    assert [rounds[f"round-{n}"].checkpoint.parent for n in (1, 2, 3)] == [
        "base",
        "round-1",
        "round-1",
    ]
    assert {c.against for c in rounds["round-3"].comparisons} == {"round-1"}
    # round 3 has the same bad cases as round 2, and new candidates
    files = run_files(tmp_path / "run")
    assert files["round-2/triage.jsonl"] == files["round-3/triage.jsonl"]
    assert files["round-2/candidates.jsonl"] != files["round-3/candidates.jsonl"]
    # a loss that is no number does not spoil the record
    assert rounds["round-1"].checkpoint.metrics.keys() == {"loss"}
    # resuming anywhere comes to the same
    roman.run(tmp_path / "again", *changes, until="measure")
    for _ in range(3):
        roman.run(tmp_path / "again", *changes, until="measure")
    roman.run(tmp_path / "again", *changes)
    assert run_files(tmp_path / "again") == files


def test_no_gain_ends_a_run(roman, tmp_path):
    roman.plugins.append(_forgetful("round-1"))
    roman.run(tmp_path / "run", "train=forgetful", "rounds=4", "stop.no_gain=true")
    assert list(_rounds(tmp_path / "run")) == ["base", "round-1", "round-2"]
    assert _ended(tmp_path / "run") == "round-2 did not raise the accuracy on gate"


def test_nothing_to_train_on_ends_a_run(roman, tmp_path):
    roman.run(tmp_path / "run", "target.skill=1")
    assert _ended(tmp_path / "run").startswith("round-1 has nothing to train on")
    assert list(_rounds(tmp_path / "run")) == ["base"]
    assert _stages(tmp_path / "run")[-1] == "round-1 select"


def test_nothing_accepted_ends_a_run_although_earlier_rounds_had_data(roman, tmp_path):
    class Once:
        """A verifier that objects to everything from the second round on."""

        async def verify(self, candidate: Candidate) -> Objection | None:
            late = candidate.id.startswith("round-2")
            return Objection(reason="too-easy") if late else None

        def admit(self, candidate: Candidate) -> None:
            return None

        def accepted(self, candidate: Candidate) -> None:
            return None

    class Plugin:
        @hookimpl
        def errata_parts(self):
            return [Part(name="once", kind="verifier", settings=Settings, make=lambda s, v: Once())]

    roman.plugins.append(Installed("once", "x:Plugin", "x", Plugin))
    roman.run(tmp_path / "run", "synthesize.verify=[once]", "train.start=base", "warmup.examples=5")
    assert _ended(tmp_path / "run").startswith("round-2 has nothing to train on")


def test_no_rounds_measure_the_base(roman, tmp_path):
    roman.run(tmp_path / "run", "rounds=0")
    assert _stages(tmp_path / "run") == ["setup problems", "base measure"]


def test_start_base_trains_anew_on_all_rounds_data_once(roman, tmp_path):
    changes = ("train.start=base", "warmup.examples=5", "rounds=3", "target.gain=0.002")
    store = roman.run(tmp_path / "run", *changes).store
    ids = [[e.id for e in store.read(f"round-{n}/train.jsonl", TrainingExample)] for n in range(4)]
    assert [len(found) for found in ids] == [5, 45, 85, 125]
    for earlier, later in itertools.pairwise(ids):
        assert later[: len(earlier)] == earlier
        assert len(set(later)) == len(later)
    made = [next(store.read(f"round-{n}/checkpoint.jsonl", Checkpoint)) for n in (1, 2, 3)]
    assert [c.parent for c in made] == ["base"] * 3
    assert [c.metrics["seen"] for c in made] == [45, 85, 125]


def test_start_last_trains_on_each_rounds_data(roman, tmp_path):
    store = roman.run(tmp_path / "run", "warmup.examples=5").store
    made = [next(store.read(f"round-{n}/checkpoint.jsonl", Checkpoint)) for n in (0, 1, 2)]
    assert [(c.parent, c.examples, c.metrics["seen"]) for c in made] == [
        ("base", 5, 5), ("round-0", 40, 45), ("round-1", 40, 85),
    ]  # fmt: skip
    rounds = _rounds(tmp_path / "run")
    assert "dev" not in {a.set for a in rounds["base"].accuracies}
    assert rounds["round-0"].why == "warm-up: the baseline of every claim"


def test_a_warm_up_without_dev(roman, tmp_path):
    roman.run(tmp_path / "run", "warmup.examples=5", "problems.dev=0", "rounds=1")
    assert list(_rounds(tmp_path / "run")) == ["base", "round-0", "round-1"]


def test_a_warm_up_without_solutions(roman, tmp_path):
    source = tmp_path / "bare.jsonl"
    rows = [{"question": f"Write {'I' * (n + 1)} as a number.", "answer": n + 1} for n in range(9)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))

    roman.plugins[0] = Installed("roman", "x", "x", _from_files(roman.plugins[0].factory))
    changes = (
        f"problems.train.source={source}", "problems.test={}", "problems.dev=1", "problems.gate=1",
        "problems.train.limit=null", "warmup.examples=5",
    )  # fmt: skip
    with pytest.raises(ProblemsError, match="no train problem has a solution"):
        roman.run(tmp_path / "run", *changes)
    assert not (tmp_path / "run").exists()
    roman.run(tmp_path / "run", *changes[:-1], "rounds=0")


def _from_files(domain: type) -> type:
    """The domain with its problems from files."""
    kept = {
        name: method
        for name, method in vars(domain).items()
        if name != "errata_problems" and not name.startswith("__")
    }
    return type("FromFiles", (), kept)


# --- parts that misbehave ---------------------------------------------------------------------------


def _offering(**offer) -> Installed:
    class Plugin:
        @hookimpl
        def errata_parts(self):
            return [Part(name="odd", settings=Settings, **offer)]

    return Installed("odd", "x:Plugin", "x", Plugin)


def test_a_raising_part_is_named_with_its_stage_and_round(roman, tmp_path, run_files):
    class Fails:
        def train(self, examples, start, into):
            raise RuntimeError("out of memory")

    roman.plugins.append(_offering(kind="trainer", make=lambda s, v: Fails()))
    with pytest.raises(ExtensionError) as caught:
        roman.run(tmp_path / "run", "train=odd")
    said = str(caught.value)
    assert "trainer odd failed while training: RuntimeError: out of memory" in said
    assert "stage train of round-1" in said
    assert f"errata resume {tmp_path / 'run'}" in said
    assert not (tmp_path / "run" / "round-1" / "checkpoint").exists()


def test_a_selector_that_loses_candidates_is_named(roman, tmp_path):
    class Loses:
        def select(self, candidates, cases, memo):
            return [Selection(candidate_id=c.id, rank=1, kept=True) for c in candidates[1:]]

    roman.plugins.append(_offering(kind="selector", make=lambda s, v: Loses()))
    with pytest.raises(
        ExtensionError, match="selector odd was given 40 candidates and returned 39"
    ):
        roman.run(tmp_path / "run", "select=odd")


def test_a_selector_is_not_asked_about_nothing(roman, tmp_path):
    class Refuses:
        def select(self, candidates, cases, memo):
            raise ValueError("nothing to measure on")

    roman.plugins.append(_offering(kind="selector", make=lambda s, v: Refuses()))
    roman.run(tmp_path / "run", "select=odd", "target.skill=1")
    assert "nothing to train on" in _ended(tmp_path / "run")


class Watching:
    """Hears everything; raises at everything when told to."""

    def __init__(self, raises: bool = False) -> None:
        self.raises, self.heard = raises, list[str]()

    def _hear(self, what: str) -> None:
        self.heard.append(what)
        if self.raises:
            raise RuntimeError(what)

    @hookimpl
    def errata_run_started(self, rounds):
        self._hear(f"started {rounds}")

    @hookimpl
    def errata_stage_started(self, round_name, stage):
        self._hear(f"{round_name} {stage}")

    @hookimpl
    def errata_stage_progress(self, done, total):
        self._hear("progress")

    @hookimpl
    def errata_stage_finished(self, round_name, stage):
        self._hear(f"{round_name} {stage} finished")

    @hookimpl
    def errata_round_finished(self, record):
        self._hear(f"{record.checkpoint.id} measured")

    @hookimpl
    def errata_run_finished(self):
        self._hear("finished")


@pytest.mark.parametrize("raises", [False, True])
def test_observers_hear_of_a_run_and_never_alter_it(roman, tmp_path, run_files, raises):
    roman.run(tmp_path / "quiet")
    # An observer that the recipe names is part of it; this one is registered as the terminal is.
    run, watching = roman.prepared(tmp_path / "run"), Watching(raises)
    run.active.register("watching", watching)
    loop(run)
    assert run_files(tmp_path / "run") == run_files(tmp_path / "quiet")
    heard = [what for what in watching.heard if what != "progress"]
    assert heard[:4] == ["started 2", "setup problems", "setup problems finished", "base measure"]
    assert heard[-1] == "finished"
    assert [h for h in heard if h.endswith("measured")] == [
        "base measured", "round-1 measured", "round-2 measured",
    ]  # fmt: skip
    assert len(run.active.complaints) == (6 if raises else 0)


def test_progress_of_a_resumed_stage_never_passes_its_total(roman, tmp_path):
    run = tmp_path / "run"
    roman.run(run, until="triage")
    store = Store(run)
    roman.run(run, until="diagnose")
    manifest = store.manifest()
    store.save(manifest.model_copy(update={"stages": manifest.stages[:-1]}))
    path = run / "round-1" / "diagnoses.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:30]))
    told: list[tuple[int, int]] = []

    class Tells:
        @hookimpl
        def errata_stage_progress(self, done, total):
            told.append((done, total))

    resumed = roman.prepared(run, until="diagnose")
    resumed.active.register("tells", Tells())
    with pytest.raises(Paused):
        loop(resumed)
    assert path.read_bytes().splitlines(keepends=True) == lines
    assert told == [(done, len(lines)) for done in range(30, len(lines) + 1)]
