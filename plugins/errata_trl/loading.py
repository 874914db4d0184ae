"""Tokenizer, base and adapter, as training needs them.

Not covered: going on from a full model with an adapter, which would no longer belong to the base.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from errata_trl.settings import TrainingSettings

# Up to this many tokens, attention by plain matrix products is faster on a CPU than the fused kernel
# (its backward pass), and what it keeps for the backward pass is small.
_SHORT = 256


@contextmanager
def without_notices() -> Iterator[None]:
    """TRL and PEFT use names that transformers has begun to rename; not the user's concern."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def load_tokenizer(base: Path) -> Any:
    """The base's tokenizer, with a padding token."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


class Loader:
    """Loads models to train: ``base`` is a folder of plain weights, ``start`` an adapter of it, a full
    model, or None; rows are at most ``longest`` tokens long."""

    def __init__(
        self, settings: TrainingSettings, base: Path, start: Path | None, longest: int
    ) -> None:
        self._settings, self._base, self._start = settings, base, start
        self.device = working_device(settings.device)
        self.fast = _bfloat16(settings.dtype, self.device)
        eager = self.device == "cpu" and longest <= _SHORT and settings.attention == "auto"
        chosen = None if settings.attention == "auto" else settings.attention
        self._attention = "eager" if eager else chosen

    @property
    def _adapter(self) -> bool:
        return self._start is not None and (self._start / "adapter_config.json").is_file()

    def model(self) -> Any:
        """The model to train: an adapter over frozen weights, or all weights in float32.

        Raises ValueError when ``start`` does not fit the method.
        """
        from peft import PeftModel

        if self._settings.method == "full":
            return self.full()
        if self._start is not None and not self._adapter:
            raise ValueError(
                f"method {self._settings.method!r} cannot go on from {self._start}, which is a full"
                " model and not an adapter (adapter_config.json): set method: full, or start: base"
            )
        model = self._frozen()
        if self._start is None:
            return self._in_bfloat16(self._with_new_adapter(model))
        return self._in_bfloat16(PeftModel.from_pretrained(model, self._start, is_trainable=True))

    def full(self) -> Any:
        """All weights in float32, an adapter merged into them."""
        import torch
        from peft import PeftModel

        folder = self._base if self._start is None or self._adapter else self._start
        model = self._load(folder, torch.float32)
        if self._adapter:
            model = PeftModel.from_pretrained(model, self._start).merge_and_unload()
        return model.requires_grad_(True)  # PEFT froze what it merged into

    def _frozen(self) -> Any:
        import torch

        dtype = torch.bfloat16 if self.fast else torch.float32
        if self._settings.method != "qlora":
            return self._load(self._base, dtype)
        from accelerate import PartialState
        from peft import prepare_model_for_kbit_training
        from transformers import BitsAndBytesConfig

        place = PartialState().local_process_index if self.device == "cuda" else self.device
        packed = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        )
        model = self._load(self._base, dtype, quantization_config=packed, device_map={"": place})
        return prepare_model_for_kbit_training(
            model, use_gradient_checkpointing=self._settings.gradient_checkpointing
        )

    def _with_new_adapter(self, model: Any) -> Any:
        from peft import LoraConfig, get_peft_model

        modules = self._settings.target_modules
        config = LoraConfig(
            r=self._settings.rank,
            lora_alpha=self._settings.alpha,
            lora_dropout=self._settings.dropout,
            target_modules=modules if isinstance(modules, str) else list(modules),
            task_type="CAUSAL_LM",
        )
        return get_peft_model(model, config)

    def _in_bfloat16(self, model: Any) -> Any:
        """Spare bfloat16 activations the detour over float32 that PEFT takes into float32 adapters;
        autocast rounds the adapters' weights instead, which are small."""
        for module in model.modules():
            if self.fast and hasattr(module, "lora_A"):
                module.cast_input_dtype_enabled = False
        return model

    def _load(self, folder: Path, dtype: Any, **more: Any) -> Any:
        """A model, without a progress bar."""
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging

        bars = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()
        try:
            return AutoModelForCausalLM.from_pretrained(
                folder,
                dtype=dtype,
                attn_implementation=self._attention,
                local_files_only=True,
                **more,
            )
        finally:
            if bars:
                logging.enable_progress_bar()


def working_device(device: str) -> str:
    """The device that ``auto`` stands for here."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise LookupError("device 'cuda' was asked for, but torch sees no GPU; use device: auto")
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def _bfloat16(dtype: str, device: str) -> bool:
    """Whether to compute in bfloat16: asked for, or done by the hardware itself."""
    import torch

    if dtype != "auto":
        return dtype == "bfloat16"
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
