"""Whether a checkpoint folder belongs to a base model, by the names and shapes of its weights.

Only the headers of safetensors files are read (a length of 8 bytes, little-endian, and that much
JSON), so nothing is loaded. Not covered: whether the weights are any good, and whether an adapter was
trained on another model of the same shapes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from errata.errors import UserError

Shapes = Mapping[str, tuple[int, ...]]
ADAPTER = "adapter_config.json"
_PREFIX = "base_model.model."
_LARGEST = 100_000_000  # bytes; the format's own limit of a header


def shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of the tensors in a folder's safetensors files, by name.

    Raises UserError when there are none, and for a file that is none.
    """
    found: dict[str, tuple[int, ...]] = {}
    for path in sorted(folder.glob("*.safetensors")):
        found |= _header(path)
    if not found:
        raise UserError(
            f"{folder}: no weights in it (*.safetensors); save them as safetensors"
            " (save_pretrained does)"
        )
    return found


def _header(path: Path) -> dict[str, tuple[int, ...]]:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        text = file.read(length) if length <= _LARGEST else b""
    try:
        named = json.loads(text)
        return {n: tuple(t["shape"]) for n, t in named.items() if n != "__metadata__"}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"{path}: not a safetensors file (its header does not read)") from error


def refuse_misfit(folder: Path, base: Path) -> None:
    """Raise UserError when ``folder`` holds neither a LoRA adapter nor a full model of ``base``."""
    if (folder / ADAPTER).is_file():
        _refuse_adapter(folder, base)
    elif (folder / "config.json").is_file():
        _refuse_model(folder, base)
    else:
        raise UserError(
            f"{folder}: neither an adapter ({ADAPTER}) nor a model (config.json); give the folder"
            " that the trainer saved, not the one around it"
        )


def _refuse_adapter(folder: Path, base: Path) -> None:
    try:
        config = json.loads((folder / ADAPTER).read_text(encoding="utf-8"))
        kind = str(config["peft_type"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder / ADAPTER}: not the configuration of an adapter") from error
    if kind.upper() != "LORA":
        raise UserError(f"{folder}: an adapter of kind {kind}; only LoRA adapters can be adopted")
    of_base, found = shapes(base), 0
    for name, shape in shapes(folder).items():
        module, lora, rest = name.removeprefix(_PREFIX).partition(".lora_")
        if not lora:
            raise UserError(
                f"{folder}: besides LoRA matrices it holds {name!r}; merge the adapter into its base"
                " and adopt the full model"
            )
        weight = of_base.get(f"{module}.weight")
        side = 0 if rest.startswith(("B", "embedding_B")) else 1
        if weight is None or len(weight) != 2 or shape[side] != weight[side]:
            raise UserError(
                f"{folder}: not an adapter of this run's base {base.name}: {name!r} of shape"
                f" {list(shape)} does not fit {_told(weight)}"
            )
        found += 1
    if not found:
        raise UserError(f"{folder}: an adapter without weights")


def _refuse_model(folder: Path, base: Path) -> None:
    own, of_base = shapes(folder), shapes(base)
    # An output layer tied to the embedding may be written out or not.
    names = {n for n in own.keys() | of_base.keys() if not n.startswith("lm_head.")}
    for name in sorted(names):
        if own.get(name) != of_base.get(name):
            raise UserError(
                f"{folder}: not a model of the kind of this run's base {base.name}: {name!r} is"
                f" {_told(own.get(name))} here and {_told(of_base.get(name))} there"
            )


def _told(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else f"of shape {list(shape)}"
