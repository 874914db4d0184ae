"""A band of pass rates: what the target solves now and then.

A problem that the target nearly always solves teaches it nothing, and one that it never solves teaches
it little (SwS, arXiv 2506.08989, keeps 12.5 to 87.5%). The verifier ``difficulty`` refuses candidates
outside of a band while they are made; this selector ranks those that were accepted.

Every sample has a stream of its own, named after the candidate. Not covered: whether the solution is
right, and other answers to the same question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

from errata.parts import DevCases, Memo, Services
from errata.records import Candidate, Selection
from errata_selection.cut import above
from errata_selection.progress import Counted
from errata_selection.settings import PassRateSettings


class PassRate:
    """The selector ``pass-rate``; works with a target that can sample."""

    def __init__(self, settings: PassRateSettings, services: Services) -> None:
        self._settings, self._services = settings, services

    def select(
        self, candidates: Sequence[Candidate], cases: DevCases, memo: Memo
    ) -> Sequence[Selection]:
        """One selection per candidate, in order. Right answers go into ``memo`` under ``right:ID``."""
        del cases
        settings = self._settings
        rates = {
            name: right / settings.samples for name, right in self._right(candidates, memo).items()
        }
        within = [n for n, rate in rates.items() if settings.least <= rate <= settings.most]
        within.sort(key=lambda name: (abs(rates[name] - 0.5), name))
        kept = above(within, candidates, settings)
        order = sorted(rates, key=lambda name: (name not in kept, abs(rates[name] - 0.5), name))
        ranks = {name: rank for rank, name in enumerate(order, start=1)}
        return [
            Selection(
                candidate_id=candidate.id,
                rank=ranks[candidate.id],
                kept=candidate.id in kept,
                score=rates[candidate.id],
                uncertainty=self._error(rates[candidate.id]),
                why=self._why(rates[candidate.id]),
            )
            for candidate in candidates
        ]

    def _right(self, candidates: Sequence[Candidate], memo: Memo) -> Mapping[str, int]:
        """How many of its samples are right, by candidate; batches are of candidates in order, and
        made anew as a whole where one of them is missing."""
        samples = self._settings.samples
        size = max(1, self._services.target().batch_size // samples)
        progress = Counted(self._services.progress, len(candidates))
        found: dict[str, int] = {}
        for start in range(0, len(candidates), size):
            chunk = candidates[start : start + size]
            known = {c.id: memo.get(f"right:{c.id}") for c in chunk}
            if any(not isinstance(right, int) for right in known.values()):
                for name, right in self._drawn(chunk).items():
                    if not isinstance(known[name], int):
                        memo.put(f"right:{name}", right)
                    known[name] = right
            found |= {name: right for name, right in known.items() if isinstance(right, int)}
            progress.add(len(chunk))
        return found

    def _drawn(self, chunk: Sequence[Candidate]) -> dict[str, int]:
        settings, services = self._settings, self._services
        asked = [(c, number) for c in chunk for number in range(settings.samples)]
        target, problems = services.target(), [c.body.problem for c, _ in asked]
        prompts = [services.domain.target_prompt(problem) for problem in problems]
        streams = [services.random(f"pass-rate/{c.id}/{number}") for c, number in asked]
        texts: list[str] = []
        for start in range(0, len(prompts), target.batch_size):
            part = slice(start, start + target.batch_size)
            drawn = target.sample(prompts[part], settings.temperature, streams[part])
            texts += [generation.text for generation in drawn]
        verdicts = services.domain.check(problems, texts)
        right = dict.fromkeys((candidate.id for candidate in chunk), 0)
        for (candidate, _), verdict in zip(asked, verdicts, strict=True):
            right[candidate.id] += verdict.outcome == "right"
        return right

    def _error(self, rate: float) -> float:
        """Standard error of a rate, with one more right and one more wrong, so that it is never 0."""
        more = self._settings.samples + 2
        drawn = (rate * self._settings.samples + 1) / more
        return sqrt(drawn * (1 - drawn) / more)

    def _why(self, rate: float) -> str:
        settings = self._settings
        solved = f"solved in {round(rate * settings.samples)} of {settings.samples} samples"
        if rate < settings.least:
            return f"{solved}: too hard"
        return f"{solved}: too easy" if rate > settings.most else solved
