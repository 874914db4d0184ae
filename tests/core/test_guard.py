"""Guard sets given apart from train: measured every round, and able to reject a checkpoint."""

from __future__ import annotations

from errata.hooks import hookimpl
from errata.parts import Part, Settings
from errata.plugins import Installed
from errata.recipe import load
from errata.testing.scripted import Answer, ScriptedTarget, unit

GUARD = "problems.guard={kept: {source: numerals, split: guard, limit: 30}}"


class Unlearning:
    """Training makes it forget the guard set, and changes nothing else."""

    def answer(self, problem, practice):
        guarded = problem.id.startswith("guard")
        known = practice == 0 if guarded else unit(problem.id) < 0.5
        return Answer(problem.solution if known else f"#### {int(problem.answer) + 1}")


class UnlearningPlugin:
    @hookimpl
    def errata_parts(self):
        def make(_settings, services):
            return ScriptedTarget(Unlearning(), services)

        return [Part(name="unlearning", kind="target", settings=Settings, make=make)]


def test_a_worse_checkpoint_on_a_guard_set_is_rejected(roman, tmp_path):
    roman.plugins.append(Installed("unlearning", "tests", "tests", UnlearningPlugin))
    worse = ("target={use: unlearning}", "rounds=1", "stop={guard: []}")
    rounds = roman.rounds(roman.run(tmp_path / "run", GUARD, *worse).store.path)
    assert {a.set for a in rounds["round-1"].accuracies} >= {"guard/kept", "test", "dev"}
    assert not rounds["round-1"].kept
    assert rounds["round-1"].why.startswith("rejected: worse on guard/kept than base (0 fixed, 30")
    free = roman.rounds(roman.run(tmp_path / "free", *worse).store.path)
    assert free["round-1"].kept


def test_recipes_without_guard_sets_keep_their_digest(roman):
    plain = load(roman.recipe, ())
    assert plain.digest() == load(roman.recipe, ("problems.guard={}",)).digest()
    assert plain.digest() != load(roman.recipe, (GUARD,)).digest()
    assert load(roman.recipe, (GUARD,)).guards() == ("gate", "guard/kept")
