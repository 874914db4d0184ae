"""The trainers ``sft``, ``dpo`` and ``sft-dpo``: examples in, adapter or model folder out.

Same seed, same machine and number of threads: same weights, byte for byte. TRL seeds the global random
generators of Python, NumPy and torch; nothing in errata draws from those.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from errata.parts import Services
from errata.records import TrainingExample
from errata_trl.examples import tokenize, tokenize_pair, training_order
from errata_trl.fitting import Job, Row, take_up
from errata_trl.launching import run
from errata_trl.loading import load_tokenizer
from errata_trl.settings import SftDpoSettings, SftSettings, TrainingSettings


@dataclass(frozen=True)
class _Coded:
    """Examples as rows of tokens, with the ``length`` of the longest way through each, and the counts
    of what they hold."""

    rows: Sequence[Row]
    lengths: Sequence[int]
    tokens: int
    loss_tokens: int
    too_long: int


class Training:
    """One kind of training of the target; ``kind`` decides what its examples must be."""

    def __init__(
        self, kind: Literal["sft", "dpo"], settings: TrainingSettings, services: Services
    ) -> None:
        self._kind: Literal["sft", "dpo"] = kind
        self._settings, self._services = settings, services

    def train(
        self, examples: Sequence[TrainingExample], start: Path | None, into: Path
    ) -> Mapping[str, float]:
        """Write an adapter or a full model, with the tokenizer, to ``into``.

        Returns ``loss_first`` and ``loss_last`` (nats per token; per pair for ``dpo``; means of the
        first and last tenth of the steps), ``examples``, ``too_long``, ``tokens`` and ``loss_tokens``
        (of one epoch), ``steps`` and ``seconds``; for ``dpo`` ``preferred_last``, the share of pairs in
        the last tenth whose better completion was preferred. Raises ValueError when there is nothing
        to train on, when an example is of the other kind, and when ``start`` does not fit the method.
        """
        scratch = self._services.scratch()
        return self.train_in(scratch / self._kind, examples, start, into)

    def train_in(
        self, scratch: Path, examples: Sequence[TrainingExample], start: Path | None, into: Path
    ) -> Mapping[str, float]:
        """The same with a scratch folder of its own."""
        began = time.monotonic()
        settings = self._settings
        base = self._services.target().materialise()
        coded = self._coded(load_tokenizer(base), examples)
        random = self._services.random(self._kind)
        seed = random.getrandbits(31)
        order = training_order(
            coded.lengths,
            settings.epochs,
            settings.batch_size * settings.processes,
            random if settings.shuffle else None,
        )
        # The folder of the round, whatever the new checkpoint is called while it is being made.
        place = next((p for p in into.parents if p.parent == self._services.directory), into.parent)
        job = Job(
            kind=self._kind,
            settings=settings.model_dump_json(),
            base=base,
            start=start,
            into=into,
            scratch=scratch,
            logs=self._services.directory / "logs" / place.name / self._kind,
            name=f"{self._services.directory.name}/{place.name}/{self._kind}",
            seed=seed,
        )
        rows = [coded.rows[index] for index in order]
        take_up(job, rows)
        figures = run(job, rows, self._services.progress)
        tenth = max(1, len(figures.losses) // 10)
        found = {
            "loss_first": sum(figures.losses[:tenth]) / tenth,
            "loss_last": sum(figures.losses[-tenth:]) / tenth,
            "examples": float(len(coded.rows)),
            "too_long": float(coded.too_long),
            "tokens": float(coded.tokens),
            "loss_tokens": float(coded.loss_tokens),
            "steps": float(figures.steps),
            "seconds": round(time.monotonic() - began, 3),
        }
        if figures.preferred:
            found["preferred_last"] = sum(figures.preferred[-tenth:]) / tenth
        return found

    def _coded(self, tokenizer: Any, examples: Sequence[TrainingExample]) -> _Coded:
        found = (
            _answers(tokenizer, examples) if self._kind == "sft" else _pairs(tokenizer, examples)
        )
        most = self._settings.max_length
        fitting = [(row, length, loss) for row, length, loss in found if length <= most]
        if not fitting:
            raise ValueError(
                f"nothing to train on: of {len(found)} examples none has at most {most} tokens"
                " (max_length)"
            )
        return _Coded(
            rows=[row for row, _, _ in fitting],
            lengths=[length for _, length, _ in fitting],
            tokens=sum(_size(row) for row, _, _ in fitting),
            loss_tokens=sum(loss for _, _, loss in fitting),
            too_long=len(found) - len(fitting),
        )


def _answers(tokenizer: Any, examples: Sequence[TrainingExample]) -> list[tuple[Row, int, int]]:
    """Rows with their length and the number of tokens that carry loss."""
    coded = [tokenize(tokenizer, example) for example in examples]
    return [
        (
            {"input_ids": t.ids, "labels": t.labels},
            len(t.ids),
            sum(label >= 0 for label in t.labels),
        )
        for t in coded
    ]


def _pairs(tokenizer: Any, examples: Sequence[TrainingExample]) -> list[tuple[Row, int, int]]:
    coded = [tokenize_pair(tokenizer, example) for example in examples]
    return [
        (
            {"prompt_ids": t.prompt, "chosen_ids": t.chosen, "rejected_ids": t.rejected},
            t.longest,
            len(t.chosen) + len(t.rejected),
        )
        for t in coded
    ]


def _size(row: Row) -> int:
    return sum(len(ids) for name, ids in row.items() if name != "labels")


class SftThenDpo:
    """Supervised fine-tuning, then preferences, in one stage: the first half is the second's start and
    reference."""

    def __init__(self, settings: SftDpoSettings, services: Services) -> None:
        own = settings.model_dump(include=set(SftSettings.model_fields))
        self._first = Training("sft", SftSettings(**own), services)
        self._second = Training("dpo", settings.dpo, services)
        self._chosen, self._services = settings.chosen, services

    def train(
        self, examples: Sequence[TrainingExample], start: Path | None, into: Path
    ) -> Mapping[str, float]:
        """What ``Training.train`` does, twice; figures of the second half begin with ``dpo_``.

        A half without examples is left out. Raises what ``Training.train`` raises.
        """
        pairs = [example for example in examples if example.rejected is not None]
        plain = [
            example if example.rejected is None else example.model_copy(update={"rejected": None})
            for example in examples
            if example.rejected is None or self._chosen
        ]
        scratch, figures = self._services.scratch(), dict[str, float]()
        if not pairs:
            return self._first.train_in(scratch / "sft", plain, start, into)
        if plain:
            half = scratch / "half"
            figures = self._first_half(scratch, plain, start, half)
            start = half
        found = self._second.train_in(scratch / "dpo", pairs, start, into)
        return {**figures, **{f"dpo_{name}": value for name, value in found.items()}}

    def _first_half(
        self, scratch: Path, plain: Sequence[TrainingExample], start: Path | None, half: Path
    ) -> dict[str, float]:
        """Train ``half`` unless a killed run left it whole."""
        note = half / "figures.json"
        if note.is_file():
            return dict(json.loads(note.read_text(encoding="utf-8")))
        making = scratch / "half.tmp"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        figures = dict(self._first.train_in(scratch / "sft", plain, start, making))
        (making / note.name).write_text(json.dumps(figures), encoding="utf-8")
        shutil.rmtree(half, ignore_errors=True)
        making.rename(half)
        return figures
