"""The strategy ``lemma``: solutions that go wrong, notice it and recover (LEMMA, arXiv 2503.17439, §3).

A wrong solution, the target's own or one with an error of the type put in by the instructor, is cut off
after its first wrong step. From there it is *continued* (Fix & Continue: the error is named, corrected,
and the solution goes on) or *restarted* (Fresh & Restart: another way from the beginning, after a right
solution of the target's own where there is one). The instructor smooths the joint. What does not reach
the answer after either step is an objection.

The released code puts errors of each type into every problem that is not always solved, the paper those
that were seen at it: ``grounding``. Loss lies on all of the text; ``mask_wrong`` leaves the wrong step
out, as S3c-Math does (arXiv 2409.01524).

Not covered: the paper's closed list of types (types are those that were found).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from errata.parts import Services, Settings, Wave
from errata.prompting import Purpose
from errata.records import BadCase, Objection, Proposal, Span, Trajectory
from errata_strategies.asking import Asker, Found, Trail, new_replica, together
from errata_strategies.checking import reaching
from errata_strategies.mistakes import INJECT, LOCATE, Mistake, injected_mistake, own_mistake
from errata_strategies.turns import Turns

NAME = "lemma"
Way = Literal["continue", "restart"]

# How a solution turns round: one is drawn for each trajectory.
TURNS = (
    "Wait, something is off here.",
    "Hold on, let me look at that step again.",
    "Hmm, that does not fit what is given.",
    "No, I should check this before I go on.",
    "Let me stop here and read the last step once more.",
    "That cannot be right.",
)


class Continuation(BaseModel):
    """How a solution goes on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    continuation: str = Field(
        description="what follows the given text, to the final answer, without repeating it"
    )


class Smoothed(BaseModel):
    """A whole solution, smoothed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str = Field(description="the whole text from its first step to its final answer")


_REVISED = {
    "question": "the problem",
    "answer": "its reference answer",
    "solution": "a right solution; empty if there is none",
    "text": "the solution to the end of its first wrong step and the words at which it turns",
    "explanation": "what is wrong in that step; may be empty",
}
_PROMPTS = Path(__file__).parent / "prompts"
CONTINUE = Purpose("continue", _PROMPTS / "continue.md", _REVISED, Continuation)
RESTART = Purpose("restart", _PROMPTS / "restart.md", _REVISED, Continuation)
SMOOTH = Purpose(
    "smooth",
    _PROMPTS / "smooth.md",
    {"question": "the problem", "text": "a solution that goes wrong and recovers"},
    Smoothed,
)
PURPOSES = (INJECT, LOCATE, CONTINUE, RESTART, SMOOTH)


class LemmaSettings(Settings):
    """Settings of the strategy ``lemma``."""

    own: bool = Field(True, description="whether the target's own wrong attempts are used")
    injected: int = Field(
        1, ge=0, description="wrong solutions with an error of the type asked for each problem"
    )
    grounding: Literal["observed", "uniform"] = Field(
        "observed",
        description="problems that errors are put into: those of the type's bad cases (the paper), or"
        " of any type's (the released code)",
    )
    ways: tuple[Way, ...] = Field(
        ("continue", "restart"), min_length=1, description="what is made of each wrong solution"
    )
    truncate: bool = Field(
        True, description="cut off after the first wrong step; otherwise go on after the last"
    )
    smooth: bool = Field(True, description="whether the instructor smooths the joint")
    mask_wrong: bool = Field(False, description="whether the wrong step carries no loss")
    temperature: float | None = Field(
        0.7, ge=0, description="for these calls; null: the instructor's own"
    )


class _Item(NamedTuple):
    """A wrong solution to be made or found, for up to ``room`` trajectories, with the words at which
    each turns."""

    case: BadCase
    own: bool
    room: int
    replica: int
    turns: tuple[str, ...]


class Lemma:
    """An ``errata.parts.Strategy``."""

    def __init__(self, settings: LemmaSettings, services: Services) -> None:
        self._settings, self._services = settings, services
        self._asker = Asker(services, settings.temperature)
        self._turns = Turns(1)

    async def propose(self, wave: Wave) -> Sequence[Proposal | Objection]:
        """Trajectories from as many wrong solutions as the wave takes; none once each had its turn."""
        mine = [case for case in wave.cases if self._settings.own and not case.attempt.model]
        sources = {f"own {case.attempt.id}": (case, True) for case in mine}
        observed = self._settings.grounding == "observed"
        problems = {c.problem.id: c for c in (wave.cases if observed else wave.pool or wave.cases)}
        for name, case in problems.items():
            for number in range(self._settings.injected):
                sources[f"injected {number} {name}"] = (case, False)
        per = len(self._settings.ways)
        owner, random = wave.error_type.id, wave.random
        chosen = self._turns.next(owner, sources, -(-wave.count // per), random)
        items = [
            _Item(
                case,
                own,
                min(per, wave.count - per * place),
                new_replica(random),
                tuple(random.choice(TURNS) for _ in range(per)),
            )
            for place, (case, own) in enumerate(chosen)
        ]
        rights: dict[str, list[str]] = {}
        for right in wave.solved:
            rights.setdefault(right.problem.id, []).append(right.attempt.text)
        examples = {
            name: random.choice(rights[name]) for name in sorted(problems) if name in rights
        }
        return await together(self._one(item, wave, examples) for item in items)

    async def _one(self, item: _Item, wave: Wave, rights: dict[str, str]) -> Found:
        problem, settings = item.case.problem, self._settings
        trail = Trail(NAME, (problem.id,), wave.error_type.id, item.replica)
        if item.own:
            mistake = await own_mistake(
                item.case, wave.diagnoses, settings.truncate, self._asker, self._services, trail
            )
        else:
            mistake = await injected_mistake(
                problem, wave.error_type, settings.truncate, self._asker, self._services, trail
            )
        if isinstance(mistake, Objection):
            return [mistake]
        ways = settings.ways[: item.room]
        return await together(
            self._revised(way, turn, mistake, item, rights, trail.share(len(ways), place))
            for place, (way, turn) in enumerate(zip(ways, item.turns, strict=False))
        )

    async def _revised(
        self,
        way: Way,
        turn: str,
        mistake: Mistake,
        item: _Item,
        rights: dict[str, str],
        trail: Trail,
    ) -> Found:
        problem = item.case.problem
        text = f"{mistake.prefix}\n{turn}"
        right = None
        if way == "restart":
            contrast = item.case.contrast
            own = contrast.text if contrast is not None and not contrast.model else None
            right = own or rights.get(problem.id)
        values = {
            "question": problem.question,
            "answer": problem.answer,
            "solution": right or problem.solution,
            "text": text,
            "explanation": mistake.explanation,
        }
        found = await self._asker.ask(CONTINUE if way == "continue" else RESTART, values, trail)
        if isinstance(found, Objection):
            return [found]
        # What is repeated in spite of the template is there once already.
        rest = found.continuation.strip().removeprefix(text).strip()
        joined = self._reaching(f"{text} {rest}", item, "the trajectory", trail)
        if isinstance(joined, Objection):
            return [joined]
        if self._settings.smooth:
            smooth = await self._asker.ask(
                SMOOTH, {"question": problem.question, "text": joined}, trail
            )
            if isinstance(smooth, Objection):
                return [smooth]
            joined = self._reaching(smooth.text, item, "the smoothed trajectory", trail)
            if isinstance(joined, Objection):
                return [joined]
        spans = self._spans(joined, mistake)
        if spans is None:
            gone = "the wrong step, which is to carry no loss, is not in the text any more"
            return [trail.objection(Objection(reason="unreadable", detail=gone))]
        return [trail.proposal(Trajectory(problem=problem, text=joined, spans=spans))]

    def _reaching(self, text: str, item: _Item, what: str, trail: Trail) -> str | Objection:
        found = reaching(self._services.domain, item.case.problem, text, what)
        return trail.objection(found) if isinstance(found, Objection) else found

    def _spans(self, text: str, mistake: Mistake) -> tuple[Span, ...] | None:
        """Loss on all of ``text``, or on all but the wrong step; None where that is not found."""
        if not self._settings.mask_wrong:
            return ()
        wrong = mistake.steps[mistake.wrong_step - 1]
        wrong = wrong if wrong in mistake.prefix else mistake.prefix[mistake.start :]
        start = text.find(wrong)
        if start < 0:
            return None
        ends = ((0, start), (start + len(wrong), len(text)))
        return tuple(Span(start=a, end=b) for a, b in ends if b > a)
