"""``errata eval`` from the command line: figures from records, going on, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from errata.cli.app import app
from errata.errors import ErrataError, PartError, ProblemsError, RunDirectoryError, UserError
from errata.measure import accuracy
from errata.testing.scripted import ScriptedTarget

RUN = ["--limit", "12", "--set", "use=scripted", "--json"]


def evaluate(*arguments: str) -> list[dict]:
    """The lines of ``errata eval``; what it raises is raised."""
    found = CliRunner().invoke(app, ["eval", *arguments], catch_exceptions=True)
    if found.exception and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == 0, found.output
    return [json.loads(line) for line in found.stdout.splitlines()]


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_figure_comes_from_records(tmp_path):
    into = tmp_path / "e"
    found = evaluate("x", "--sets", "svamp,drills", "--samples", "3", "--into", str(into), *RUN)
    assert [line["set"] for line in found] == ["svamp", "drills"]
    for line in found:
        verdicts = rows(into / f"{line['set']}.verdicts.jsonl")
        assert len(verdicts) == 12
        recomputed = accuracy(line["set"], [v["outcome"] for v in verdicts])
        assert line["greedy"] == recomputed.model_dump()
        assert line["unstated"] == sum(not v["explicit"] for v in verdicts)
        drawn = rows(into / f"{line['set']}.sample_verdicts.jsonl")
        assert len(drawn) == 36
        right = sum(v["outcome"] == "right" for v in drawn) / 36
        assert line["pass_at"]["1"]["value"] == pytest.approx(right)
    assert rows(into / "figures.jsonl") == found


def test_a_stopped_evaluation_goes_on_and_asks_nothing_twice(tmp_path, monkeypatch):
    whole = evaluate("x", "--sets", "svamp,drills", "--into", str(tmp_path / "whole"), *RUN)
    generate, asked = ScriptedTarget.generate, []

    def broken(target, prompts):
        if len(asked) == 1:
            raise ConnectionError("gone")
        asked.append(len(prompts))
        return generate(target, prompts)

    monkeypatch.setattr(ScriptedTarget, "generate", broken)
    into = tmp_path / "e"
    with pytest.raises(ErrataError, match="gone"):
        evaluate("x", "--sets", "svamp,drills", "--into", str(into), *RUN, "--set", "batch_size=8")
    assert len(rows(into / "svamp.attempts.jsonl")) == 8
    asked.append(0)  # the next one does not break
    again = evaluate(
        "x", "--sets", "svamp,drills", "--into", str(into), *RUN, "--set", "batch_size=8"
    )
    assert again == whole
    assert sum(asked) == 24, "8 before, 4 and 12 after"


def test_another_request_needs_another_folder(tmp_path):
    into = ["--into", str(tmp_path / "e")]
    evaluate("x", "--sets", "svamp", *into, *RUN)
    with pytest.raises(RunDirectoryError, match="differs in sets"):
        evaluate("x", "--sets", "drills", *into, *RUN)


def test_what_came_to_no_attempt_gives_way(tmp_path):
    into = ["--into", str(tmp_path / "e")]
    with pytest.raises(ErrataError):
        evaluate(str(tmp_path), "--sets", "svamp", "--limit", "3", *into)  # no model there
    assert evaluate("x", "--sets", "svamp", *into, *RUN)[0]["greedy"]["total"] == 12


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (["--sets", "svamp,"], UserError, "a set without a name"),
        (["--sets", "svamp,svamp"], UserError, "stands twice"),
        (["--sets", "a/b=x.jsonl"], UserError, "may have letters"),
        (["--sets", "nosuch"], ProblemsError, "no such source"),
        (["--sets", "tal"], ProblemsError, "tal=PATH"),
        (["--sets", "svamp", "--domain", "nosuch"], PartError, "nosuch"),
        (["--sets", "svamp", "--checkpoint", "round-1"], UserError, "not a run directory"),
        (["--sets", "svamp", "--set", "skil=1"], UserError, "settings of target scripted"),
        (["--sets", "svamp", "--set", "skil"], UserError, "write --set name=value"),
    ],
)
def test_what_it_refuses(tmp_path, arguments, error, said):
    with pytest.raises(error, match=said):
        evaluate("x", "--into", str(tmp_path / "e"), *RUN, *arguments)


def test_a_run_is_measured_as_it_was_left(roman, tmp_path, monkeypatch):
    """The domain, the target and the last kept checkpoint come from the run."""
    from errata.evaluating import request

    run = roman.run(tmp_path / "run", "rounds=1")
    monkeypatch.setattr(request, "Catalogue", roman.catalogue)
    given = ["--sets", "mine=numerals", "--limit", "30", "--json"]
    arguments = [str(run.store.path), *given]
    (last,) = evaluate(*arguments, "--into", str(tmp_path / "last"))
    (base,) = evaluate(*arguments, "--checkpoint", "base", "--into", str(tmp_path / "base"))
    assert last["greedy"]["right"] > base["greedy"]["right"]
    with pytest.raises(
        UserError, match=r"round-7: .* no such measured round; there are base, round-1"
    ):
        evaluate(*arguments, "--checkpoint", "round-7", "--into", str(tmp_path / "no"))
