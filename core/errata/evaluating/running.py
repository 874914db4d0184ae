"""Doing it: attempts, samples and verdicts of every set, as far as they are missing, then figures.

The folder holds ``eval.json`` (what was asked for), ``NAME.problems.jsonl``, ``NAME.attempts.jsonl``,
``NAME.verdicts.jsonl``, ``NAME.samples.jsonl``, ``NAME.sample_verdicts.jsonl`` of every set, and
``figures.jsonl``, one line a set. An evaluation that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import cast

from errata.alone import make_part
from errata.errors import ProblemsError, RunDirectoryError, boundary
from errata.evaluating.figures import Same, SetFigures, set_figures
from errata.evaluating.request import Asked, Prepared
from errata.evaluation import append_batches, check_file
from errata.index import RecordIndex
from errata.lines import parse_line
from errata.parts import Embedder, Progress, Services, Target
from errata.records import Attempt, Problem, Verdict
from errata.seeds import stream
from errata.stages import evaluate, sampling
from errata.stages.second_look import same
from errata.store import Store

Tell = Callable[[str], Progress]


class EvaluationStore(Store):
    """A folder with an evaluation."""

    def exists(self) -> bool:
        """Whether an evaluation lives here."""
        return self.file("eval.json").exists()


class Evaluation:
    """A request in its folder. ``tell(what)`` gives the progress of one piece of work."""

    def __init__(self, prepared: Prepared, store: EvaluationStore, cache: Path, tell: Tell) -> None:
        self._asked, self._domain = prepared.asked, prepared.domain
        self._prepared, self._store, self._cache, self._tell = prepared, store, cache, tell

    def run(self) -> list[SetFigures]:
        """The figures of every set. Raises RunDirectoryError where the folder holds another
        evaluation."""
        with self._store.locked():
            self._open()
            for name in self._asked.sets:
                self._read(name)
            found = [self._evaluate(name) for name in self._asked.sets]
            with self._store.append("figures.jsonl", fresh=True) as out:
                for figures in found:
                    out.write(figures)
        return found

    def _open(self) -> None:
        """Enter what is asked for; an evaluation that came to no attempt gives way to another."""
        path = self._store.file("eval.json")
        if path.exists():
            there = parse_line(path, 1, path.read_bytes(), Asked)
            if there == self._asked:
                return
            if any(self._store.path.glob("*.attempts.jsonl")):
                names = Asked.model_fields
                other = [n for n in names if getattr(there, n) != getattr(self._asked, n)]
                raise RunDirectoryError(
                    f"{self._store.path} holds an evaluation that differs in {', '.join(other)}; give"
                    " another folder with --into"
                )
            for left in self._store.path.glob("*.problems.jsonl"):
                left.unlink()
        self._store.write("eval.json", self._asked.model_dump_json(indent=1) + "\n")

    def _read(self, name: str) -> None:
        """The problems of a set, read once."""
        file = f"{name}.problems.jsonl"
        if self._store.file(file).exists():
            return
        source, ids = self._asked.sets[name], set()
        found = self._domain.problems(source.source, source.split, self._asked.seed)
        partial_file = file + ".tmp"
        with self._store.append(partial_file, fresh=True) as out:
            for problem in islice(found, source.limit):
                if problem.id in ids:
                    raise ProblemsError(f"set {name}: two problems have the id {problem.id!r}")
                ids.add(problem.id)
                out.write(problem)
        if not ids:
            raise ProblemsError(
                f"set {name}: source {source.source!r}, split {source.split!r}, is empty"
            )
        self._store.file(partial_file).replace(self._store.file(file))

    def _evaluate(self, name: str) -> SetFigures:
        problems = RecordIndex(self._store.file(f"{name}.problems.jsonl"), Problem, "id")
        self._attempt(name)
        files = (f"{name}.attempts.jsonl", f"{name}.verdicts.jsonl")
        check_file(self._store, files, problems.__getitem__, self._domain)
        drawn: dict[str, list[Verdict]] = {}
        if self._asked.samples:
            self._sample(name)
            files = (f"{name}.samples.jsonl", f"{name}.sample_verdicts.jsonl")
            check_file(self._store, files, problems.__getitem__, self._domain)
            for verdict in self._store.read(f"{name}.sample_verdicts.jsonl", Verdict):
                drawn.setdefault(verdict.problem_id, []).append(verdict)
        return set_figures(
            name,
            list(self._store.read(f"{name}.attempts.jsonl", Attempt)),
            list(self._store.read(f"{name}.verdicts.jsonl", Verdict)),
            drawn,
            {problem.id: problem.kind for problem in self._problems(name)},
            lambda problem_id: cast(Same, partial(same, self._domain, problem_id)),
        )

    def _problems(self, name: str) -> Iterator[Problem]:
        return self._store.read(f"{name}.problems.jsonl", Problem)

    def _attempt(self, name: str) -> None:
        file, total = f"{name}.attempts.jsonl", sum(1 for _ in self._problems(name))
        done = {a.problem_id for a in self._store.read(file, Attempt)}
        if len(done) == total:
            return
        batches = evaluate.attempt(
            self._problems(name),
            "eval",
            self.target,
            self._domain,
            done,
            self._asked.guidance or None,
        )
        counted = evaluate.counting(batches, len(done), total, self._tell(name))
        append_batches(self._store, file, counted)

    def _sample(self, name: str) -> None:
        asked, file = self._asked, f"{name}.samples.jsonl"
        total = asked.samples * sum(1 for _ in self._problems(name))
        done = {a.id for a in self._store.read(file, Attempt)}
        if len(done) == total:
            return
        batches = sampling.draw(
            self._problems(name),
            asked.samples,
            "eval",
            self.target,
            lambda problem: self._domain.target_prompt(problem, guidance=asked.guidance or None),
            done,
            asked.temperature,
            lambda stream_name: stream(asked.seed, f"eval/{stream_name}"),
        )
        tell = self._tell(f"{name}, {asked.samples} samples")
        counted = evaluate.counting(batches, len(done), total, tell)
        append_batches(self._store, file, counted)

    @cached_property
    def target(self) -> Target:
        """The model, with the weights that were asked for; made when something is missing."""
        chosen = self._prepared.target
        services = Services(
            domain=self._domain,
            random=lambda name: stream(self._asked.seed, name),
            problems=lambda name: self._problems(name.removeprefix("test/")),
            sets=tuple(f"test/{name}" for name in self._asked.sets),
            target=lambda: self.target,
            embedder=_no_embedder,
            cache=self._cache,
            progress=lambda _done, _total: None,
            directory=self._store.path,
            notify=self._prepared.active.notify,
        )
        with boundary(f"target {chosen.use}", "being made"):
            made = cast(Target, make_part(chosen.part, chosen.settings, services))
            made.use(Path(self._asked.weights) if self._asked.weights else None)
        return made


def evaluate_model(prepared: Prepared, into: Path, cache: Path, tell: Tell) -> list[SetFigures]:
    """Evaluate into a folder, or go on with the evaluation there."""
    return Evaluation(prepared, EvaluationStore(into), cache, tell).run()


def _no_embedder() -> Embedder:
    raise LookupError("there is no embedder in an evaluation")
