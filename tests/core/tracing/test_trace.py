"""Traces of a real run of the example plugin, backward and forward."""

from __future__ import annotations

import json
import shutil

import pytest

from errata.errors import UserError
from errata.records import Assignment, Candidate, Diagnosis, TrainingExample
from errata.store import Store
from errata.tracing.telling import told
from errata.tracing.trace import trace
from errata.tracing.traced import TracedExample, TracedProblem, TracedSolution, TracedType
from scripted.commanding import commanded


@pytest.fixture
def finished(roman_finished, tmp_path) -> Store:
    shutil.copytree(roman_finished, tmp_path / "run")
    return Store(tmp_path / "run")


def _candidates(store: Store) -> list[Candidate]:
    return list(store.read("round-1/candidates.jsonl", Candidate))


def test_every_example_goes_back_to_its_bad_case_and_type(finished):
    trained = list(finished.read("round-1/train.jsonl", TrainingExample))
    by_id = {candidate.id: candidate for candidate in _candidates(finished)}
    diagnoses = {d.attempt_id: d for d in finished.read("round-1/diagnoses.jsonl", Diagnosis)}
    assert trained
    for example in trained:
        [found] = trace(finished, example.id)
        assert isinstance(found, TracedExample)
        assert found.fate == "trained on"
        assert found.example == example
        assert found.candidate == by_id[example.id]
        assert found.error_type is not None
        assert found.error_type.id == found.candidate.lineage.error_type
        assert [case.problem.id for case in found.cases] == list(found.candidate.lineage.parents)
        for case in found.cases:
            assert case.attempt is not None
            assert case.diagnosis == diagnoses[case.attempt.id]
            assert found.error_type.id in case.types
            assert case.set == "train"


def test_a_type_goes_forward_to_its_cases_and_examples(finished):
    assigned = list(finished.read("round-1/assignments.jsonl", Assignment))
    name = next(a.types[0] for a in assigned if a.types)
    [found] = trace(finished, name)
    assert isinstance(found, TracedType)
    ours = {a.attempt_id for a in assigned if name in a.types}
    assert {case.attempt.id for case in found.cases if case.attempt} == ours
    expected = [c.id for c in _candidates(finished) if c.lineage.error_type == name]
    assert [made.id for made in found.made] == expected
    trained = {e.id for e in finished.read("round-1/train.jsonl", TrainingExample)}
    assert {m.id for m in found.made if m.fate == "trained on"} == trained & set(expected)
    assert found.change is not None


def test_problems_attempts_and_reference_solutions(finished):
    candidate = _candidates(finished)[0]
    parent = candidate.lineage.parents[0]
    problem = next(f for f in trace(finished, parent) if isinstance(f, TracedProblem))
    assert candidate.id in [made.id for made in problem.made]
    assert problem.case.attempt is not None
    [attempt] = trace(finished, problem.case.attempt.id)
    assert attempt == problem
    warmed = next(iter(finished.read("round-0/train.jsonl", TrainingExample)))
    [solution] = [f for f in trace(finished, warmed.id) if isinstance(f, TracedSolution)]
    assert solution.example == warmed
    assert solution.round == "round-0"


def test_refused_candidates_say_why(finished):
    refused = [
        json.loads(line)
        for line in (finished.path / "round-1/objections.jsonl").read_text().splitlines()
    ]
    named = next(o for o in refused if o["candidate_id"])
    [found] = trace(finished, named["candidate_id"])
    assert isinstance(found, TracedExample)
    assert found.fate == "refused"
    assert found.example is None
    lines = "\n".join(told([found], everything=False))
    assert f"refused by {named['by']}: {named['reason']}" in lines


def test_a_misspelt_id_gets_the_nearest(finished):
    candidate = _candidates(finished)[0].id
    with pytest.raises(UserError, match="nothing has the id") as refused:
        trace(finished, candidate.replace("round", "rund"))
    assert candidate in str(refused.value)


def test_on_a_terminal(finished, monkeypatch, capsys):
    example = next(iter(finished.read("round-1/train.jsonl", TrainingExample)))
    said = _said(monkeypatch, capsys, "trace", str(finished.path), example.id)
    candidate = next(c for c in _candidates(finished) if c.id == example.id)
    for text in (
        f"{example.id}: qa of round 1, trained on",
        f"made by {candidate.lineage.strategy}",
        "price $0.00",
        f"from bad case {candidate.lineage.parents[0]} (train)",
    ):
        assert text in said
    as_json = json.loads(
        _said(monkeypatch, capsys, "trace", str(finished.path), example.id, "--json")
    )
    assert [found["id"] for found in as_json] == [example.id]
    # What a model wrote is never obeyed by the terminal.
    file = finished.path / "round-1/train.jsonl"
    file.write_text(file.read_text().replace('"completion":"', '"completion":"\\u001b[2J', 1))
    assert "\x1b" not in _said(monkeypatch, capsys, "trace", str(finished.path), example.id)


def test_a_run_without_rounds(roman, tmp_path):
    roman.run(tmp_path / "run", "warmup.examples=0", until="evaluate")
    with pytest.raises(UserError, match=r"nothing has the id 'nix'; .*; for instance "):
        trace(Store(tmp_path / "run"), "nix")


def _said(monkeypatch, capsys, *arguments: str) -> str:
    code, out, _ = commanded(monkeypatch, capsys, *arguments)
    assert not code
    return out
