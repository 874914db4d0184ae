"""A run directory with candidates of every kind of body in two rounds, the second rejected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from errata.check import domain_of
from errata.domain import Domain
from errata.plugins import Catalogue
from errata.recipe import load
from errata.records import (
    QA,
    Body,
    Candidate,
    Checkpoint,
    Correction,
    Critique,
    ErrorType,
    Lineage,
    Objection,
    Pair,
    Problem,
    Record,
    RoundRecord,
    Selection,
    Span,
    Trajectory,
)
from errata.stages.group import to_yaml
from errata.store import Manifest, StageDone, Store

ASKED = Problem(
    id="p", question="Write IV as a number. Ünïcödé | <b>", answer="4", solution="5 - 1\n#### 4"
)
BODIES: dict[str, Body] = {
    "qa": QA(problem=ASKED),
    "correction": Correction(
        problem=ASKED,
        wrong_steps=("I is 1", "1 + 5 = 6"),
        wrong_step=2,
        explanation="I stands before V.",
        corrected="5 - 1 = 4\n#### 4",
    ),
    "trajectory": Trajectory(
        problem=ASKED, text="6. No: 4\n#### 4", spans=(Span(start=3, end=15),)
    ),
    "pair": Pair(problem=ASKED, prefix="V is 5. ", chosen="4\n#### 4", rejected="6\n#### 6"),
    "critique": Critique(
        problem=ASKED, response="#### 6", critique="Wrong: I before V is taken off."
    ),
}


def candidate(id_: str, body: Body) -> Candidate:
    lineage = Lineage(
        strategy="made",
        error_type="t1",
        parents=("train-1",),
        model="m",
        prompt_hash="ab",
        cost=0.5,
    )
    return Candidate(id=id_, wave=0, body=body, lineage=lineage)


def _write(store: Store, name: str, records: Sequence[Record]) -> None:
    with store.append(name, fresh=True) as out:
        for record in records:
            out.write(record)


@pytest.fixture
def made_run(tmp_path: Path) -> Store:
    """Round 1 keeps one candidate of each kind, accepts one more, refuses one; round 2 is rejected."""
    store = Store(tmp_path / "run")
    store.path.mkdir()
    recipe = Path(__file__).parents[2] / "example_plugin/errata_roman/recipes/small.yaml"
    store.write("recipe.yaml", recipe.read_text(encoding="utf-8"))
    stages = []
    for number, kept in ((1, True), (2, False)):
        name = f"round-{number}"
        kinds = BODIES if number == 1 else {"qa": BODIES["qa"]}
        chosen = [candidate(f"{name}/t1/0/{kind}", body) for kind, body in kinds.items()]
        spare, refused = (candidate(f"{name}/t1/1/{n}", BODIES["qa"]) for n in (0, 1))
        _write(store, f"{name}/candidates.jsonl", [*chosen, spare, refused])
        _write(
            store,
            f"{name}/objections.jsonl",
            [Objection(reason="leak", candidate_id=refused.id, by="leak")],
        )
        selections = [
            Selection(candidate_id=c.id, rank=rank, kept=c is not spare)
            for rank, c in enumerate([*chosen, spare], 1)
        ]
        _write(store, f"{name}/selection.jsonl", selections)
        error_type = ErrorType(id="t1", name="sign order | <b>ignored</b>", count=3)
        store.write(f"{name}/error_types.yaml", to_yaml([error_type]))
        record = RoundRecord(checkpoint=Checkpoint(id=name), accuracies=(), kept=kept)
        store.write(f"{name}/round.json", record.model_dump_json())
        stages += [StageDone(round=name, stage=s, seconds=1) for s in ("synthesize", "select")]
    manifest = Manifest(
        name="made-run", recipe="ab", seed=3, versions={"errata": "0.1.0"}, stages=tuple(stages)
    )
    store.save(manifest)
    return store


@pytest.fixture
def roman_domain(made_run: Store, roman_site: Path, monkeypatch: pytest.MonkeyPatch) -> Domain:
    """The domain of the run, from a package as pip would have installed it."""
    monkeypatch.syspath_prepend(str(roman_site))
    return domain_of(load(made_run.file("recipe.yaml")), Catalogue(), "small")
