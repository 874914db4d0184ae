"""Finding and loading weights: folders, hub names, embedded models, adapters.

An adapter is merged into float32 weights, which are then rounded once to the working precision;
merging into bfloat16 weights would round twice. Only one set of weights is in memory afterwards.
Not covered: adapters other than those PEFT can merge, and sharding over several devices.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from errata_transformers.embedded import EMBEDDED, embedded_folder
from errata_transformers.quiet import quiet

_SAMPLE = 1 << 20
_HUB_FILES = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]


def find_folder(model: str, revision: str | None, cache: Path) -> Path:
    """The folder of ``model``: itself, an embedded model's in ``cache``, or the hub's snapshot.

    Raises LookupError when there is no such folder or hub model.
    """
    if model in EMBEDDED:
        return embedded_folder(model, cache)
    folder = Path(model).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise LookupError(f"model folder {folder}: no config.json in it")
        return folder.resolve()
    import huggingface_hub as hub

    try:
        return Path(hub.snapshot_download(model, revision=revision, allow_patterns=_HUB_FILES))
    except (hub.errors.HfHubHTTPError, hub.errors.HFValidationError, OSError) as error:
        raise LookupError(
            f"model {model!r} (revision {revision or 'main'}) is no folder, none of the embedded"
            f" models ({', '.join(sorted(EMBEDDED))}), and could not be had from the hub: {error}"
        ) from error


def identify(model: str, folder: Path) -> str:
    """``NAME@DIGEST``: a digest of the configuration and each weight file's name, size, ends."""
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    for path in sorted(folder.glob("*.safetensors")):
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            digest.update(file.read(_SAMPLE))
            file.seek(max(0, size - _SAMPLE))
            digest.update(file.read(_SAMPLE))
    name = model if model in EMBEDDED else model.rstrip("/").rsplit("/", 1)[-1]
    return f"{name}@{digest.hexdigest()[:12]}"


def working_device(device: str) -> str:
    """The device that ``auto`` stands for here."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise LookupError("device 'cuda' was asked for, but torch sees no GPU; use device: auto")
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def working_dtype(dtype: str, device: str) -> Any:
    """The torch dtype that ``dtype`` stands for on ``device``."""
    import torch

    if dtype != "auto":
        return getattr(torch, dtype)
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    # Where the processor does not multiply bfloat16 itself, emulation is slower than float32.
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if native else torch.float32


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of ``folder``, padding on the left.

    Raises ValueError when it has no chat template or no end-of-sequence token.
    """
    from transformers import AutoTokenizer

    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if tokenizer.chat_template is None:
        raise ValueError(
            f"the model in {folder} has no chat template, so prompts cannot be written for it;"
            " copy the folder and put a chat_template.jinja into it, or use an instruct model"
        )
    if tokenizer.eos_token_id is None:
        raise ValueError(f"the tokenizer in {folder} names no end-of-sequence token (eos_token)")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    return tokenizer


def load_model(base: Path, checkpoint: Path | None, dtype: Any, device: str) -> Any:
    """The model of ``checkpoint``: a LoRA adapter of ``base``, a full folder, or None for ``base``.

    Raises ValueError when ``checkpoint`` holds neither an adapter nor a model.
    """
    import torch
    from transformers import AutoModelForCausalLM

    adapter = checkpoint is not None and (checkpoint / "adapter_config.json").is_file()
    if checkpoint is not None and not adapter and not (checkpoint / "config.json").is_file():
        raise ValueError(
            f"checkpoint {checkpoint} holds neither an adapter (adapter_config.json) nor a model"
            " (config.json)"
        )
    folder = base if checkpoint is None or adapter else checkpoint
    with quiet():
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32 if adapter else dtype, local_files_only=True
        )
        if adapter:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, checkpoint, local_files_only=True)
            model = model.merge_and_unload()
    model.get_output_embeddings().register_forward_pre_hook(_compact)
    # Nothing here trains the weights themselves: a gradient is always that of an adapter over them.
    return model.to(device=device, dtype=dtype).eval().requires_grad_(False)


def _compact(_layer: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Copy the output layer's input if it is a slice of a larger tensor.

    Otherwise torch, finding a slice and weights without gradient (as PEFT leaves them), multiplies
    row by row with a copy of the weights for each: 3.3 GiB for 64 rows of SmolLM2.
    """
    return (inputs[0].contiguous(), *inputs[1:])
