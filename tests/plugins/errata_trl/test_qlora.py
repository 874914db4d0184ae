"""QLoRA with real 4-bit weights, which bitsandbytes multiplies on a CPU too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from errata.records import TrainingExample
from errata_trl.loading import Loader
from errata_trl.settings import SftSettings

Make = Callable[..., Any]


def test_the_base_is_in_four_bits_and_only_the_adapter_learns(trl_base: Path) -> None:
    import torch
    from bitsandbytes.nn import Linear4bit

    settings = SftSettings(method="qlora", target_modules="all-linear", device="cpu")
    model = Loader(settings, trl_base, None, 64).model()
    packed = [m for m in model.modules() if isinstance(m, Linear4bit)]
    assert len(packed) == 14  # seven in each of two layers; the output layer stays as it is
    assert {m.weight.dtype for m in packed} == {torch.uint8}
    learning = [name for name, weight in model.named_parameters() if weight.requires_grad]
    assert learning
    assert all("lora_" in name for name in learning)


def test_it_learns_goes_on_and_leaves_an_adapter_of_the_plain_base(
    make_trainer: Make, counting: list[TrainingExample], trl_base: Path, tmp_path: Path
) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    settings = {"method": "qlora", "epochs": 6, "learning_rate": 0.01}
    one, two = tmp_path / "one", tmp_path / "two"
    first = make_trainer(**settings).train(counting, None, one)
    assert first["loss_last"] < 0.5 * first["loss_first"]
    second = make_trainer(**settings).train(counting, one, two)
    assert second["loss_first"] < 0.6 * first["loss_first"]

    plain = AutoModelForCausalLM.from_pretrained(trl_base)
    ids = torch.tensor([[1, 2, 3, 4]])
    with torch.inference_mode():
        before = plain(ids).logits
        after = PeftModel.from_pretrained(plain, two).merge_and_unload()(ids).logits
    assert not torch.allclose(before, after)
