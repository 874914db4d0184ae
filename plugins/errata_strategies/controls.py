"""The controls ``self-instruct`` and ``same-distribution``: new problems from train problems, drawn
without a look at errors.

``self-instruct`` (arXiv 2212.10560, §2.2, with the sizes of SEI's calls so that arms are comparable)
shows random train problems, solved and unsolved, beside accepted candidates. ``same-distribution``
(the control of EvalTree, arXiv 2503.08893, §6) shows problems of one kind in a call, and chooses the
kinds so that the seeds have the benchmark's own mixture.

Without an instructor both let the domain make variants of the seeds (``errata_variant``). The engine
shares the total among error types as for any strategy; what is made belongs to no type.

Not covered: the first-stage heuristics of Self-Instruct (task types, classification tasks).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from random import Random
from typing import Literal

from pydantic import Field

from errata.parts import Services, Settings, Wave
from errata.records import QA, Lineage, Objection, Problem, Proposal
from errata.styles import USUAL
from errata_strategies.alike import Call, accepted_problems, asked_alike
from errata_strategies.asking import Found, new_replica, together
from errata_strategies.drafting import sizes, some
from errata_strategies.styles import behind, by_style, refuse_unknown, worked

TRAIN = "train"
# Draws of a parent for one wanted variant: a train set of which no problem has one is given up.
_DRAWS = 20
# A domain may fail to find sensible numbers now and then: this many failures mean "none at all".
_FAILURES = 3

By = Literal["auto", "instructor", "variant"]


class ControlSettings(Settings):
    """What both controls can be told."""

    train_problems: int = Field(5, ge=1, description="train problems shown in a call")
    accepted: int = Field(3, ge=0, description="accepted candidates shown beside them")
    per_call: int = Field(20, ge=1, description="new problems asked for in a call")
    by: By = Field(
        "auto",
        description="who makes the problems; auto: the instructor, or variants by the domain where"
        " the recipe has none",
    )
    temperature: float | None = Field(
        1.0, ge=0, description="for these calls; null: the instructor's own"
    )
    styles: tuple[str, ...] = Field(
        ("usual",),
        min_length=1,
        description="how the solutions of variants are worked, shared evenly: `usual`, and names that"
        " the domain knows (`steps` for drills); an instructor works in its own way",
    )


class SelfInstructSettings(ControlSettings):
    """Settings of the strategy ``self-instruct``."""


class SameDistributionSettings(ControlSettings):
    """Settings of the strategy ``same-distribution``."""

    like: Literal["train", "dev", "gate"] = Field(
        "train", description="the set whose mixture of kinds the seeds have; reported sets decide"
        " nothing"
    )  # fmt: skip


class SelfInstruct:
    """An ``errata.parts.Strategy``; also the base of ``SameDistribution``."""

    name = "self-instruct"

    def __init__(self, settings: ControlSettings, services: Services) -> None:
        refuse_unknown(settings, services)
        self._settings, self._services = settings, services
        self._train: list[Problem] | None = None
        self._failed: Counter[str] = Counter()
        self._nobody = settings.by == "variant"
        self._kinds: dict[str, list[Problem]] = {}

    async def propose(self, wave: Wave) -> Sequence[Proposal | Objection]:
        """New problems by the instructor, or variants where there is none."""
        if not self._nobody:
            calls = self._calls(wave)
            temperature = self._settings.temperature
            try:
                return await together(
                    asked_alike(call, self.name, None, self._services, temperature)
                    for call in calls
                )
            except LookupError as nobody:
                # A KeyError or IndexError is a slip in some other part, never "nobody to ask".
                if type(nobody) is not LookupError or self._settings.by == "instructor":
                    raise
                self._nobody = True
                self._take_back(calls)
        return self._variants(wave)

    def _calls(self, wave: Wave) -> list[Call]:
        return [self._call(wave, size) for size in sizes(wave.count, self._settings.per_call)]

    def _call(self, wave: Wave, count: int) -> Call:
        settings, accepted = self._settings, accepted_problems(wave)
        real, made = settings.train_problems, settings.accepted
        if len(accepted) < made:
            real, made = real + made, 0
        examples = [*some(self._problems(), real, wave.random), *some(accepted, made, wave.random)]
        wave.random.shuffle(examples)
        return Call(examples, count, new_replica(wave.random))

    def _problems(self) -> list[Problem]:
        if self._train is None:
            self._train = list(self._services.problems(TRAIN))
        return self._train

    def _take_back(self, calls: Sequence[Call]) -> None:
        """``calls`` were not made after all."""

    def _variants(self, wave: Wave) -> Found:
        """Up to ``wave.count`` variants; a problem that has none is an objection, once."""
        results: list[Proposal | Objection] = []
        made, styled = 0, by_style(wave.accepted)
        for _ in range(_DRAWS * wave.count):
            parent = self._parent(wave.random)
            if made == wave.count or parent is None:
                break
            found = self._variant(parent, wave, behind(self._settings.styles, styled))
            self._drew(parent.kind, isinstance(found, Proposal))
            if isinstance(found, Proposal):
                made += 1
                styled[found.lineage.style or USUAL] += 1
                results.append(found)
                continue
            self._failed[parent.id] += 1
            if self._failed[parent.id] == _FAILURES:
                self._fertile()[parent.kind].remove(parent)
                results.append(found)
        return results

    def _drew(self, kind: str, worked: bool) -> None:
        """A seed of ``kind`` was drawn for a variant, which came or did not."""

    def _parent(self, random: Random) -> Problem | None:
        fertile = [problem for members in self._fertile().values() for problem in members]
        return random.choice(fertile) if fertile else None

    def _fertile(self) -> dict[str, list[Problem]]:
        """Train problems that may have a variant, by kind."""
        if not self._kinds:
            for problem in self._problems():
                self._kinds.setdefault(problem.kind, []).append(problem)
        return self._kinds

    def _variant(self, parent: Problem, wave: Wave, style: str) -> Proposal | Objection:
        seed = wave.random.getrandbits(63)
        found = self._services.domain.variant(parent, Random(seed))
        if isinstance(found, Objection):
            evidence = {**found.evidence, "parent": parent.id}
            return found.model_copy(update={"by": found.by or self.name, "evidence": evidence})
        problem, name = worked(found, style, self._services.domain)
        lineage = Lineage(strategy=self.name, parents=(parent.id,), seed=str(seed), style=name)
        return Proposal(body=QA(problem=problem), lineage=lineage)


class SameDistribution(SelfInstruct):
    """An ``errata.parts.Strategy``: the kind that is most behind its share of the seeds comes next."""

    name = "same-distribution"

    def __init__(self, settings: SameDistributionSettings, services: Services) -> None:
        super().__init__(settings, services)
        self._like = settings.like
        self._wanted: dict[str, int] = {}
        self._drawn: Counter[str] = Counter()
        self._vain: Counter[str] = Counter()

    def _calls(self, wave: Wave) -> list[Call]:
        """One call a kind (more where a kind takes more than ``per_call``)."""
        shares: Counter[str] = Counter()
        for _ in range(wave.count if self._problems() else 0):
            kind = self._kind(self._mixture())
            shares[kind] += 1
            self._drawn[kind] += 1
        return [
            self._of_kind(wave, kind, size)
            for kind in sorted(shares)
            for size in sizes(shares[kind], self._settings.per_call)
        ]

    def _of_kind(self, wave: Wave, kind: str, count: int) -> Call:
        settings = self._settings
        accepted = [p for p in accepted_problems(wave) if p.kind == kind]
        real, made = settings.train_problems, settings.accepted
        if len(accepted) < made:
            real, made = real + made, 0
        members = [problem for problem in self._problems() if problem.kind == kind]
        examples = [*some(members, real, wave.random), *some(accepted, made, wave.random)]
        wave.random.shuffle(examples)
        return Call(examples, count, new_replica(wave.random), kind)

    def _take_back(self, calls: Sequence[Call]) -> None:
        for call in calls:
            self._drawn[call.kind] -= call.count

    def _drew(self, kind: str, worked: bool) -> None:
        self._drawn[kind] += worked
        self._vain[kind] = 0 if worked else self._vain[kind] + 1

    def _parent(self, random: Random) -> Problem | None:
        """Of the kind that is next among those that may have a variant."""
        fertile = {kind: members for kind, members in self._fertile().items() if members}
        kinds = [kind for kind in sorted(fertile) if kind in self._mixture()] or sorted(fertile)
        return random.choice(fertile[self._kind(kinds)]) if kinds else None

    def _mixture(self) -> dict[str, int]:
        """How often each kind of the train set is in the set to be matched."""
        if not self._wanted:
            own = {problem.kind for problem in self._problems()}
            found = Counter(problem.kind for problem in self._services.problems(self._like))
            self._wanted = {kind: found[kind] for kind in sorted(found) if kind in own}
            self._wanted = self._wanted or dict.fromkeys(sorted(own), 1)
        return self._wanted

    def _kind(self, kinds: Iterable[str]) -> str:
        """The kind furthest behind its share among the seeds so far, in this stage, of any type
        (Sainte-Laguë's rule, which apportions among whatever kinds are left).

        Three vain draws in a row count as a seed, so that a kind without variants holds up no other.
        """

        def claim(kind: str) -> Fraction:
            had = self._drawn[kind] + self._vain[kind] // _FAILURES
            return Fraction(self._mixture().get(kind, 0), 2 * had + 1)

        return max(sorted(kinds), key=claim)
