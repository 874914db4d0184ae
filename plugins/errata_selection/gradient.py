"""One training step on a candidate, and what it does to the loss on the type's dev cases.

The other reading of "one-shot": not shown as an example but learnt from once. ``first-order`` is the
product of gradients of LESS (Xia et al. 2024, arXiv 2402.04333), ``exact`` takes the step, measures and
undoes it; the target's capability ``influence`` says what a step is. The score is the mean of the mean
fall over bad cases and that over good ones, in nats per token.

Not covered: what several candidates teach together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from pydantic import JsonValue

from errata.parts import DevCases, Influences, Memo, Services
from errata.records import Candidate, Selection, TrainingExample
from errata.stages.train import example, solved_example
from errata_selection.comparing import Worth, common_spread, worth
from errata_selection.cut import above
from errata_selection.measuring import reference
from errata_selection.plan import Cases, Plan, make_plan
from errata_selection.progress import Counted
from errata_selection.recording import recorded
from errata_selection.settings import GradientSettings


class OneShotGradient:
    """The selector ``one-shot-gradient``; works with a target that has the capability ``influence``."""

    def __init__(self, settings: GradientSettings, services: Services) -> None:
        self._settings, self._services = settings, services

    def select(
        self, candidates: Sequence[Candidate], cases: DevCases, memo: Memo
    ) -> Sequence[Selection]:
        """One selection per candidate, in order. Falls go into ``memo`` under ``influence:ID`` as soon
        as they are known. Raises ValueError when there are no dev cases."""
        if not candidates:
            return []
        size = self._settings.dev_cases
        random = self._services.random("one-shot-gradient")
        plan = make_plan(candidates, cases, size, size, None, random)
        plan.refuse_empty(cases)
        falls = dict(self._falls(candidates, plan, memo))
        plain = {c.id: worth(falls[c.id], plan.of(c).ids()) for c in candidates}
        spread = common_spread([each.halves for each in plain.values()])
        worths = {c.id: worth(falls[c.id], plan.of(c).ids(), spread) for c in candidates}
        order = sorted(worths, key=lambda name: (-worths[name].score, name))
        kept = above(order, candidates, self._settings)
        return recorded(candidates, worths, kept, self._why)

    def _why(self, candidate: Candidate, found: Worth) -> str:
        del candidate
        how = "measured" if self._settings.method == "exact" else "predicted"
        return f"{how} fall of the loss in nats per token over {found.cases} dev cases"

    def _falls(
        self, candidates: Sequence[Candidate], plan: Plan, memo: Memo
    ) -> Iterator[tuple[str, Mapping[str, float]]]:
        """The fall of each dev case by candidate, type after type, a batch of the target at a time."""
        target = self._services.target()
        if not isinstance(target, Influences):
            raise ValueError(
                "one-shot-gradient needs a target that can tell the influence of a training step;"
                f" {type(target).__name__} cannot"
            )
        progress = Counted(self._services.progress, len(candidates))
        for error_type, shown in plan.cases.items():
            own = [c for c in candidates if (c.lineage.error_type or None) == error_type]
            size: int = self._services.target().batch_size
            for start in range(0, len(own), size):
                chunk = own[start : start + size]
                yield from self._chunk(target, chunk, shown, memo)
                progress.add(len(chunk))

    def _chunk(
        self, target: Influences, chunk: Sequence[Candidate], shown: Cases, memo: Memo
    ) -> Iterator[tuple[str, Mapping[str, float]]]:
        """The falls of candidates whose gradients are made together; remembered, or made anew for all
        of them, so that a resumed run repeats the numbers."""
        names = [problem.id for problem in shown.once()]
        known = [_known(memo.get(f"influence:{c.id}"), names) for c in chunk]
        if any(falls is None for falls in known):
            train = [example(candidate, self._services.domain) for candidate in chunk]
            found = target.influence(
                train,
                self._dev(shown),
                step=self._settings.step,
                exact=self._settings.method == "exact",
            )
            for candidate, falls, row in zip(chunk, known, found, strict=True):
                if falls is None:
                    new: dict[str, JsonValue] = dict(zip(names, row, strict=True))
                    memo.put(f"influence:{candidate.id}", new)
            known = [dict(zip(names, row, strict=True)) for row in found]
        for candidate, falls in zip(chunk, known, strict=True):
            yield candidate.id, falls or {}

    def _dev(self, shown: Cases) -> list[TrainingExample]:
        """The dev cases with their references, as if they were to be learnt."""
        wanted = self._settings.continuation
        return [
            solved_example(
                problem.model_copy(update={"solution": reference(problem, wanted)}),
                self._services.domain,
            )
            for problem in shown.once()
        ]


def _known(stored: JsonValue, names: Sequence[str]) -> dict[str, float] | None:
    if not isinstance(stored, Mapping) or set(stored) != set(names):
        return None
    return {name: float(cast(float, stored[name])) for name in names}
