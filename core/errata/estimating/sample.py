"""The round of a pilot: a random sample of what the first round of the run has."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from errata.evaluation import (
    IMPORTED_COUNTS,
    IMPORTED_FILES,
    evaluate_problems,
    evaluation_files,
    imported,
)
from errata.quotas import quotas
from errata.records import ErrorType
from errata.rounds import BASE, Round
from errata.stages.importing import Imported

if TYPE_CHECKING:
    from errata.estimating.pilot import Pilot


class PilotRound(Round):
    """The first round, on a sample: a random one, and of the types that come out of it a few."""

    run: Pilot
    case_counts: tuple[int, ...] = ()

    @cached_property
    def sample(self) -> list[str]:
        """Ids of the train problems that are tried; a larger pilot tries those of a smaller one too."""
        ids = list(self.run.sets.get("train", ()))
        self.run.random("estimate").shuffle(ids)
        return ids[: self.run.size.cases]

    @cached_property
    def imported(self) -> tuple[int, int]:
        """How many attempts of other models the run has, and how many of them the pilot keeps."""
        counts = self.store.read(IMPORTED_COUNTS, Imported)
        matched = sum(source.matched for source in counts)
        return matched, min(matched, self.run.size.cases)

    def _sample_imported(self) -> None:
        """Keep a random few of the attempts of other models."""
        every, few = self.imported
        if sum(1 for _ in imported(self.store)) <= few:
            return
        kept = set(self.run.random("estimate/imported").sample(range(every), few))
        pairs = [pair for place, pair in enumerate(imported(self.store)) if place in kept]
        for name, place in zip(IMPORTED_FILES, (0, 1), strict=True):
            with self.store.append(name, fresh=True) as out:
                for pair in pairs:
                    out.write(pair[place])

    def evaluate(self) -> list[str]:
        """The untouched target on the sample."""
        self._sample_imported()
        evaluate_problems(self.run, BASE, dict.fromkeys(self.sample, "train"))
        return evaluation_files(BASE, "train")

    def diagnose(self) -> list[str]:
        """A diagnosis of every bad case, from the first one on: the ledger has what was paid for."""
        self.store.file(self.path("diagnoses.jsonl")).unlink(missing_ok=True)
        return super().diagnose()

    def synthesize(self) -> list[str]:
        """Candidates against a few of the types, in random order, each with a quota as in the run or
        half of the pilot's."""
        types, assignments = self.grouped
        members = [set(assignment.types) for assignment in assignments]
        counts = {t.id: sum(t.id in ids for ids in members) for t in types}
        self.case_counts = tuple(counts.values())
        settings, most = self.run.recipe.synthesize, self.run.size.candidates
        quota = {
            t: found.quota for t, found in quotas(counts, settings.total, settings.per_type).items()
        }
        order = [t for t in types if quota[t.id]]
        self.run.random("estimate/types").shuffle(order)
        chosen: list[ErrorType] = []
        wanted = 0
        for error_type in order:
            if wanted < most:
                chosen.append(error_type)
                wanted += min(quota[error_type.id], -(-most // 2))
        few = settings.model_copy(
            update={"per_type": "uniform", "total": max(1, min(most, wanted))}
        )
        self.recipe = self.recipe.model_copy(update={"synthesize": few})
        self.grouped = chosen, assignments
        self.run.bad_cases, self.run.tried = list(self.bad_cases()), len(self.sample)
        return super().synthesize()
