"""Selectors in a run: parts inside a chain, what the target must be able to do, and chosen styles."""

from __future__ import annotations

import pytest

from errata.errors import RecipeError
from errata.hooks import hookimpl
from errata.parts import Part, Settings
from errata.plugins import Installed
from errata.records import Selection
from errata.styles import StyleChoice, StyleFigure


def _mistakes(roman, tmp_path, *changes: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        roman.prepared(tmp_path / "run", changes)
    return caught.value.mistakes


def test_a_target_without_influence_is_refused(roman, tmp_path):
    (mistake,) = _mistakes(roman, tmp_path, "select=one-shot-gradient")
    assert "needs a target that can influence; target 'scripted' can generate" in mistake


def test_the_steps_of_a_chain_are_checked_like_any_part(roman, tmp_path):
    steps = "[{use: one-shot-gradient}, {use: randm}, {use: random, kep: 1}, {use: diversity}]"
    mistakes = _mistakes(roman, tmp_path, f"select={{use: chain, steps: {steps}}}")
    assert [mistake.split(":")[0] for mistake in mistakes] == [
        "select.steps.1.use",
        "select.steps.2.kep",
        "select.steps.0",
        "select.steps.3",
    ]
    assert "did you mean 'random'" in mistakes[0]
    assert "needs an embedder" in mistakes[3]


def test_a_chain_runs_and_its_selections_are_written(roman, tmp_path):
    steps = "[{use: one-shot, score: accuracy, keep: 0.5}, {use: random, examples: 3}]"
    run = roman.run(
        tmp_path / "run", f"select={{use: chain, steps: {steps}}}", "rounds=1", until="select"
    )
    found = list(run.store.read("round-1/selection.jsonl", Selection))
    assert sum(selection.kept for selection in found) == 3
    assert any(s.why.startswith("step 1 of 2 (one-shot): accuracy over") for s in found)
    assert not run.store.file("round-1/styles.jsonl").exists()


class Choosing:
    """Keeps everything and says that a style was chosen."""

    def select(self, candidates, cases, memo):
        return [
            Selection(candidate_id=c.id, rank=rank, kept=True)
            for rank, c in enumerate(candidates, start=1)
        ]

    def style_choices(self):
        figures = (StyleFigure(style="", candidates=3), StyleFigure(style="small", candidates=4))
        return [StyleChoice(error_type="t", chosen="small", why="surer", figures=figures)]


class ChoosingPlugin:
    @hookimpl
    def errata_parts(self):
        return [
            Part(
                name="choosing",
                kind="selector",
                settings=Settings,
                make=lambda settings, services: Choosing(),
                summary="chooses a style",
            )
        ]


def test_chosen_styles_are_written_and_owned_by_the_stage(roman, tmp_path):
    roman.plugins.append(Installed("choosing", "choosing:Plugin", "choosing", ChoosingPlugin))
    run = roman.run(tmp_path / "run", "select=choosing", until="select")
    assert list(run.store.read("round-1/styles.jsonl", StyleChoice)) == Choosing().style_choices()
    done = run.store.manifest().stages[-1]
    assert set(done.outputs) == {"round-1/selection.jsonl", "round-1/styles.jsonl"}
