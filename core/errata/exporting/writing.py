"""Rows into a folder: JSON lines or Parquet, with a dataset card or LLaMA-Factory's dataset_info.json.

Examples are streamed; only counts are kept in memory. The folder is put in place in one rename.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from errata.errors import MissingExtra, UserError, boundary
from errata.exporting.card import Provenance, card
from errata.exporting.formats import FORMATS, Format, FormatName, Row, Style
from errata.exporting.gather import Exported
from errata.lines import storage

_ROWS_AT_ONCE = 1_000  # of a Parquet row group
CARD, INFO = "README.md", "dataset_info.json"


@dataclass
class Counts:
    """What was written: examples by part, kind, round and error type; and what a format cannot say."""

    parts: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    types: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    strategies: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    partial: int = 0
    with_prefix: int = 0
    with_turns: int = 0

    def add(self, part: str, exported: Exported) -> None:
        """Count an example that goes into ``part``."""
        example, lineage = exported.example, exported.lineage
        self.parts[part] += 1
        self.kinds[exported.kind] += 1
        self.types[exported.round, exported.error_type, exported.type_name] += 1
        self.strategies[lineage.strategy] += 1
        self.models[lineage.model or ""] += 1
        self.partial += exported.partial
        self.with_prefix += example.rejected is not None and any(s.start for s in example.spans)
        self.with_turns += any(message.role == "assistant" for message in example.messages)

    def notes(self, chosen: Format) -> list[str]:
        """What the format cannot express, with how many examples are concerned."""
        found = []
        if self.partial and not chosen.spans:
            spans = "; the column `loss_spans` has the characters" if chosen.style == "trl" else ""
            found.append(
                f"{self.partial:,} of {self.parts['sft']:,} examples carry loss on a part of the"
                " completion only. This format cannot say so: a trainer will also train on the rest"
                f" (a wrong step, say){spans}. `--format parquet` and errata's own trainer keep it."
            )
        if self.with_prefix and not chosen.spans:
            found.append(
                f"{self.with_prefix:,} of {self.parts['preference']:,} preferences begin alike on both"
                " sides. A loss on the difference of log-likelihoods (DPO) is not changed by that; one"
                " that divides by length, or also trains on the chosen side, is."
            )
        if self.with_turns and chosen.earlier_turns:
            found.append(
                f"{self.with_turns:,} prompts have earlier assistant turns. LLaMA-Factory trains on"
                " them too, unless `mask_history: true`."
            )
        return found


def write_dataset(
    folder: Path,
    examples: Iterable[Exported],
    format_name: FormatName,
    provenance: Provenance,
    *,
    replace: bool = False,
) -> Counts:
    """Write ``examples`` to ``folder`` and count them; ``replace`` takes an earlier one away.

    Supervised examples and preferences go into files of their own (``sft``, ``preference``).
    Raises UserError when the folder holds something already, when there is nothing to write, and for
    a prompt that the format has no room for; MissingExtra for Parquet without pyarrow.
    """
    if not replace and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is there already and not empty; give another folder with --into")
    chosen, counts = FORMATS[format_name], Counts()
    made = folder.with_name(folder.name + ".tmp")
    with storage(folder), ExitStack() as leftovers:
        leftovers.callback(shutil.rmtree, made, ignore_errors=True)
        if made.exists():
            shutil.rmtree(made)
        made.mkdir(parents=True)
        _write_rows(made, examples, chosen, counts)
        _write_descriptions(made, format_name, counts, provenance)
        if folder.exists():
            shutil.rmtree(folder)
        made.rename(folder)
    return counts


def _write_rows(made: Path, examples: Iterable[Exported], chosen: Format, counts: Counts) -> None:
    with ExitStack() as open_files:
        writers: dict[str, _Lines | _Table] = {}
        for exported in examples:
            part = "sft" if exported.example.rejected is None else "preference"
            if part not in writers:
                writer = _writer(made / part, chosen.style)
                open_files.callback(writer.close)
                writers[part] = writer
            try:
                row = chosen.row(exported)
            except ValueError as error:
                raise UserError(f"candidate {exported.example.id}: {error}") from error
            writers[part].write(row)
            counts.add(part, exported)
    if not counts.parts:
        raise UserError("nothing to export: no candidate of these rounds was chosen")


def _write_descriptions(
    made: Path, format_name: FormatName, counts: Counts, provenance: Provenance
) -> None:
    chosen = FORMATS[format_name]
    names = {part: data_file(part, chosen.style) for part in sorted(counts.parts, reverse=True)}
    if format_name == "llama-factory":
        info = dataset_info(provenance.name, names)
        (made / INFO).write_text(json.dumps(info, indent=2) + "\n", encoding="utf-8")
    text = card(format_name, provenance, names, counts, counts.notes(chosen))
    (made / CARD).write_text(text, encoding="utf-8")


def data_file(part: str, style: Style) -> str:
    """The file of ``part`` (``sft``, ``preference``)."""
    return f"{part}.parquet" if style == "parquet" else f"{part}.jsonl"


def dataset_info(name: str, files: dict[str, str]) -> Row:
    """LLaMA-Factory's description of the sharegpt files of an export, by dataset name."""
    slug = re.sub(r"\W+", "_", name).strip("_") or "errata"
    columns = {"messages": "conversations", "system": "system"}
    entries: dict[str, Row] = {
        "sft": {"formatting": "sharegpt", "columns": columns},
        "preference": {
            "formatting": "sharegpt",
            "ranking": True,
            "columns": columns | {"chosen": "chosen", "rejected": "rejected"},
        },
    }
    return {f"{slug}_{part}": {"file_name": file, **entries[part]} for part, file in files.items()}


# --- files ------------------------------------------------------------------------------------------


class _Lines:
    """JSON lines."""

    def __init__(self, path: Path) -> None:
        self._out: IO[str] = path.open("w", encoding="utf-8")

    def write(self, row: Row) -> None:
        self._out.write(json.dumps(row, ensure_ascii=False) + "\n")

    def close(self) -> None:
        self._out.close()


class _Table:
    """A Parquet file, written a row group at a time."""

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet

        self._schema = _parquet_schema()
        self._out = pyarrow.parquet.ParquetWriter(path, self._schema)
        self._rows: list[Row] = []

    def write(self, row: Row) -> None:
        self._rows.append(row)
        if len(self._rows) >= _ROWS_AT_ONCE:
            self._flush()

    def close(self) -> None:
        if self._rows:
            self._flush()
        self._out.close()

    def _flush(self) -> None:
        import pyarrow

        self._out.write_table(pyarrow.Table.from_pylist(self._rows, schema=self._schema))
        self._rows.clear()


def _writer(path: Path, style: Style) -> _Lines | _Table:
    file = path.with_name(data_file(path.name, style))
    if style != "parquet":
        return _Lines(file)
    if importlib.util.find_spec("pyarrow") is None:
        raise MissingExtra("--format parquet needs pyarrow: pip install 'errata[data]'")
    with boundary("pyarrow", f"opening {file}"):
        return _Table(file)


def _parquet_schema() -> Any:
    import pyarrow as pa

    text = pa.string()
    message = pa.struct([("role", text), ("content", text)])
    span = pa.struct([("start", pa.int64()), ("end", pa.int64())])
    special = {
        "prompt": pa.list_(message),
        "loss_spans": pa.list_(span),
        "parents": pa.list_(text),
        "cost": pa.float64(),
    }
    names = [
        "id",
        "round",
        "kind",
        "error_type",
        "error_type_name",
        "question",
        "answer",
        "prompt",
        "completion",
        "loss_spans",
        "rejected",
        "strategy",
        "parents",
        "model",
        "prompt_hash",
        "cost",
    ]
    return pa.schema([(name, special.get(name, text)) for name in names])


def parts_written(counts: Counts) -> Iterator[str]:
    """``1,200 supervised``, ``30 preferences``."""
    words = {"sft": "supervised", "preference": "preference"}
    for part in sorted(counts.parts, reverse=True):
        yield f"{counts.parts[part]:,} {words[part]}"
