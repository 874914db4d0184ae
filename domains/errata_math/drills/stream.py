"""The endless stream of drills, and variants of one.

Not covered: whether two drills of a stream are the same (``errata_math.same`` says so; a long enough
stream repeats itself, and the engine keeps sets disjoint).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

from errata.records import Problem
from errata.seeds import stream
from errata_math.drills import arithmetic, measures, one_step, two_steps
from errata_math.drills.form import Kind, Parameters

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (*arithmetic.KINDS, *measures.KINDS, *one_step.KINDS, *two_steps.KINDS)
}
SOURCE = "drills"
_TRIES = 2000


def generate(split: str, seed: int) -> Iterator[Problem]:
    """Problems ``drills/SPLIT/0``, ``drills/SPLIT/1``… without end.

    Each run of ``len(KINDS)`` problems holds every kind once, in an order of its own; every split and
    seed has its own stream.
    """
    random = stream(seed, SOURCE, split)
    count = 0
    while True:
        for name in random.sample(sorted(KINDS), len(KINDS)):
            parameters = KINDS[name].draw(random)
            yield _problem(f"{SOURCE}/{split}/{count}", name, parameters, random.randrange(1000))
            count += 1


def variant(problem: Problem, random: Random) -> Problem:
    """Another drill of the kind, as hard, with other parameters (for a story perhaps another one with
    the same operations); ``random`` alone decides which.

    Its id is the problem's with a random suffix. Raises ValueError when ``problem`` is no drill.
    """
    kind, parameters = drill_of(problem)
    traits, key = kind.traits(parameters), kind.key(parameters)
    found = None
    for _ in range(_TRIES):
        drawn = kind.draw(random)
        if kind.key(drawn) == key:
            continue
        found = drawn
        if kind.traits(drawn) == traits:
            break
    if found is None:
        raise ValueError(f"no other {kind.name} drill than {problem.id} in {_TRIES} draws")
    name = f"{problem.id}/variant-{random.getrandbits(40):010x}"
    return _problem(name, kind.name, found, random.randrange(1000))


def is_drill(problem: Problem) -> bool:
    """Whether ``problem`` was made here."""
    return problem.source == SOURCE


def drill_of(problem: Problem) -> tuple[Kind, Parameters]:
    """The kind and the parameters that a drill carries.

    Raises ValueError when ``problem.data`` does not hold them.
    """
    kind = KINDS.get(str(problem.data.get("kind")))
    parameters = problem.data.get("parameters")
    if kind is None or not isinstance(parameters, dict):
        raise ValueError(
            f"problem {problem.id} is no drill: data {json.dumps(problem.data)}; "
            f"a drill has a kind ({', '.join(sorted(KINDS))}) and its parameters"
        )
    plain = {name: value for name, value in parameters.items() if isinstance(value, int | str)}
    return kind, plain


def drill_answer(problem: Problem) -> str:
    """The answer that a drill's parameters give, whatever the problem says."""
    kind, parameters = drill_of(problem)
    return str(kind.work(parameters, 0).answer)


def drill_key(problem: Problem) -> str:
    """``drill:KIND:PARAMETERS``, equal for the same drill however it is worded."""
    kind, parameters = drill_of(problem)
    return (
        f"drill:{kind.name}:{','.join(f'{name}={value}' for name, value in kind.key(parameters))}"
    )


def _problem(name: str, kind: str, parameters: Parameters, wording: int) -> Problem:
    worked = KINDS[kind].work(parameters, wording)
    return Problem(
        id=name,
        question=worked.question,
        answer=str(worked.answer),
        solution=worked.solution,
        source=SOURCE,
        kind=kind,
        data={"kind": kind, "parameters": dict(parameters), "wording": wording},
    )
