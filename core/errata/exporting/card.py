"""The card of an exported dataset: README.md with the front matter that dataset hubs read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from errata.exporting.formats import FormatName
    from errata.exporting.writing import Counts

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_KINDS = {
    "qa": "a question with its solution",
    "correction": "a wrong solution, its first wrong step, why, and the solution from there",
    "trajectory": "a solution that goes wrong, notices, and recovers",
    "pair": "a better and a worse answer to one question",
    "critique": "a response and a critique of it",
}


@dataclass(frozen=True)
class Provenance:
    """Where a dataset comes from; ``sources`` are the train sources of the run's problems."""

    name: str
    version: str
    recipe: str
    target: str
    domain: str
    seed: int
    what: str
    rounds: Sequence[str] = ()
    sources: Sequence[str] = ()


def card(
    format_name: FormatName,
    provenance: Provenance,
    files: Mapping[str, str],
    counts: Counts,
    notes: Sequence[str],
) -> str:
    """The text of README.md; ``files`` are the data files by part (``sft``, ``preference``)."""
    total = counts.parts.total()
    size = next((words for limit, words in _SIZES if total < limit), "n>1M")
    front = {
        "pretty_name": f"{provenance.name} (errata, {format_name})",
        "tags": ["errata", "synthetic"],
        "task_categories": ["text-generation"],
        "size_categories": [size],
        "configs": [{"config_name": p, "data_files": f} for p, f in files.items()],
    }
    hub = [s.removeprefix("hf:") for s in provenance.sources if s.startswith("hf:")]
    if hub:
        front["source_datasets"] = hub
    head = yaml.safe_dump(front, sort_keys=False, allow_unicode=True)
    parts = [
        f"---\n{head}---\n# {_line(provenance.name)}",
        _about(provenance, counts),
        _tables(counts),
        _loading(format_name, files),
    ]
    if notes:
        parts.append("## What this format cannot say\n\n" + "\n".join(f"- {n}" for n in notes))
    return "\n\n".join(parts) + "\n"


def _about(provenance: Provenance, counts: Counts) -> str:
    models = ", ".join(f"{_line(m) or 'no model'} ({n:,})" for m, n in counts.models.most_common())
    rows = [
        ("errata", provenance.version),
        ("recipe", provenance.recipe),
        ("domain", provenance.domain),
        ("target whose errors it is made from", provenance.target),
        ("train problems from", ", ".join(provenance.sources)),
        ("rounds", ", ".join(provenance.rounds)),
        ("examples", f"{counts.parts.total():,} {provenance.what}"),
        ("strategies", ", ".join(f"{s} ({n:,})" for s, n in counts.strategies.most_common())),
        ("written by", models),
        ("seed", str(provenance.seed)),
    ]
    table = "\n".join(f"| {key} | {_line(value)} |" for key, value in rows)
    return (
        "Training data against the errors of one model, made by errata. Its questions may be made"
        " from the train problems named below, whose licences apply.\n\n| | |\n| --- | --- |\n"
        + table
    )


def _tables(counts: Counts) -> str:
    kinds = "\n".join(
        f"| `{kind}` | {_KINDS.get(kind, '')} | {n:,} |" for kind, n in counts.kinds.most_common()
    )
    types = "\n".join(
        f"| {round_} | {_line(name) or '(none)'} | {n:,} |"
        for (round_, _, name), n in sorted(
            counts.types.items(), key=lambda item: (_number(item[0][0]), -item[1], item[0])
        )
    )
    return (
        "## What is in it\n\n| kind | is | examples |\n| --- | --- | --- |\n"
        f"{kinds}\n\n| round | error type | examples |\n| --- | --- | --- |\n{types}"
    )


def _loading(format_name: FormatName, files: Mapping[str, str]) -> str:
    if format_name == "llama-factory":
        return (
            "## How to use it\n\nGive LLaMA-Factory this folder as `dataset_dir`, and as `dataset` a"
            " name of `dataset_info.json`."
        )
    lines = "\n".join(f'load_dataset("FOLDER", "{part}", split="train")' for part in files)
    return f"## How to use it\n\n```python\nfrom datasets import load_dataset\n\n{lines}\n```"


def _line(text: str) -> str:
    """Text that cannot leave its cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _number(round_name: str) -> int:
    return int(round_name.removeprefix("round-"))
