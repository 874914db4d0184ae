"""A checkpoint from elsewhere: adopted, refused, and measured."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from errata.elsewhere.adopt import adopt
from errata.elsewhere.configs import Plan, Start, llama_factory, trl
from errata.elsewhere.fitting import refuse_misfit
from errata.elsewhere.rounds import selected_round
from errata.errors import UserError
from errata.records import Checkpoint
from errata.store import Store


def practised(path: Path, seen: int = 500) -> Path:
    """What the scripted trainer would have saved."""
    path.mkdir()
    (path / "scripted.json").write_text(json.dumps({"seen": seen}))
    (path / "optimizer.pt").write_bytes(b"not wanted")
    return path


@pytest.mark.parametrize("change", ["train=null", "seed=0"])
def test_a_round_that_waits_takes_a_checkpoint(roman: Any, tmp_path: Path, change: str) -> None:
    """Without a trainer the run ends after selection; with one it was stopped there."""
    directory = tmp_path / "run"
    until = None if change == "train=null" else "select"
    changes = [change, "warmup.examples=0", "rounds=1"]
    roman.run(directory, *changes, until=until)
    made = adopt(roman.prepared(directory, changes), practised(tmp_path / "made"), None)
    assert (made.id, made.trainer, made.path) == ("round-1", "adopted", "round-1/checkpoint")
    assert made.examples > 0
    assert [p.name for p in (directory / "round-1" / "checkpoint").iterdir()] == ["scripted.json"]
    assert roman.ended(directory) == ""
    roman.run(directory, *changes)
    assert roman.stages(directory)[-2:] == ["round-1 train", "round-1 measure"]
    record = roman.rounds(directory)["round-1"]
    base = roman.rounds(directory)["base"]
    assert sum(a.right for a in record.accuracies) > sum(a.right for a in base.accuracies)
    assert "adopted" in (directory / "round-1" / "README.md").read_text()
    with pytest.raises(UserError, match="no round waits for a checkpoint: round-1 has"):
        adopt(roman.prepared(directory, changes), tmp_path / "made", None)


def test_what_the_target_cannot_take_up_changes_nothing(roman: Any, tmp_path: Path) -> None:
    directory = tmp_path / "run"
    roman.run(directory, until="select")
    before = Store(directory).manifest()
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="cannot be adopted"):
        adopt(roman.prepared(directory), tmp_path / "empty", None)
    with pytest.raises(UserError, match="no such folder"):
        adopt(roman.prepared(directory), tmp_path / "nothing", None)
    with pytest.raises(UserError, match="round-2 has not selected its candidates"):
        adopt(roman.prepared(directory), practised(tmp_path / "made"), 2)
    assert Store(directory).manifest() == before
    assert not list(directory.glob("round-1/checkpoint*"))


def test_the_round_goes_on_from_the_last_kept(roman: Any, tmp_path: Path) -> None:
    directory = tmp_path / "run"
    run = roman.run(directory)
    round_ = selected_round(run, 2, trained=True)
    (made,) = run.store.read("round-2/checkpoint.jsonl", Checkpoint)
    assert round_.incoming.id == made.parent


# --- shapes -----------------------------------------------------------------------------------------


def safetensors(path: Path, shapes: Mapping[str, list[int]]) -> None:
    """A file with a true header and no contents."""
    header = json.dumps({n: {"dtype": "F32", "shape": s} for n, s in shapes.items()}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)


BASE = {"model.q.weight": [8, 4], "model.norm.weight": [4], "model.embed.weight": [16, 4]}


def base(tmp_path: Path) -> Path:
    made = tmp_path / "base"
    made.mkdir()
    (made / "config.json").write_text("{}")
    safetensors(made / "model.safetensors", BASE)
    return made


def adapter(path: Path, kind: str = "LORA", **shapes: list[int]) -> Path:
    path.mkdir()
    (path / "adapter_config.json").write_text(json.dumps({"peft_type": kind}))
    named = {f"base_model.model.model.q.{n}": s for n, s in shapes.items()}
    safetensors(path / "adapter_model.safetensors", named)
    return path


def test_adapters_are_held_against_the_base(tmp_path: Path) -> None:
    own = base(tmp_path)
    a, b = "lora_A.weight", "lora_B.weight"
    refuse_misfit(adapter(tmp_path / "fits", **{a: [2, 4], b: [8, 2]}), own)
    for name, message, made in (
        ("input", "does not fit of shape", adapter(tmp_path / "i", **{a: [2, 5], b: [8, 2]})),
        ("output", "does not fit of shape", adapter(tmp_path / "o", **{a: [2, 4], b: [9, 2]})),
        ("kind", "kind IA3", adapter(tmp_path / "k", "IA3", **{a: [2, 4]})),
        ("more", "besides LoRA matrices", adapter(tmp_path / "m", weight=[8, 4])),
        ("none", "no weights|without weights", adapter(tmp_path / "n")),
    ):
        with pytest.raises(UserError, match=message):
            refuse_misfit(made, own)
        assert name


def test_models_are_held_against_the_base(tmp_path: Path) -> None:
    own = base(tmp_path)
    model = shutil.copytree(own, tmp_path / "model")
    safetensors(model / "model.safetensors", BASE | {"lm_head.weight": [16, 4]})
    refuse_misfit(model, own)
    safetensors(model / "model.safetensors", BASE | {"model.embed.weight": [17, 4]})
    with pytest.raises(UserError, match=r"model\.embed\.weight"):
        refuse_misfit(model, own)
    (model / "model.safetensors").write_bytes(b"version https://git-lfs")
    with pytest.raises(UserError, match="not a safetensors file"):
        refuse_misfit(model, own)
    (model / "config.json").unlink()
    with pytest.raises(UserError, match="neither an adapter"):
        refuse_misfit(model, own)


def test_configurations_say_what_the_recipe_says(tmp_path: Path) -> None:
    settings = {"method": "lora", "rank": 5, "target_modules": "all-linear", "epochs": 7}
    plan = Plan("sft", Start("/base", "/adapter"), "sft.jsonl", "errata_sft", "out", 3, settings)
    made = llama_factory(plan, tmp_path)
    assert (made["lora_rank"], made["lora_target"], made["num_train_epochs"]) == (5, "all", 7)
    assert made["adapter_name_or_path"] == "/adapter"
    assert made["learning_rate"] == 2e-5  # not said: the papers'
    pairs = Plan("dpo", Start("/base"), "preference.jsonl", "errata_preference", "out", 3, {})
    assert trl(pairs, tmp_path)["learning_rate"] == 5e-7
    assert trl(plan, tmp_path)["lora_target_modules"] == "all-linear"
    # LLaMA-Factory refuses the one with the other.
    told = llama_factory(pairs, tmp_path)
    assert (told["stage"], told["pref_beta"], "mask_history" in told) == ("dpo", 0.4, False)
    assert made["mask_history"] is True
