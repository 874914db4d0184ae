"""Stage *synthesize*: exactly N, waves, quotas, objections, shortfalls."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.errors import ExtensionError
from errata.parts import Solved, Strategy, Verifier, Wave
from errata.quotas import quotas
from errata.records import (
    QA,
    Attempt,
    BadCase,
    Candidate,
    Diagnosis,
    ErrorType,
    Lineage,
    Objection,
    Problem,
    Proposal,
    Verdict,
)
from errata.stages.synthesize import Known, Made, Plan, synthesize

TYPES = [ErrorType(id=name, name=name.upper()) for name in ("a", "b", "c")]


def _proposal(wave: Wave, place: int, text: str = "") -> Proposal:
    name = f"{wave.error_type.id}-{wave.number}-{place}"
    problem = Problem(id=name, question=text or name, answer="1")
    lineage = Lineage(strategy="test", error_type=wave.error_type.id)
    return Proposal(body=QA(problem=problem), lineage=lineage)


class Proposing:
    """A strategy: ``propose(wave)`` is given."""

    def __init__(self, make: Callable[[Wave], Sequence[Proposal | Objection]]) -> None:
        self.make, self.waves = make, list[Wave]()

    async def propose(self, wave: Wave) -> Sequence[Proposal | Objection]:
        self.waves.append(wave)
        return self.make(wave)


def _plenty(wave: Wave) -> list[Proposal | Objection]:
    return [_proposal(wave, place) for place in range(wave.count)]


class Every(Verifier):
    """Objects to every n-th question of a type; ``late`` ones only beside others, in ``admit``."""

    def __init__(self, n: int, *, late: bool = False) -> None:
        self.n, self.late, self.announced = n, late, list[str]()
        self.seen: Counter[str] = Counter()

    def _judge(self, candidate: Candidate) -> Objection | None:
        about = candidate.lineage.error_type or ""
        self.seen[about] += 1
        return Objection(reason="leak", detail="every") if self.seen[about] % self.n == 0 else None

    async def verify(self, candidate: Candidate) -> Objection | None:
        return None if self.late else self._judge(candidate)

    def admit(self, candidate: Candidate) -> Objection | None:
        return self._judge(candidate) if self.late else None

    def accepted(self, candidate: Candidate) -> None:
        self.announced.append(candidate.id)


def _run(
    strategy: Strategy,
    quota: dict[str, int],
    verifiers: dict[str, Verifier] | None = None,
    wave: int = 4,
    idle_waves: int = 2,
) -> list[Made]:
    async def collect() -> list[Made]:
        waves = synthesize(
            TYPES,
            Plan(quota, wave, idle_waves),
            strategy,
            verifiers or {},
            lambda type_id: (),
            Random,
            "round-1",
        )
        return [made async for made in waves]

    return asyncio.run(collect())


def _accepted(made: list[Made]) -> dict[str, list[str]]:
    objected = {o.candidate_id for m in made for o in m.objections}
    found: dict[str, list[str]] = {t.id: [] for t in TYPES}
    for candidate in (c for m in made for c in m.candidates):
        if candidate.id not in objected:
            found[candidate.lineage.error_type or ""].append(candidate.id)
    return found


@given(
    st.fixed_dictionaries({name: st.integers(0, 20) for name in "abc"}),
    st.integers(1, 7),
    st.integers(2, 5),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_exactly_as_many_as_asked(quota, wave, n, late):
    verifier = Every(n, late=late)
    made = _run(Proposing(_plenty), quota, {"every": verifier}, wave, idle_waves=20)
    accepted = _accepted(made)
    assert {name: len(ids) for name, ids in accepted.items()} == quota
    objected = {o.candidate_id for m in made for o in m.objections}
    ids = [c.id for m in made for c in m.candidates]
    assert verifier.announced == [i for i in ids if i not in objected]
    assert not any(m.shortfall for m in made)
    assert len(set(ids)) == len(ids)


class Slow:
    """A strategy whose first type answers last; ``together`` is the most waves seen at once."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds, self.running, self.together = seconds, 0, 0

    async def propose(self, wave: Wave) -> Sequence[Proposal | Objection]:
        self.running += 1
        self.together = max(self.together, self.running)
        await asyncio.sleep(self.seconds[wave.error_type.id])
        self.running -= 1
        return _plenty(wave)


def test_types_are_worked_on_at_once_and_it_does_not_matter_who_answers_first():
    quota = {"a": 5, "b": 9, "c": 2}
    first_last = Slow({"a": 0.02, "b": 0.01, "c": 0.0})
    made = _run(first_last, quota, {"every": Every(3, late=True)}, wave=4)
    other = _run(Slow({"a": 0.0, "b": 0.01, "c": 0.02}), quota, {"every": Every(3, late=True)})
    assert made == other
    assert first_last.together == 3


def test_a_wave_sees_only_what_earlier_waves_accepted():
    strategy = Proposing(_plenty)
    made = _run(strategy, {"a": 6, "b": 3}, {"every": Every(3)}, wave=4)
    accepted = _accepted(made)
    for wave in strategy.waves:
        seen = [c.id for c in wave.accepted]
        mine = accepted[wave.error_type.id]
        assert seen == [i for i in mine if int(i.split("/")[2]) < wave.number]
        assert wave.count == min(4, {"a": 6, "b": 3}[wave.error_type.id] - len(seen))
    numbers = [w.number for w in strategy.waves if w.error_type.id == "a"]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) > 1


def test_each_wave_has_a_stream_of_its_own():
    strategy = Proposing(_plenty)
    _run(strategy, {"a": 8, "b": 4})
    assert len({w.random.random() for w in strategy.waves}) == 3


def test_every_objection_has_its_candidate_its_type_and_its_author():
    tried = Objection(reason="no-variant", detail="tried", by="test")

    def some(wave: Wave) -> list[Proposal | Objection]:
        return [tried, *_plenty(wave)]

    made = _run(Proposing(some), {"b": 4}, {"own": Every(2), "beside": Every(2, late=True)})
    first = made[0]
    assert [(o.by, o.candidate_id, o.error_type) for o in first.objections] == [
        ("test", "", "b"),
        ("own", "round-1/b/0/2", "b"),
        ("beside", "round-1/b/0/3", "b"),
        ("own", "round-1/b/0/4", "b"),
    ]
    assert [c.id for c in first.candidates] == [f"round-1/b/0/{n}" for n in (1, 2, 3, 4)]


def test_all_verifiers_judge_and_only_the_unobjected_are_compared():
    beside = Every(1, late=True)
    made = _run(
        Proposing(_plenty), {"a": 2}, {"x": Every(1), "y": Every(1), "beside": beside}, idle_waves=1
    )
    assert [o.by for o in made[0].objections] == ["x", "y", "x", "y"]
    assert not beside.seen


def test_a_strategy_with_nothing_more():
    def dry(wave: Wave) -> list[Proposal | Objection]:
        return _plenty(wave)[:3] if wave.number == 0 else []

    made = _run(Proposing(dry), {"a": 8, "b": 1})
    (shortfall,) = [m.shortfall for m in made if m.shortfall]
    assert shortfall.model_dump() == {
        "error_type": "a",
        "asked": 8,
        "accepted": 3,
        "why": "the strategy has nothing more to propose",
    }
    assert len(_accepted(made)["b"]) == 1


def test_fruitless_waves_end_a_type():
    strategy = Proposing(_plenty)
    made = _run(strategy, {"a": 8}, {"no": Every(1)}, wave=2, idle_waves=3)
    assert len(strategy.waves) == 3
    assert made[-1].shortfall is not None
    assert made[-1].shortfall.why == "3 waves in a row accepted nothing"
    assert sum(len(m.candidates) for m in made) == 6


def test_idle_waves_count_in_a_row():
    def now_and_then(wave: Wave) -> list[Proposal | Objection]:
        if wave.number % 2:
            return [_proposal(wave, 0)]
        return [Objection(reason="no-variant")]

    made = _run(Proposing(now_and_then), {"a": 3}, idle_waves=2)
    assert len(_accepted(made)["a"]) == 3
    assert not any(m.shortfall for m in made)


def test_a_strategy_that_gives_more_than_asked_is_refused():
    def too_many(wave: Wave) -> list[Proposal | Objection]:
        return [*_plenty(wave), _proposal(wave, 99)]

    with pytest.raises(ExtensionError, match="asked for at most 2 proposals for a and returned 3"):
        _run(Proposing(too_many), {"a": 2})


def test_a_raising_verifier_is_named():
    class Raising(Verifier):
        def accepted(self, candidate: Candidate) -> None:
            raise RuntimeError("full up")

    with pytest.raises(ExtensionError, match=r"verifier mine failed while hearing .*full up"):
        _run(Proposing(_plenty), {"a": 2}, {"mine": Raising()})


def _shares(*asked):
    return {t: found.quota for t, found in quotas(*asked).items()}


def test_quotas():
    cases = {"a": 6, "b": 3, "c": 0}
    assert _shares(cases, 30, "proportional") == {"a": 20, "b": 10, "c": 0}
    assert _shares(cases, 31, "uniform") == {"a": 16, "b": 15, "c": 0}
    assert _shares({}, 30, "proportional") == {}
    assert _shares({"a": 0}, 30, "uniform") == {"a": 0}


def test_a_wave_knows_the_bad_cases_of_every_type_and_what_the_round_knows():
    problems = {name: Problem(id=name, question=f"{name}?", answer="1") for name in "pqr"}
    cases = {name: _case(problem) for name, problem in problems.items()}
    of_type = {"a": [cases["p"], cases["q"]], "b": [cases["q"], cases["r"]]}
    solved = [Solved(problems["p"], cases["p"].attempt)]
    diagnoses = {"base:p": Diagnosis(problem_id="p", keyphrase="slips")}
    strategy = Proposing(lambda wave: [])

    async def go() -> None:
        waves = synthesize(
            [ErrorType(id=name, name=name) for name in "ab"],
            Plan({"a": 2}, 2, 1),
            strategy,
            {},
            of_type.__getitem__,
            Random,
            "round-1",
            Known(solved, diagnoses),
        )
        _ = [made async for made in waves]

    asyncio.run(go())
    [wave] = strategy.waves  # a type without a quota has no wave, but its cases are in the pool
    assert [case.problem.id for case in wave.cases] == ["p", "q"]
    assert [case.problem.id for case in wave.pool] == ["p", "q", "r"]
    assert (wave.solved, wave.diagnoses) == (solved, diagnoses)


def _case(problem: Problem) -> BadCase:
    attempt = Attempt(
        id=f"base:{problem.id}", problem_id=problem.id, checkpoint="base", text="x", finish="stop"
    )
    return BadCase(
        problem=problem, attempt=attempt, verdict=Verdict(problem_id=problem.id, outcome="wrong")
    )
