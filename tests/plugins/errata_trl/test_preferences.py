"""Training a tiny model on preferences, alone and after supervised fine-tuning."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from errata.records import Message, Span, TrainingExample
from errata_trl.examples import tokenize_pair
from errata_trl.settings import DpoSettings, SftDpoSettings, SftSettings, lacking, lacking_in_both

Make = Callable[..., Any]


def pair(place: int = 0, prefix: str = "2 + 2", better: str = " = 4", worse: str = " = 5") -> Any:
    return TrainingExample(
        id=str(place),
        messages=(Message(role="user", content="Q" * (1 + place % 3)),),
        completion=prefix + better,
        spans=(Span(start=len(prefix), end=len(prefix + better)),),
        rejected=prefix + worse,
    )


def plain(place: int) -> TrainingExample:
    return pair(place).model_copy(update={"rejected": None})


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_the_shared_beginning_is_prompt(trl_base: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(trl_base)
    found = tokenize_pair(tokenizer, pair())
    assert tokenizer.decode(found.prompt) == "[user]Q|[assistant]2 + 2"
    assert tokenizer.decode(found.chosen) == " = 4<end>"
    assert tokenizer.decode(found.rejected) == " = 5<end>"
    with pytest.raises(ValueError, match="no preference"):
        tokenize_pair(tokenizer, plain(0))


def test_the_better_completion_comes_to_be_preferred(make_trainer: Make, tmp_path: Path) -> None:
    trainer = make_trainer(use="dpo", epochs=6, learning_rate=0.02, beta=0.4)
    figures = trainer.train([pair(n) for n in range(6)], None, folder(tmp_path / "one"))
    # Nothing is preferred before the first step, and the loss is log 2; then it falls.
    assert figures["loss_first"] == pytest.approx(math.log(2), abs=0.15)
    assert figures["loss_last"] < 0.8 * figures["loss_first"]
    assert figures["preferred_last"] == 1
    # Going on from it, the reference is the adapter as it was: the loss begins at log 2 again.
    again = make_trainer(use="dpo", learning_rate=1e-6)
    more = again.train([pair(n) for n in range(2)], tmp_path / "one", folder(tmp_path / "two"))
    assert more["loss_first"] == pytest.approx(math.log(2), abs=1e-3)
    names = {path.name for path in (tmp_path / "two").iterdir()}
    assert "adapter_model.safetensors" in names
    assert not names & {"ref", "README.md", "training_args.bin"}


def test_supervised_then_preferences(make_trainer: Make, tmp_path: Path) -> None:
    second = {"device": "cpu", "dtype": "float32", "epochs": 2, "learning_rate": 0.01}
    trainer = make_trainer(use="sft-dpo", dpo=DpoSettings(**second))
    mixed = [plain(0), plain(1), *(pair(n) for n in range(2, 6))]
    figures = trainer.train(mixed, None, folder(tmp_path / "one"))
    assert figures["examples"] == 6
    assert figures["dpo_examples"] == 4
    assert (tmp_path / "one" / "adapter_model.safetensors").is_file()
    alone = make_trainer(use="sft-dpo", chosen=False, dpo=DpoSettings(**second))
    figures = alone.train(mixed, None, folder(tmp_path / "two"))
    assert figures["examples"] == 2


def test_what_is_not_installed_is_told() -> None:
    """Whichever of them are installed here, the message names exactly the others."""
    import importlib.util

    def missing(*modules: str) -> bool:
        return all(importlib.util.find_spec(module) is None for module in modules)

    settings = SftSettings(method="qlora", report_to=("wandb", "trackio", "mlflow", "tensorboard"))
    told = lacking(settings)
    expected = {
        "bitsandbytes": missing("bitsandbytes"),
        "wandb": missing("wandb"),
        "trackio": missing("trackio"),
        "mlflow": missing("mlflow"),
        "tensorboard": missing("tensorboard", "tensorboardX"),
    }
    assert len(told) == sum(expected.values())
    for module, gone in expected.items():
        assert any(f"needs {module}" in line for line in told) is gone
    assert lacking(SftSettings()) == []
    (one,) = lacking_in_both(SftDpoSettings(dpo=DpoSettings(method="full")))
    assert one.startswith("dpo.method: full cannot follow")
