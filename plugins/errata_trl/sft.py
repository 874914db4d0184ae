"""The trainer ``sft``: examples in, adapter or model folder out.

Same seed, same machine and number of threads: same adapter, byte for byte. TRL seeds the global random
generators of Python, NumPy and torch; nothing in errata draws from those. Not covered: going on from
a full model with LoRA, whose adapter would no longer belong to the base.
"""

from __future__ import annotations

import gc
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from errata.parts import Services
from errata.records import TrainingExample
from errata_trl.answer_loss import answer_trainer, progress_callback
from errata_trl.examples import Tokens, tokenize, training_order

if TYPE_CHECKING:
    from errata_trl.plugin import SftSettings

# Up to this many tokens, attention by plain matrix products is faster on a CPU than the fused kernel
# (its backward pass), and what it keeps for the backward pass is small.
_SHORT = 256


class SupervisedTrainer:
    """Fine-tunes the target on the spans of its examples."""

    def __init__(self, settings: SftSettings, services: Services) -> None:
        self._settings = settings
        self._services = services

    def train(
        self, examples: Sequence[TrainingExample], start: Path | None, into: Path
    ) -> Mapping[str, float]:
        """Write an adapter (``method: lora``) or a full model, with the tokenizer, to ``into``.

        Returns ``loss_first`` and ``loss_last`` (nats per token, means of the first and last tenth of
        the steps), ``examples``, ``too_long``, ``tokens`` and ``loss_tokens`` (of one epoch), ``steps``
        and ``seconds``. Raises ValueError when there is nothing to train on, and when ``start`` does
        not fit the method.
        """
        began = time.monotonic()
        base = self._services.target().materialise()
        tokenizer = _load_tokenizer(base)
        coded = [tokenize(tokenizer, example) for example in examples]
        fitting = [tokens for tokens in coded if len(tokens.ids) <= self._settings.max_length]
        if not fitting:
            raise ValueError(
                f"nothing to train on: of {len(coded)} examples none has at most"
                f" {self._settings.max_length} tokens (max_length)"
            )
        random = self._services.random("sft")
        seed = random.getrandbits(31)
        losses: list[float] = []
        steps = self._fit(base, start, into, tokenizer, fitting, seed, random, losses)
        tokenizer.save_pretrained(into)
        tenth = max(1, len(losses) // 10)
        return {
            "loss_first": sum(losses[:tenth]) / tenth,
            "loss_last": sum(losses[-tenth:]) / tenth,
            "examples": float(len(fitting)),
            "too_long": float(len(coded) - len(fitting)),
            "tokens": float(sum(len(tokens.ids) for tokens in fitting)),
            "loss_tokens": float(sum(label >= 0 for tokens in fitting for label in tokens.labels)),
            "steps": float(steps),
            "seconds": round(time.monotonic() - began, 3),
        }

    def _fit(
        self,
        base: Path,
        start: Path | None,
        into: Path,
        tokenizer: Any,
        examples: Sequence[Tokens],
        seed: int,
        random: Random,
        losses: list[float],
    ) -> int:
        """Train and save the weights; returns the number of optimizer steps."""
        from datasets import Dataset
        from transformers import PrinterCallback, set_seed

        settings = self._settings
        order = training_order(
            [len(tokens.ids) for tokens in examples],
            settings.epochs,
            settings.batch_size,
            random if settings.shuffle else None,
        )
        set_seed(seed)
        device = _device(settings.device)
        fast = _bfloat16(settings.dtype, device)
        longest = max(len(tokens.ids) for tokens in examples)
        with _without_notices():
            model = self._model(base, start, fast, device == "cpu" and longest <= _SHORT)
        dataset = Dataset.from_dict(
            {
                "input_ids": [examples[index].ids for index in order],
                "labels": [examples[index].labels for index in order],
            }
        )
        with tempfile.TemporaryDirectory(prefix="errata-sft-") as scratch, _without_notices():
            trainer = answer_trainer()(
                model=model,
                args=self._arguments(scratch, len(order), seed, device, fast),
                train_dataset=dataset,
                processing_class=tokenizer,
                callbacks=[progress_callback(self._services.progress, losses)],
            )
            trainer.remove_callback(PrinterCallback)
            trainer.train()
            steps = int(trainer.state.global_step)
        model.save_pretrained(into)
        # PEFT's model card: a form to fill in, with a path of this machine.
        (into / "README.md").unlink(missing_ok=True)
        # Trainer and model refer to each other; without this both linger beside the target.
        del trainer, model
        gc.collect()
        return steps

    def _arguments(self, scratch: str, examples: int, seed: int, device: str, fast: bool) -> Any:
        """TRL's configuration for one pass over the ordered ``examples``."""
        from trl import SFTConfig

        settings = self._settings
        per_step = settings.batch_size * settings.accumulation
        steps = -(-examples // per_step)
        return SFTConfig(
            output_dir=scratch,
            num_train_epochs=1,
            per_device_train_batch_size=settings.batch_size,
            gradient_accumulation_steps=settings.accumulation,
            gradient_checkpointing=False,
            learning_rate=settings.learning_rate,
            lr_scheduler_type=settings.schedule,
            warmup_steps=round(settings.warmup_ratio * steps),
            train_sampling_strategy="sequential",
            shuffle_dataset=False,
            dataset_kwargs={"skip_prepare_dataset": True},
            max_length=None,
            seed=seed,
            data_seed=seed,
            bf16=fast,
            use_cpu=device == "cpu",
            logging_strategy="steps",
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=device != "cpu",
        )

    def _model(self, base: Path, start: Path | None, fast: bool, eager: bool) -> Any:
        """The model to train: an adapter over frozen weights, or all weights in float32."""
        import torch
        from peft import LoraConfig, PeftModel, get_peft_model

        settings = self._settings
        adapter = start is not None and (start / "adapter_config.json").is_file()
        if settings.method == "full":
            model = _load_model(base if start is None or adapter else start, torch.float32, eager)
            if adapter:
                model = PeftModel.from_pretrained(model, start).merge_and_unload()
            return model.requires_grad_(True)  # PEFT froze what it merged into
        if start is not None and not adapter:
            raise ValueError(
                f"method 'lora' cannot go on from {start}, which is a full model and not an adapter"
                " (adapter_config.json): set method: full, or start: base"
            )
        model = _load_model(base, torch.bfloat16 if fast else torch.float32, eager)
        if start is not None:
            return _in_bfloat16(PeftModel.from_pretrained(model, start, is_trainable=True), fast)
        modules = settings.target_modules
        config = LoraConfig(
            r=settings.rank,
            lora_alpha=settings.alpha,
            lora_dropout=settings.dropout,
            target_modules=modules if isinstance(modules, str) else list(modules),
            task_type="CAUSAL_LM",
        )
        return _in_bfloat16(get_peft_model(model, config), fast)


@contextmanager
def _without_notices() -> Iterator[None]:
    """TRL and PEFT use names that transformers has begun to rename; not the user's concern."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _load_tokenizer(base: Path) -> Any:
    """The base's tokenizer, with a padding token."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _in_bfloat16(model: Any, fast: bool) -> Any:
    """Spare bfloat16 activations the detour over float32 that PEFT takes into float32 adapters;
    autocast rounds the adapters' weights instead, which are small."""
    for module in model.modules():
        if fast and hasattr(module, "lora_A"):
            module.cast_input_dtype_enabled = False
    return model


def _load_model(folder: Path, dtype: Any, eager: bool) -> Any:
    """A model, without a progress bar."""
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        return AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype,
            attn_implementation="eager" if eager else None,
            local_files_only=True,
        )
    finally:
        if bars:
            logging.enable_progress_bar()


def _device(device: str) -> str:
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
