"""A student with planted faults goes through the engine; the error types are exactly the planted ones.

The faults show only in what the student writes: the engine gets its texts and nothing else. The
domain, the symbolic diagnoser, the embeddings and the grouper are the real ones.
"""

from collections import Counter
from pathlib import Path

import pytest

from errata.check import prepare
from errata.hooks import hookimpl
from errata.loop import loop
from errata.parts import Part, Settings
from errata.plugins import Catalogue, Installed, discover
from errata.recipe import parse
from errata.records import Assignment
from errata.run import Paused, Run
from errata.store import Store
from errata.testing import PlantedStudent, ScriptedTarget
from errata_math.diagnosis.planted import FAULTS

RECIPE = {
    "name": "planted",
    "domain": "math",
    "problems": {
        "train": {
            "drills": {"source": "drills", "split": "train", "limit": 700},
            "gsm8k": {"source": "gsm8k-two-steps", "split": "train", "limit": 500},
        },
        "dev": 100,
    },
    "target": {"use": "planted"},
    "embed": "sentence-transformers",
    "diagnose": "symbolic",
    "group": "embedding",
    "synthesize": {"use": "redraw"},
    "select": "all",
    "train": "scripted",
}


@pytest.mark.slow
def test_planted_faults_come_back_as_exactly_their_types(tmp_path):
    student = PlantedStudent(FAULTS)

    class PlantedPlugin:
        @hookimpl
        def errata_parts(self):
            def make(settings, services):
                return ScriptedTarget(student, services, batch_size=64)

            return [Part(name="planted", kind="target", settings=Settings, make=make)]

    catalogue = Catalogue([*discover(), Installed("planted", "tests", "tests", PlantedPlugin)])
    recipe = parse(RECIPE, "planted")
    store = Store(tmp_path / "run")
    with pytest.raises(Paused):
        loop(Run(prepare(recipe, catalogue, "planted"), store, Path(tmp_path), until="group"))

    found = {a.problem_id: a.types for a in store.read("round-1/assignments.jsonl", Assignment)}
    planted = student.planted
    assert len(planted) > 600
    assert found.keys() == planted.keys(), "every planted case is diagnosed, and nothing else"
    pairs = Counter((planted[p], types) for p, types in found.items())
    assert all(len(types) == 1 for _, types in pairs), "no case is unassigned"
    faults, types = {fault for fault, _ in pairs}, {types for _, types in pairs}
    assert faults == set(FAULTS), "every kind of fault was planted"
    assert len(pairs) == len(faults) == len(types), f"not one to one: {sorted(pairs.items())}"
