"""Every format read back, for every kind of body; what a format cannot say is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from errata.cli.exporting import export_run
from errata.errors import UserError
from errata.store import Store

SFT_KINDS = ("qa", "correction", "trajectory", "critique")
KEYS = {"file_name", "formatting", "ranking", "columns", "tags"}
COLUMNS = {"messages": "conversations", "system": None, "tools": None, "chosen": None}
ROLES = {"human": "user", "gpt": "assistant", "system": "system"}
Turns = list[tuple[str, str]]


def llama_factory(folder: Path, name: str) -> list[tuple[Turns, Turns, str]]:
    """Prompt, response (for preferences chosen and rejected) and system prompt of every row, read as
    LLaMA-Factory's data/README.md documents it; what that page does not know is refused."""
    entry = json.loads((folder / "dataset_info.json").read_text(encoding="utf-8"))[name]
    assert entry.keys() <= KEYS
    assert entry["formatting"] == "sharegpt"
    columns = entry["columns"]
    assert columns.keys() <= {*COLUMNS, "rejected"}
    found = []
    for line in (folder / entry["file_name"]).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        turns = [_turn(t) for t in row[columns.get("messages", "conversations")]]
        system = row[columns["system"]] if "system" in columns else ""
        if entry.get("ranking"):
            response = [_turn(row[columns[side]]) for side in ("chosen", "rejected")]
        else:
            *turns, last = turns
            response = [last]
        odd, even = turns[::2], turns[1::2]
        assert all(role == "user" for role, _ in odd)
        assert all(role == "assistant" for role, _ in [*even, *response])
        assert len(turns) % 2 == 1
        found.append((turns, response, system))
    return found


def _turn(turn: dict[str, str]) -> tuple[str, str]:
    return ROLES[turn["from"]], turn["value"]


@pytest.fixture
def export(made_run: Store, roman_domain: object, tmp_path: Path) -> Any:
    def do(format_name: str, **options: Any) -> Path:
        given = {"number": None, "into": None, "what": "kept", "everything": False, **options}
        export_run(made_run.path, format_name, **given)
        return given["into"] or made_run.file(f"export/{format_name}")

    return do


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def front_matter(folder: Path) -> dict[str, Any]:
    _, front, _ = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return dict(yaml.safe_load(front))


def test_trl_rows_are_prompts_with_completions_or_preferences(export, capsys) -> None:
    folder = export("trl")
    rows = lines(folder / "sft.jsonl")
    assert [row["id"].rsplit("/", 1)[1] for row in rows] == list(SFT_KINDS)
    for row in rows:
        assert row["prompt"][-1]["role"] == "user"
        assert [message["role"] for message in row["completion"]] == ["assistant"]
        assert row["error_type"] == "t1"
    assert rows[0]["completion"][0]["content"] == "5 - 1\n#### 4"
    assert rows[1]["completion"][0]["content"].startswith("Step 2 is wrong. I stands before V.")
    assert rows[2]["loss_spans"] == [[3, 15]]
    (pair,) = lines(folder / "preference.jsonl")
    assert pair["chosen"] == [{"role": "assistant", "content": "V is 5. 4\n#### 4"}]
    assert pair["rejected"] == [{"role": "assistant", "content": "V is 5. 6\n#### 6"}]
    said = capsys.readouterr().out
    assert "4 supervised and 1 preference examples of round-1" in said
    assert "left out, since rejected: round-2" in said
    assert "1 of 4 examples carry loss on a part of the completion only" in said
    assert "1 of 1 preferences begin alike" in said


def test_trl_files_load_by_the_card_with_datasets(export, tmp_path) -> None:
    datasets = pytest.importorskip("datasets")
    folder = export("trl")
    for part, size in (("sft", 4), ("preference", 1)):
        loaded = datasets.load_dataset(
            str(folder), part, split="train", cache_dir=str(tmp_path / "cache")
        )
        assert len(loaded) == size
        assert [dict(row) for row in loaded] == lines(folder / f"{part}.jsonl")


@pytest.mark.parametrize("format_name", ["llama-factory", "sharegpt"])
def test_sharegpt_rows_alternate_and_answer_last(export, format_name) -> None:
    folder = export(format_name)
    for row in lines(folder / "sft.jsonl"):
        assert [turn["from"] for turn in row["conversations"]] == ["human", "gpt"]
    (pair,) = lines(folder / "preference.jsonl")
    assert [turn["from"] for turn in pair["conversations"]] == ["human"]
    assert pair["chosen"] == {"from": "gpt", "value": "V is 5. 4\n#### 4"}
    assert (folder / "dataset_info.json").exists() == (format_name == "llama-factory")


def test_llama_factory_finds_every_example_by_dataset_info(export) -> None:
    folder = export("llama-factory")
    sft = llama_factory(folder, "made_run_sft")
    assert len(sft) == 4
    assert sft[0][1:] == ([("assistant", "5 - 1\n#### 4")], "")
    assert "Write IV as a number. Ünïcödé | <b>" in sft[0][0][0][1]
    ((prompt, response, _),) = llama_factory(folder, "made_run_preference")
    assert [role for role, _ in prompt] == ["user"]
    assert [text for _, text in response] == ["V is 5. 4\n#### 4", "V is 5. 6\n#### 6"]


def test_alpaca_rows_have_the_documented_columns(export) -> None:
    folder = export("alpaca")
    rows = lines(folder / "sft.jsonl")
    for row in rows:
        assert {"instruction", "input", "output", "system", "history"} <= row.keys()
        assert row["input"] == ""
        assert row["history"] == []
    assert rows[3]["output"] == "Wrong: I before V is taken off."
    assert "#### 6\n\nCritique this response." in rows[3]["instruction"]
    (pair,) = lines(folder / "preference.jsonl")
    assert (pair["chosen"], pair["rejected"]) == ("V is 5. 4\n#### 4", "V is 5. 6\n#### 6")


def test_parquet_loses_nothing(export, capsys) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    folder = export("parquet")
    rows = pq.read_table(folder / "sft.parquet").to_pylist()
    rows += pq.read_table(folder / "preference.parquet").to_pylist()
    assert [row["kind"] for row in rows] == [*SFT_KINDS, "pair"]
    trajectory = rows[2]
    assert trajectory["loss_spans"] == [{"start": 3, "end": 15}]
    assert trajectory["completion"][3:15] == "No: 4\n#### 4"
    assert trajectory["rejected"] is None
    assert rows[4]["rejected"] == "V is 5. 6\n#### 6"
    assert rows[4]["loss_spans"] == [{"start": 8, "end": 16}]
    assert {row["error_type_name"] for row in rows} == {"sign order | <b>ignored</b>"}
    assert rows[0]["parents"] == ["train-1"]
    assert rows[0]["cost"] == 0.5
    assert "note:" not in capsys.readouterr().out


def test_the_card_has_front_matter_and_says_what_is_lost(export) -> None:
    trl = export("trl")
    front = front_matter(trl)
    assert front["configs"] == [
        {"config_name": "sft", "data_files": "sft.jsonl"},
        {"config_name": "preference", "data_files": "preference.jsonl"},
    ]
    assert front["size_categories"] == ["n<1K"]
    text = (trl / "README.md").read_text(encoding="utf-8")
    assert "sign order \\| &lt;b>ignored&lt;/b>" in text
    assert "1 of 4 examples carry loss on a part" in text
    assert "What this format cannot say" not in (export("parquet") / "README.md").read_text()


def test_rounds_and_what_are_chosen(export) -> None:
    assert len(lines(export("trl", everything=True) / "sft.jsonl")) == 5
    (row,) = lines(export("trl", number=2) / "sft.jsonl")
    assert row["id"] == "round-2/t1/0/qa"
    accepted = lines(export("trl", number=2, what="accepted") / "sft.jsonl")
    assert [row["id"] for row in accepted] == ["round-2/t1/0/qa", "round-2/t1/1/0"]


def test_an_export_takes_the_place_of_the_one_before(export, made_run) -> None:
    before = export("trl")
    (before / "stale").touch()
    export("trl")
    assert not (before / "stale").exists()
    assert [p.name for p in made_run.file("export").iterdir()] == ["trl"]


def test_a_folder_of_others_is_not_touched(export, tmp_path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "thesis.tex").write_text("work")
    with pytest.raises(UserError, match="not empty; give another folder with --into"):
        export("trl", into=own)
    assert [path.name for path in own.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("format_name", "options", "message"),
    [
        ("tlr", {}, r"did you mean 'trl'\?.*choices: trl, sharegpt, alpaca"),
        ("trl", {"what": "keep"}, r"did you mean 'kept'\?"),
        ("trl", {"number": 1, "everything": True}, "give one of them"),
        ("trl", {"number": 7}, "round-7 has no kept candidates.*finished in: round-1, round-2"),
    ],
)
def test_what_does_not_exist_is_said(export, made_run, format_name, options, message) -> None:
    with pytest.raises(UserError, match=message):
        export(format_name, **options)
    assert not made_run.file("export").exists() or not any(made_run.file("export").iterdir())


def test_nothing_selected_yet_names_the_stage(export, made_run) -> None:
    manifest = made_run.manifest()
    stages = tuple(s for s in manifest.stages if s.stage != "select")
    made_run.save(manifest.model_copy(update={"stages": stages}))
    with pytest.raises(UserError, match=r"stage select is not finished.*--what accepted"):
        export("trl")
    assert export("trl", what="accepted").is_dir()


def test_nothing_kept_leaves_no_folder(export, made_run) -> None:
    made_run.file("round-1/selection.jsonl").write_text("")
    with pytest.raises(UserError, match="nothing to export"):
        export("trl", number=1)
    assert list(made_run.file("export").iterdir()) == []
