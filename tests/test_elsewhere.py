"""A round trained by TRL's own command line, on a tiny model: handed over, trained, adopted, measured.

The tiny model writes nothing that could be an error of its own, so the errors are another model's
(``error_sources``). Not covered: LLaMA-Factory's command, which needs older versions of
what is installed here.
"""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from errata.check import prepare
from errata.errors import RecipeError
from errata.extending import located
from errata.plugins import Catalogue
from errata.recipe import load
from errata.records import Candidate, Checkpoint, RoundRecord
from errata.store import Store
from errata_math.plugin import MathDomain
from scripted.commanding import commanded

TINY = Path(__file__).parent / "plugins" / "errata_transformers" / "tiny_model.py"
Errata = Callable[..., tuple[int, str, str]]


@pytest.fixture
def errata(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Errata:
    """Runs a command line; its exit code, what it printed, and its errors."""

    def command(*arguments: str) -> tuple[int, str, str]:
        return commanded(monkeypatch, capsys, *arguments)

    return command


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has selected what its round is to be trained on."""
    folder = tmp_path_factory.mktemp("elsewhere")
    problems = MathDomain().errata_problems("drills", "train", 0)
    rows = [
        {
            "question": problem.question,
            "response": f"It is {int(problem.answer) + 1}.\n#### {int(problem.answer) + 1}",
        }
        for problem, _ in zip(problems, range(40), strict=False)
        if problem.answer.isdigit()
    ]
    (folder / "other.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = {
        "name": "elsewhere",
        "domain": "math",
        "problems": {
            "train": {"source": "drills", "limit": 40},
            "test": {"source": "drills", "split": "test", "limit": 4},
            "dev": 4,
            "gate": 4,
        },
        "error_sources": [{"source": str(folder / "other.jsonl"), "model": "other"}],
        "target": {
            "use": "transformers",
            "model": str(runpy.run_path(str(TINY))["build"](folder / "base", context=1024)),
            "max_new_tokens": 4,
            "dtype": "float32",
            "device": "cpu",
        },
        "diagnose": "symbolic",
        "group": "phrases",
        "synthesize": {"use": "correct-only", "total": 12},
        "select": "all",
        "train": {"use": "sft", "rank": 4, "epochs": 1, "batch_size": 4, "max_length": 900},
        "rounds": 1,
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    run = folder / "run"
    options = ["--into", str(run), "--until", "select"]
    subprocess.run(
        [sys.executable, "-m", "errata.cli.app", "run", str(folder / "recipe.yaml"), *options],
        check=True,
        env={**os.environ, "ERRATA_CACHE": str(folder / "cache")},
    )
    return run


def test_the_folder_has_data_configuration_and_what_to_do(
    waiting: Path, tmp_path: Path, errata: Errata
) -> None:
    folder = tmp_path / "made"
    code, out, _ = errata("handover", str(waiting), "--for", "trl", "--into", str(folder))
    assert code == 0
    rows = [json.loads(line) for line in (folder / "sft.jsonl").read_text().splitlines()]
    store = Store(waiting)
    solutions = sorted(c.body.text for c in store.read("round-1/candidates.jsonl", Candidate))
    kept = len(solutions)
    assert len(rows) == kept > 5
    assert f"round-1, {kept} examples for sft" in out
    assert f"trl sft --config {folder / 'sft.yaml'}" in out
    assert sorted(row["completion"][0]["content"] for row in rows) == solutions
    config = yaml.safe_load((folder / "sft.yaml").read_text())
    assert config["datasets"][0]["data_files"] == str(folder / "sft.jsonl")
    assert config["model_name_or_path"] == str(waiting.parent / "base")
    assert (config["lora_r"], config["num_train_epochs"]) == (4, 1)
    told = (folder / "README.md").read_text()
    assert f"errata adopt {waiting} {folder / 'trained-sft'}" in told
    assert f"errata resume {waiting}" in told
    before = {path: path.read_bytes() for path in folder.iterdir()}
    code, _, err = errata("handover", str(waiting), "--for", "trl", "--into", str(folder))
    assert code == 2
    assert "is there already and not empty" in err
    assert before == {path: path.read_bytes() for path in folder.iterdir()}
    code, _, err = errata("handover", str(waiting), "--for", "tlr")
    assert code == 2
    assert "did you mean 'trl'" in err


def test_llama_factory_gets_its_own_files(waiting: Path, tmp_path: Path, errata: Errata) -> None:
    folder = tmp_path / "made"
    code, out, _ = errata("handover", str(waiting), "--for", "llama-factory", "--into", str(folder))
    assert code == 0
    assert f"llamafactory-cli train {folder / 'sft.yaml'}" in out
    info = json.loads((folder / "dataset_info.json").read_text())
    config = yaml.safe_load((folder / "sft.yaml").read_text())
    assert (folder / info[config["dataset"]]["file_name"]).is_file()
    assert config["dataset_dir"] == str(folder)


@pytest.mark.slow
def test_what_trl_made_of_it_is_adopted_and_measured(
    waiting: Path, tmp_path: Path, errata: Errata
) -> None:
    run = tmp_path / "run"
    shutil.copytree(waiting, run)
    folder = tmp_path / "made"
    assert errata("handover", str(run), "--for", "trl", "--into", str(folder))[0] == 0
    options = ["--config", str(folder / "sft.yaml"), "--bf16", "false", "--use_cpu", "true"]
    subprocess.run(
        [sys.executable, "-c", "from trl.cli import main; main()", "sft", *options],
        check=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")},
    )
    made = folder / "trained-sft"
    assert (made / "adapter_model.safetensors").is_file()
    code, out, _ = errata("adopt", str(run), str(made))
    assert code == 0
    assert "round-1 has the checkpoint round-1/checkpoint" in out
    assert errata("resume", str(run))[0] == 0
    (checkpoint,) = Store(run).read("round-1/checkpoint.jsonl", Checkpoint)
    assert checkpoint.trainer == "adopted"
    assert checkpoint.examples > 5
    record = RoundRecord.model_validate_json((run / "round-1" / "round.json").read_text())
    assert {accuracy.set for accuracy in record.accuracies} >= {"gate", "test"}
    kept = (run / "round-1" / "checkpoint" / "adapter_model.safetensors").read_bytes()
    assert kept == (made / "adapter_model.safetensors").read_bytes()
    code, _, err = errata("adopt", str(run), str(made))
    assert code == 2
    assert "no round waits for a checkpoint" in err


def test_supervised_training_refuses_preferences() -> None:
    """The shipped strategy that makes pairs, with the shipped trainer that cannot use them."""
    recipe = load(located("math/rise"), ["train={use: sft}"])
    with pytest.raises(RecipeError) as caught:
        prepare(recipe, Catalogue(), "math/rise")
    (mistake,) = [each for each in caught.value.mistakes if each.startswith("train.use")]
    assert mistake == (
        "train.use: strategy 'rise' makes preferences, which trainer 'sft' cannot use; trainers that"
        " can: dpo, scripted, sft-dpo"
    )
