"""One-shot selection: a candidate is worth what it gives the target as a worked example.

After Self-Error-Instruct (arXiv 2505.22591, section 3.4): bad and good dev cases, the mean of the two
means, the top fraction. ``accuracy`` is the paper's measure, ``likelihood`` puts the log-probability of
the reference in its place, with and without the candidate. Differences from the paper: bad cases are
those of the candidate's own error type where it has any; the same cases for all candidates of a type;
standard errors; candidates may be dropped early. Not covered: candidates in company, two that help in
the same way may both be kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from errata.parts import DevCases, Memo, Scores, Services
from errata.records import Candidate, Selection
from errata_selection.comparing import Spread, Worth, common_spread, worth
from errata_selection.cut import grouped, numbers
from errata_selection.measuring import Answers, Likelihood, Measure, Remembered
from errata_selection.plan import Plan, make_plan
from errata_selection.progress import Counted
from errata_selection.racing import Race, sizes
from errata_selection.recording import recorded
from errata_selection.settings import OneShotSettings


class OneShot:
    """The selector ``one-shot``; works with any target, with ``likelihood`` with one that can score."""

    def __init__(self, settings: OneShotSettings, services: Services) -> None:
        self._settings = settings
        self._services = services

    def select(
        self, candidates: Sequence[Candidate], cases: DevCases, memo: Memo
    ) -> Sequence[Selection]:
        """One selection per candidate, in order. Values go into ``memo`` under ``case:ID`` and
        ``candidate:ID`` as soon as they are known. Raises ValueError when there are no dev cases."""
        if not candidates:
            return []
        settings = self._settings
        plan = make_plan(
            candidates,
            cases,
            settings.dev_cases,
            settings.min_cases,
            settings.max_pairs,
            self._services.random("one-shot"),
        )
        plan.refuse_empty(cases)
        groups = grouped(candidates, settings)
        wanted = numbers({name: len(group) for name, group in groups.items()}, settings)
        race = Race(
            {name: [c.id for c in group if c.id in plan.scored] for name, group in groups.items()},
            wanted,
        )
        scored = [candidate for candidate in candidates if candidate.id in plan.scored]
        measured = _Measured(self._measure(), scored, plan, self._services, memo)
        worths = self._run(race, measured)
        racing = settings.race != "none"
        return recorded(
            candidates,
            worths,
            race.finish(worths),
            lambda candidate, each: _why(
                each, measured.unit, dropped=racing and candidate.id in race.dropped
            ),
            "not scored: max_pairs",
        )

    def _measure(self) -> Measure:
        settings, target = self._settings, self._services.target()
        if settings.score == "accuracy":
            return Answers(self._services)
        if not isinstance(target, Scores):
            raise ValueError(
                f"one-shot selection needs a target that can score; {type(target).__name__} cannot"
            )
        return Likelihood(self._services, settings.continuation)

    def _run(self, race: Race, measured: _Measured) -> Mapping[str, Worth]:
        """Measure who is running on more and more cases, until all is decided or seen."""
        settings = self._settings
        looks = sizes(settings.min_cases, measured.most, racing=settings.race != "none")
        for part, size in enumerate(looks):
            worths, spread = measured.on(race.running(), size, part)
            if size == looks[-1] or settings.race == "none":
                break
            if settings.race == "halving":
                race.halve(worths, settings.shrink)
            else:
                race.look(worths, spread, settings.sure)
            if not race.running():
                break
        measured.end()
        return worths


class _Measured:
    """Values of candidates on growing parts of their cases."""

    def __init__(
        self,
        measure: Measure,
        candidates: Sequence[Candidate],
        plan: Plan,
        services: Services,
        memo: Memo,
    ) -> None:
        self.unit = measure.unit
        self._candidates = {candidate.id: candidate for candidate in candidates}
        self._cases = {c.id: plan.of(c) for c in candidates}
        self._values: dict[str, dict[str, float]] = {c.id: {} for c in candidates}
        self._remembered = Remembered(measure, memo)
        problems = {p.id: p for shown in self._cases.values() for p in shown.once()}
        self.most = max((len(shown) for shown in self._cases.values()), default=0)
        pairs = sum(len(shown.once()) for shown in self._cases.values())
        self._progress = Counted(services.progress, len(problems) + pairs)
        for done in measure.prepare([problems[name] for name in sorted(problems)], memo):
            self._progress.add(done)

    def on(
        self, running: Sequence[str], size: int, part: int
    ) -> tuple[Mapping[str, Worth], Spread]:
        """The worths of all so far, and the common spread, once those ``running`` have seen ``size``
        of their cases."""
        pairs = []
        for name in running:
            known = self._values[name]
            new = [p for p in self._cases[name].first(size).once() if p.id not in known]
            if new:
                pairs.append((self._candidates[name], new))
        for candidate, values in self._remembered.values(pairs, part):
            self._values[candidate.id] |= values
            self._progress.add(len(values))
        return self._worths()

    def end(self) -> None:
        """Nothing more is measured, whatever was left to do."""
        self._progress.finish()

    def _worths(self) -> tuple[Mapping[str, Worth], Spread]:
        plain = {
            name: worth(values, self._cases[name].ids())
            for name, values in self._values.items()
            if values
        }
        spread = common_spread([each.halves for each in plain.values()])
        return {
            name: worth(self._values[name], self._cases[name].ids(), spread) for name in plain
        }, spread


def _why(each: Worth, unit: str, *, dropped: bool) -> str:
    bad, good = (len(half) for half in each.halves)
    lost = ", dropped: it could not reach the cut any more" if dropped else ""
    return f"{unit} over {bad} bad and {good} good dev cases{lost}"
