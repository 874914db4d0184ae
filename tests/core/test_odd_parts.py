"""Parts that misbehave are named; observers hear of a run and never alter it."""

from __future__ import annotations

import pytest

from errata.errors import (
    ExtensionError,
)
from errata.hooks import hookimpl
from errata.loop import loop
from errata.parts import Part, Settings
from errata.plugins import Installed
from errata.records import (
    Selection,
)
from errata.run import Paused
from errata.store import Store


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
    assert "nothing to train on" in roman.ended(tmp_path / "run")


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


def test_what_a_selector_remembered_outlives_an_interruption(roman, tmp_path, run_files):
    asked: list[str] = []

    class Scores:
        def select(self, candidates, cases, memo):
            found = []
            for place, candidate in enumerate(candidates, start=1):
                score = memo.get(candidate.id)
                if score is None:
                    asked.append(candidate.id)
                    if len(asked) == 11:
                        raise KeyboardInterrupt
                    memo.put(candidate.id, score := place / 7)
                found.append(
                    Selection(candidate_id=candidate.id, rank=place, kept=True, score=score)
                )
            return found

    roman.plugins.append(_offering(kind="selector", make=lambda s, v: Scores()))
    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        roman.run(run, "select=odd", "rounds=1")
    roman.run(run, "select=odd", "rounds=1")
    assert len(asked) == 41, "ten scores were there already, and the eleventh was asked for twice"
    roman.run(tmp_path / "whole", "select=odd", "rounds=1")
    assert run_files(run) == run_files(tmp_path / "whole")
