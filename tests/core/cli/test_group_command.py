"""`errata group`: the lines for programs, the table for people, and what a mistake gets."""

from __future__ import annotations

import json

import pytest

from scripted.commanding import commanded

PHRASES = ["borrow skipped", "Borrow skipped.", "minutes not converted", "wrong unit", ""]
LABELS = ["borrow", "borrow", "units", "units", "units"]


def _command(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    return commanded(monkeypatch, capsys, "group", *arguments)


@pytest.fixture
def rows(tmp_path, monkeypatch):
    """A file of few phrases, which the grouper takes as types each, without an embedder."""
    pytest.importorskip("hdbscan", reason="the extra errata[cluster] is not installed")
    monkeypatch.setenv("ERRATA_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "rows.jsonl"
    lines = [
        {"id": f"r{n}", "keyphrase": phrase, "label": label}
        for n, (phrase, label) in enumerate(zip(PHRASES, LABELS, strict=True))
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_json_is_a_line_a_row_and_the_totals(rows, monkeypatch, capsys) -> None:
    code, out, err = _command(monkeypatch, capsys, str(rows), "--json", "--seed", "3")
    assert (code, err) == (0, "")
    *placed, totals = [json.loads(line) for line in out.splitlines()]
    assert placed == [
        {"id": "r0", "types": ["borrow-skipped"], "unassigned": False},
        {"id": "r1", "types": ["borrow-skipped"], "unassigned": False},
        {"id": "r2", "types": ["minutes-not-converted"], "unassigned": False},
        {"id": "r3", "types": ["wrong-unit"], "unassigned": False},
        {"id": "r4", "types": [], "unassigned": True},
    ]
    assert set(totals) == {"types", "unassigned", "ari", "ami", "v_measure"}
    assert (totals["types"], totals["unassigned"]) == (3, 1)
    assert 0 < totals["ami"] < 1, "the unassigned row is a class of its own"


def test_without_labels_there_are_no_scores(rows, monkeypatch, capsys) -> None:
    lines = [json.loads(line) for line in rows.read_text().splitlines()]
    rows.write_text("".join(json.dumps(line | {"label": None}) + "\n" for line in lines))
    _, out, _ = _command(monkeypatch, capsys, str(rows), "--json")
    assert json.loads(out.splitlines()[-1]) == {"types": 3, "unassigned": 1}
    _, out, _ = _command(monkeypatch, capsys, str(rows))
    assert "AMI" not in out


def test_the_table_shows_types_with_size_and_stability_and_the_scores(
    rows, monkeypatch, capsys
) -> None:
    code, out, _ = _command(monkeypatch, capsys, str(rows))
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert "Borrow skipped. 2 1.00 Borrow skipped." in lines
    assert "(unassigned) 1" in lines
    assert "5 rows, 3 types" in lines
    assert any(line.startswith("against the labels: AMI 0.") for line in lines)


def test_settings_are_changed_and_mistakes_in_them_named(rows, monkeypatch, capsys) -> None:
    # Two types of four phrases need their embeddings; MiniLM is not loaded for a wrong setting.
    code, _, err = _command(monkeypatch, capsys, str(rows), "--set", "max_typs=2")
    assert (
        code,
        "--set max_typs: unknown setting; settings of grouper embedding: min_" in err,
    ) == (
        2,
        True,
    )
    code, _, err = _command(monkeypatch, capsys, str(rows), "--set", "embed.model=")
    assert (code, "--set embed.model" in err) == (2, True)
    code, _, err = _command(monkeypatch, capsys, str(rows), "--set", "embed=none")
    assert (code, "no embedder 'none'" in err) == (2, True)
    code, _, err = _command(monkeypatch, capsys, str(rows), "--set", "max_types")
    assert (code, "write --set name=value" in err) == (2, True)


def test_an_unknown_grouper_and_a_bad_line_are_named(rows, monkeypatch, capsys) -> None:
    code, _, err = _command(monkeypatch, capsys, str(rows), "--use", "embeding")
    assert (code, "did you mean 'embedding'?" in err, "taxonomy" in err) == (2, True, True)
    with rows.open("a") as out:
        out.write('{"id": "x"}\n')
    code, out, err = _command(monkeypatch, capsys, str(rows))
    assert (code, out) == (2, "")
    assert f"{rows}, line 6: no keyphrase, found id; a line is" in err
    code, _, err = _command(
        monkeypatch, capsys, str(rows), "--use", "taxonomy", "--set", "types=no"
    )
    assert code == 2, "lines are read first"
    code, _, err = _command(monkeypatch, capsys, "no.jsonl")
    assert (code, "no.jsonl: no such file" in err) == (2, True)


def test_a_taxonomy_that_is_not_there_is_named(rows, monkeypatch, capsys) -> None:
    code, _, err = _command(
        monkeypatch, capsys, str(rows), "--use", "taxonomy", "--set", "types=no.yaml"
    )
    assert code == 2
    assert "grouper taxonomy: taxonomy 'no.yaml': no such file" in err
    assert "shipped: lemma" in err
