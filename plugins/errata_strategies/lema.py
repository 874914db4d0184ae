"""The strategy ``lema``: correction records of bad cases (LeMa, arXiv 2310.20689, §3).

For each bad case the instructor names the first wrong step, says why it is wrong, and gives the right
solution from that step; what does not reach the answer is an objection. Beside it comes the plain
solution of the same problem (the paper's chain-of-thought data), and from the second wave on new
problems evolved from those whose correction was accepted (correction-centric evolution, §3.3).

Not covered: wrong attempts of other models (they are bad cases like others, where a recipe imports
them); corrections of evolved problems (the next round's, if the target gets their like wrong).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pydantic import Field

from errata.parts import Services, Settings, Wave
from errata.records import BadCase, Correction, Objection, Problem, Proposal, Trajectory
from errata_strategies.asking import Asker, Found, Trail, new_replica, together
from errata_strategies.checking import reaching
from errata_strategies.correcting import CORRECT, correction
from errata_strategies.evolving import EVOLVE, evolution
from errata_strategies.solving import SOLVE
from errata_strategies.turns import Turns

NAME = "lema"
PURPOSES = (CORRECT, EVOLVE, SOLVE)
_ELLIPSIS = "..."


class LemaSettings(Settings):
    """Settings of the strategy ``lema``."""

    per_case: int = Field(
        1, ge=1, description="corrections asked for at most for each bad case of a type"
    )
    plain: bool = Field(
        True, description="whether each correction brings the plain solution of its problem"
    )
    evolve: float = Field(
        0.25, ge=0, lt=1,
        description="share of new problems, evolved from problems with an accepted correction",
    )  # fmt: skip
    votes: int = Field(3, ge=1, description="solutions of an evolved problem, of which two agree")
    ellipsis: bool = Field(
        True, description="whether a correction from a later step begins with '...' (the paper's)"
    )
    temperature: float | None = Field(
        0.7, ge=0, description="for these calls; null: the instructor's own"
    )


class Lema:
    """An ``errata.parts.Strategy``."""

    def __init__(self, settings: LemaSettings, services: Services) -> None:
        self._settings, self._services = settings, services
        self._asker = Asker(services, settings.temperature)
        self._turns = Turns(settings.per_case)
        self._evolved: Counter[str] = Counter()

    async def propose(self, wave: Wave) -> Sequence[Proposal | Objection]:
        """Corrections, plain solutions and evolved problems, ``wave.count`` of them at most."""
        seeds, share = _corrected(wave), self._settings.evolve
        allowed = self._allowed(wave, share) if seeds else 0
        cases = {case.attempt.id: case for case in wave.cases}
        room = wave.count - min(allowed, int(wave.count * share))
        per = 2 if self._settings.plain else 1
        owner = wave.error_type.id
        chosen = self._turns.next(owner, cases, -(-room // per), wave.random)
        rooms = [min(per, room - per * place) for place in range(len(chosen))]
        tasks = [
            self._correct(case, wave, many, new_replica(wave.random))
            for case, many in zip(chosen, rooms, strict=True)
        ]
        evolved = min(allowed, wave.count - sum(rooms))
        self._evolved[owner] += evolved
        tasks += [
            self._evolve(wave.random.choice(seeds), wave, new_replica(wave.random))
            for _ in range(evolved)
        ]
        return await together(tasks)

    def _allowed(self, wave: Wave, share: float) -> int:
        """How many more problems may be evolved, by their share of what is accepted: few corrections
        are not to be followed by many costly offspring."""
        corrected = sum(candidate.body.kind != "qa" for candidate in wave.accepted)
        return int(corrected * share / (1 - share) + 1e-9) - self._evolved[wave.error_type.id]

    async def _correct(self, case: BadCase, wave: Wave, room: int, replica: int) -> Found:
        problem = case.problem
        trail = Trail(NAME, (problem.id,), wave.error_type.id, replica)
        found = await correction(case, self._asker, self._services, trail)
        if isinstance(found, Objection):
            return [found]
        later = self._settings.ellipsis and found.wrong_step > 1
        body = Correction(
            problem=problem,
            wrong_steps=tuple(found.steps),
            wrong_step=found.wrong_step,
            explanation=found.explanation,
            corrected=f"{_ELLIPSIS}\n{found.corrected}" if later else found.corrected,
        )
        results: list[Proposal | Objection] = [trail.proposal(body)]
        if room > 1:
            results += self._plainly(problem, found.whole, trail)
        return results

    def _plainly(self, problem: Problem, corrected: str, trail: Trail) -> Found:
        """The reference solution (no call), else the corrected one whole."""
        text = reaching(
            self._services.domain, problem, problem.solution or corrected, "the plain solution"
        )
        if isinstance(text, Objection):
            return [trail.objection(text)]
        plain = Trail(NAME, trail.parents, trail.error_type, trail.replica)
        if not problem.solution:
            plain.model, plain.prompt_hash = trail.model, trail.prompt_hash
            plain.asked = trail.asked
        return [plain.proposal(Trajectory(problem=problem, text=text))]

    async def _evolve(self, seed: Correction, wave: Wave, replica: int) -> Found:
        trail = Trail(NAME, (seed.problem.id,), wave.error_type.id, replica)
        error = wave.error_type.name, seed.explanation
        votes = self._settings.votes
        return await evolution(seed.problem, error, votes, self._asker, self._services, trail)


def _corrected(wave: Wave) -> list[Correction]:
    bodies = [candidate.body for candidate in wave.accepted]
    return [body for body in bodies if isinstance(body, Correction)]
