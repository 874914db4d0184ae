"""One-shot selection: a candidate is worth what it gives the target as a worked example.

After Self-Error-Instruct (arXiv 2505.22591, section 3.4): bad and good dev cases, the mean of the two
means, the top fraction. ``accuracy`` is the paper's measure; ``probability`` and ``likelihood`` put the
(log-)probability of the reference in its place. Differences from the paper: bad cases are those of the
candidate's own error type where it has any; the same cases for all candidates of a type, chosen by
scouts if wanted; standard errors; candidates may be dropped early. Not covered: candidates in company,
two that help in the same way may both be kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from errata.parts import DevCases, Memo, Scores, Services
from errata.records import Candidate, Problem, Selection
from errata_selection.comparing import Spread, Worth, common_spread, worth
from errata_selection.cut import grouped, numbers
from errata_selection.measuring import (
    Answers,
    Likelihood,
    Measure,
    Pairs,
    Probability,
    Remembered,
)
from errata_selection.plan import Cases, Plan, affordable, cases_each, make_plan
from errata_selection.progress import Counted
from errata_selection.racing import Race, sizes
from errata_selection.recording import recorded
from errata_selection.scouting import scouts, telling
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
        ``candidate:ID`` as soon as they are known. Raises ValueError when there are no dev cases,
        and when ``max_pairs`` pays for no more than the scouts."""
        if not candidates:
            return []
        settings = self._settings
        measured = _Measured(self._measure(), self._services, memo)
        make = self._scouted if settings.scouts else self._drawn
        plan = make(candidates, cases, measured)
        measured.follow([c for c in candidates if c.id in plan.scored], plan)
        groups = grouped(candidates, settings)
        wanted = numbers({name: len(group) for name, group in groups.items()}, settings)
        race = Race(
            {name: [c.id for c in group if c.id in plan.scored] for name, group in groups.items()},
            wanted,
        )
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

    def _drawn(self, candidates: Sequence[Candidate], dev: DevCases, measured: _Measured) -> Plan:
        """Cases as they come."""
        settings = self._settings
        plan = make_plan(
            candidates,
            dev,
            settings.dev_cases,
            settings.min_cases,
            settings.max_pairs,
            self._services.random("one-shot"),
        )
        plan.refuse_empty(dev)
        scored = [c for c in candidates if c.id in plan.scored]
        measured.prepare(plan.problems(scored), sum(len(plan.of(c).once()) for c in scored))
        return plan

    def _scouted(self, candidates: Sequence[Candidate], dev: DevCases, measured: _Measured) -> Plan:
        """The cases on which scouts differ most."""
        settings, random = self._settings, self._services.random("one-shot")
        many = settings.scouted_cases
        drawn = make_plan(candidates, dev, many, many, None, random)
        drawn.refuse_empty(dev)
        sent = scouts(candidates, settings.scouts, random)
        pairs = [(candidate, drawn.of(candidate).once()) for candidate in sent]
        spent = sum(len(shown) for _, shown in pairs)
        left = None if settings.max_pairs is None else settings.max_pairs - spent
        if left is not None and left < settings.min_cases:
            raise ValueError(
                f"max_pairs is {settings.max_pairs}, and {len(sent)} scouts see {spent} pairs: give"
                " fewer scouts or scouted_cases, or more max_pairs"
            )
        size = cases_each(len(candidates), settings.dev_cases, settings.min_cases, left)
        measured.prepare(drawn.problems(candidates), spent + size * len(candidates))
        chosen = telling(drawn, sent, measured.scout(pairs), size)
        return Plan(chosen, affordable(candidates, chosen, left, random))

    def _measure(self) -> Measure:
        settings, target = self._settings, self._services.target()
        if settings.score == "accuracy":
            return Answers(self._services)
        if not isinstance(target, Scores):
            raise ValueError(
                f"one-shot selection needs a target that can score; {type(target).__name__} cannot"
            )
        scored = Likelihood if settings.score == "likelihood" else Probability
        return scored(self._services, settings.continuation)

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

    def __init__(self, measure: Measure, services: Services, memo: Memo) -> None:
        self.unit, self.most = measure.unit, 0
        self._measure, self._report, self._memo = measure, services.progress, memo
        self._remembered = Remembered(measure, memo)
        self._candidates: dict[str, Candidate] = {}
        self._cases: dict[str, Cases] = {}
        self._values: dict[str, dict[str, float]] = {}
        self._seen: dict[str, dict[str, float]] = {}

    def prepare(self, problems: Sequence[Problem], pairs: int) -> None:
        """Measure what candidates are compared with on ``problems``; at most so many ``pairs`` are to
        come."""
        self._progress = Counted(self._report, len(problems) + pairs)
        for done in self._measure.prepare(problems, self._memo):
            self._progress.add(done)

    def scout(self, pairs: Pairs) -> Mapping[str, Mapping[str, float]]:
        """The values of scouts, which are not measured again, by candidate and case."""
        for candidate, values in self._remembered.values(pairs, "scouts"):
            self._seen[candidate.id] = values
            self._progress.add(len(values))
        return self._seen

    def follow(self, candidates: Sequence[Candidate], plan: Plan) -> None:
        """The plan by which ``candidates`` are measured."""
        self._candidates = {candidate.id: candidate for candidate in candidates}
        self._cases = {c.id: plan.of(c) for c in candidates}
        self._values = {c.id: {} for c in candidates}
        self.most = max((len(shown) for shown in self._cases.values()), default=0)

    def on(
        self, running: Sequence[str], size: int, part: int
    ) -> tuple[Mapping[str, Worth], Spread]:
        """The worths of all so far, and the common spread, once those ``running`` have seen ``size``
        of their cases."""
        pairs = []
        for name in running:
            known, seen = self._values[name], self._seen.get(name, {})
            shown = self._cases[name].first(size).once()
            known |= {p.id: seen[p.id] for p in shown if p.id in seen}
            new = [p for p in shown if p.id not in known]
            if new:
                pairs.append((self._candidates[name], new))
        for candidate, values in self._remembered.values(pairs, str(part or "")):
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
