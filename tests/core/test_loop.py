"""The whole loop, scripted, on the small third-party domain: its figures, and how a run ends."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from errata.errors import (
    ProblemsError,
)
from errata.hooks import hookimpl
from errata.measure import accuracy, compare
from errata.parts import Part, Services, Settings
from errata.plugins import Installed
from errata.records import (
    Candidate,
    Checkpoint,
    Objection,
    Selection,
    TrainingExample,
    Verdict,
)
from errata.stages.problems import Placed


def test_a_whole_run_and_its_figures(roman, tmp_path):
    store = roman.run(tmp_path / "run").store
    rounds = roman.rounds(store.path)
    assert list(rounds) == ["base", "round-1", "round-2"]
    assert roman.ended(store.path) == "all 2 rounds are done"
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
    rounds = roman.rounds(tmp_path / "run")
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
    assert list(roman.rounds(tmp_path / "run")) == ["base", "round-1", "round-2"]
    assert roman.ended(tmp_path / "run") == "round-2 did not raise the accuracy on gate"


def test_nothing_to_train_on_ends_a_run(roman, tmp_path):
    roman.run(tmp_path / "run", "target.skill=1")
    assert roman.ended(tmp_path / "run").startswith("round-1 has nothing to train on")
    assert list(roman.rounds(tmp_path / "run")) == ["base"]
    assert roman.stages(tmp_path / "run")[-1] == "round-1 select"


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
    assert roman.ended(tmp_path / "run").startswith("round-2 has nothing to train on")


def test_no_rounds_measure_the_base(roman, tmp_path):
    roman.run(tmp_path / "run", "rounds=0")
    assert roman.stages(tmp_path / "run") == ["setup problems", "base measure"]


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
    rounds = roman.rounds(tmp_path / "run")
    assert "dev" not in {a.set for a in rounds["base"].accuracies}
    assert rounds["round-0"].why == "the baseline of every claim"


def test_a_warm_up_without_dev(roman, tmp_path):
    roman.run(tmp_path / "run", "warmup.examples=5", "problems.dev=0", "rounds=1")
    assert list(roman.rounds(tmp_path / "run")) == ["base", "round-0", "round-1"]


def test_a_warm_up_without_solutions(roman, tmp_path):
    source = tmp_path / "bare.jsonl"
    rows = [{"question": f"Write {'I' * (n + 1)} as a number.", "answer": n + 1} for n in range(9)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))

    roman.read_files()
    changes = (
        f"problems.train.source={source}", "problems.test={}", "problems.dev=1", "problems.gate=1",
        "problems.train.limit=null", "warmup.examples=5",
    )  # fmt: skip
    with pytest.raises(ProblemsError, match="no train problem has a solution"):
        roman.run(tmp_path / "run", *changes)
    assert not (tmp_path / "run").exists()
    roman.run(tmp_path / "run", *changes[:-1], "rounds=0")
