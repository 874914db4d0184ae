"""The strategy ``redraw``: bad cases again with other parameters or numbers, without an instructor.

What a variant is, the domain says (``errata_variant``): a generator draws new parameters, a worked
solution is computed anew on other numbers.

Not covered: problems the domain makes no variant of; the first wave reports them, and all pass over
them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

from errata.parts import Services, Wave
from errata.records import QA, Candidate, Lineage, Objection, Problem, Proposal
from errata.seeds import stream
from errata.styles import USUAL
from errata_strategies.settings import RedrawSettings
from errata_strategies.styles import behind, by_style, refuse_unknown, worked

NAME = "redraw"
# A domain may fail to find sensible numbers now and then: this many failures mean "none at all".
_PROBES = 3


class Redraw:
    """An ``errata.parts.Strategy``. A wave's result depends on the wave alone."""

    def __init__(self, settings: RedrawSettings, services: Services) -> None:
        refuse_unknown(settings, services)
        self._per_seed, self._styles = settings.per_seed, settings.styles
        self._domain = services.domain
        self._barren: dict[str, Objection | None] = {}

    async def propose(self, wave: Wave) -> Sequence[Proposal | Objection]:
        """Up to ``wave.count`` variants, going round the parents in a random order.

        The first wave (number 0) adds an objection for each parent that has no variant. A parent
        that fails now is passed over for the rest of the wave. Nothing is returned when every
        parent has no variant or has had its ``per_seed`` redraws accepted.
        """
        parents = {case.problem.id: case.problem for case in wave.cases}
        used, styled = _accepted_redraws(wave.accepted), by_style(wave.accepted)
        none = {name: self._no_variant(parents[name], wave) for name in sorted(parents)}
        order = [name for name, objection in none.items() if objection is None]
        # Not the least used first: parents whose redraws are never accepted would fill every wave.
        wave.random.shuffle(order)
        results: list[Proposal | Objection] = []
        if wave.number == 0:
            results += [objection for objection in none.values() if objection is not None]
        proposed = 0
        while order and proposed < wave.count:
            remaining = []
            for parent in order:
                if proposed == wave.count:
                    break
                if used[parent] >= self._per_seed:
                    continue
                result = self._draw(parents[parent], wave, behind(self._styles, styled))
                results.append(result)
                if isinstance(result, Proposal):
                    proposed += 1
                    styled[result.lineage.style or USUAL] += 1
                    used[parent] += 1
                    remaining.append(parent)
            order = remaining
        return results

    def _draw(self, parent: Problem, wave: Wave, style: str) -> Proposal | Objection:
        seed = wave.random.getrandbits(63)
        found = self._domain.variant(parent, Random(seed))
        if isinstance(found, Objection):
            return _attributed(found, parent, wave)
        problem, name = worked(found, style, self._domain)
        lineage = Lineage(
            strategy=NAME,
            error_type=wave.error_type.id,
            parents=(parent.id,),
            seed=str(seed),
            style=name,
        )
        return Proposal(body=QA(problem=problem), lineage=lineage)

    def _no_variant(self, parent: Problem, wave: Wave) -> Objection | None:
        """The domain's objection when ``parent`` has no variant at all."""
        if parent.id not in self._barren:
            self._barren[parent.id] = self._probe(parent)
        objection = self._barren[parent.id]
        return None if objection is None else _attributed(objection, parent, wave)

    def _probe(self, parent: Problem) -> Objection | None:
        found: Problem | Objection | None = None
        for probe in range(_PROBES):
            found = self._domain.variant(parent, stream(probe, NAME, parent.id))
            if not isinstance(found, Objection):
                return None
        return found if isinstance(found, Objection) else None


def _attributed(objection: Objection, parent: Problem, wave: Wave) -> Objection:
    return objection.model_copy(
        update={
            "by": objection.by or NAME,
            "error_type": wave.error_type.id,
            "evidence": {**objection.evidence, "parent": parent.id},
        }
    )


def _accepted_redraws(accepted: Sequence[Candidate]) -> Counter[str]:
    return Counter(
        parent
        for candidate in accepted
        if candidate.lineage.strategy == NAME
        for parent in candidate.lineage.parents
    )
