"""A run with the diagnoser ``instructor``: its templates are its own, and edits are noticed."""

from __future__ import annotations

import contextlib
import json

import pytest

from errata.errors import RecipeError, RunDirectoryError
from errata.plugins import Installed
from errata_diagnosis.plugin import DiagnosisPlugin
from errata_openai.plugin import OpenAIPlugin
from scripted.instructor import ScriptedInstructor


@pytest.fixture
def instructor():
    server = ScriptedInstructor()
    yield server
    server.stop()


@pytest.fixture
def diagnosing(roman, instructor):
    for name, plugin in (("diagnosis", DiagnosisPlugin), ("openai", OpenAIPlugin)):
        roman.plugins.append(Installed(name, f"{plugin.__module__}:x", name, plugin))
    roman.changes = [
        "diagnose=instructor",
        "instructor.use=openai",
        "instructor.model=scripted",
        f"instructor.base_url={instructor.url}",
        "instructor.api_key_env=''",
        "rounds=1",
    ]
    return roman


def resume(bench, directory, **given):
    """As ``errata resume`` does: with the run's own templates."""
    from errata.check import prepare
    from errata.loop import loop
    from errata.recipe import load
    from errata.run import Paused, Run
    from errata.store import PROMPTS, Store

    store = Store(directory)
    recipe = load(directory / "recipe.yaml")
    made = prepare(recipe, bench.catalogue(), "own", own_prompts=store.file(PROMPTS))
    with contextlib.suppress(Paused):
        loop(Run(made, store, bench.cache, given.get("until")))


def test_a_domain_without_templates_gets_the_generic_one(diagnosing, instructor, tmp_path):
    diagnosing.run(tmp_path / "run", *diagnosing.changes, until="diagnose")
    copy = (tmp_path / "run" / "prompts" / "analysis.md").read_text()
    assert "You examine wrong answers" in copy
    sent = instructor.bodies[0]["messages"]
    assert "Question:\nWrite " in sent[1]["content"]
    assert "Step 1: " in sent[1]["content"]
    manifest = json.loads((tmp_path / "run" / "run.json").read_text())
    assert list(manifest["prompts"]) == ["analysis"]


def test_an_edited_template_redoes_what_was_asked_with_it(diagnosing, instructor, tmp_path):
    run = tmp_path / "run"
    diagnosing.run(run, *diagnosing.changes)
    before, sent = (run / "round-1" / "diagnoses.jsonl").read_bytes(), len(instructor.bodies)
    resume(diagnosing, run)
    assert len(instructor.bodies) == sent  # nothing was edited
    template = run / "prompts" / "analysis.md"
    text = template.read_text()
    template.write_text(text.replace("You examine", "You look at"))
    resume(diagnosing, run)
    assert len(instructor.bodies) == 2 * sent
    assert "You look at" in instructor.bodies[-1]["messages"][0]["content"]
    assert (run / "round-1" / "diagnoses.jsonl").read_bytes() == before  # the script says the same
    assert json.loads((run / "run.json").read_text())["ended"]
    template.write_text(text)  # back again: everything is in the ledger
    resume(diagnosing, run)
    assert len(instructor.bodies) == 2 * sent
    template.write_text("{{ nonsense }}")
    with pytest.raises(RecipeError, match=r"analysis.md uses nonsense"):
        resume(diagnosing, run)


def test_another_template_at_the_same_path_is_noticed(diagnosing, tmp_path):
    mine = tmp_path / "mine.md"
    mine.write_text("{{ question }} {{ steps | join(' ') }}")
    changes = [*diagnosing.changes, f"domain={{use: roman, prompts: {{analysis: {mine}}}}}"]
    diagnosing.run(tmp_path / "run", *changes, until="diagnose")
    mine.write_text("Look: {{ question }} {{ steps | join(' ') }}")
    with pytest.raises(RunDirectoryError, match="with another prompt template for 'analysis'"):
        diagnosing.run(tmp_path / "run", *changes)
    resume(diagnosing, tmp_path / "run")  # its own copy serves
