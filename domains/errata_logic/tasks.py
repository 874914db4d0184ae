"""Problems of reasoning-gym, by task: made, made again, and scored by the task's own verifier.

A source is ``gym:TASK,TASK…``; a task may be followed by ``@LEVEL`` of its curriculum (0 is the
easiest) and by its own settings: ``gym:leg_counting@0,chain_sum?max_terms=3&max_digits=1``. The tasks
take turns.

A problem keeps task, settings and seed, and is made again whenever its verifier is wanted: what a
verifier reads beside an answer never comes from a file.

Not covered: the tasks in ``LEFT_OUT``, each with its reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from random import Random
from typing import Any

from errata.errors import MissingExtra
from errata.records import Problem
from errata.seeds import stream

GYM = "gym:"
_TASK = re.compile(r"(?P<name>\w+)(?:@(?P<level>\d+))?(?:\?(?P<settings>[\w.=&+-]+))?")
_EXECUTES = "its verifier evaluates the answer as Python"
_SYMPY = "its verifier hands the answer to SymPy's parse_expr, which executes it"
_MANY = "it has many right answers and gives none, so nothing can be trained on"
_HASH = "its problems change with the seed of Python's hash()"
LEFT_OUT: Mapping[str, str] = {
    "acre": "its problems depend on how many are made together",
    "binary_matrix": _EXECUTES,
    "boxnet": _MANY,
    "codeio": "it executes programs of its data",
    "composite": "it is a mixture: name the tasks instead",
    "countdown": _SYMPY,
    "graph_color": _MANY,
    "intermediate_integration": _SYMPY,
    "isomorphic_strings": _HASH,
    "n_queens": _EXECUTES,
    "polynomial_multiplication": _SYMPY,
    "propositional_logic": _MANY,
    "puzzle24": _SYMPY,
    "ransom_note": _HASH,
    "rubiks_cube": _MANY,
    "rush_hour": _MANY,
    "simple_integration": _SYMPY,
    "spiral_matrix": _EXECUTES,
    "string_insertion": _EXECUTES,
}


@dataclass(frozen=True)
class Task:
    """A task with its settings, as JSON."""

    name: str
    settings: str = "{}"


@dataclass(frozen=True)
class Made:
    """A problem as the library makes it, with its verifier."""

    question: str
    answer: str
    _entry: dict[str, Any] = field(repr=False)
    _dataset: Any = field(repr=False)

    def score(self, answer: str) -> float:
        """From 0 to 1. Raises whatever the library raises."""
        return float(self._dataset.score_answer(answer, self._entry))


def tasks_of(source: str) -> list[Task]:
    """The tasks that ``source`` names. Raises LookupError for those that are not on offer, ValueError
    for settings that a task does not have."""
    found = []
    for text in source.removeprefix(GYM).split(","):
        read = _TASK.fullmatch(text.strip())
        if read is None:
            raise ValueError(
                f"{text.strip()!r} is no task: TASK, TASK@LEVEL or TASK?setting=value&…"
            )
        name = read["name"]
        if name in LEFT_OUT:
            raise LookupError(f"task {name!r} is left out: {LEFT_OUT[name]}")
        if name not in available():
            raise LookupError(f"no task {name!r}; available: {', '.join(available())}")
        settings = _of_level(name, int(read["level"])) if read["level"] else {}
        settings |= dict(_setting(text) for text in (read["settings"] or "").split("&") if text)
        task = Task(name, json.dumps(settings, sort_keys=True))
        try:
            made(task, 0)
        except (TypeError, AssertionError, ValueError) as error:
            raise ValueError(f"task {text.strip()!r}: {error}") from error
        found.append(task)
    return found


def problems(source: str, split: str, seed: int) -> Iterator[Problem]:
    """Problems of ``source`` without end."""
    tasks = tasks_of(source)
    streams = [stream(seed, "gym", split, place, task.name) for place, task in enumerate(tasks)]
    for number in count():
        place = number % len(tasks)
        yield problem(tasks[place], streams[place], f"{split}/{number}/")


def problem(task: Task, random: Random, before: str) -> Problem:
    """A problem of ``task``; its id is ``before`` with what tells it apart."""
    seed = random.getrandbits(31)
    new = made(task, seed)
    return Problem(
        id=f"{before}{task.name}:{seed}",
        question=new.question,
        answer=new.answer,
        solution=f"Answer: {new.answer}",
        source=GYM + task.name,
        kind=task.name,
        data={"task": task.name, "settings": task.settings, "seed": seed},
    )


def task_of(problem: Problem) -> Task | None:
    """The task that made ``problem``; None where none did."""
    name, settings = problem.data.get("task"), problem.data.get("settings")
    if not problem.source.startswith(GYM) or name in LEFT_OUT or name not in available():
        return None
    return Task(str(name), str(settings))


def made_again(problem: Problem) -> Made | None:
    """What the library makes where it made ``problem``; None where no task did."""
    task, seed = task_of(problem), problem.data.get("seed")
    return made(task, seed) if task and isinstance(seed, int) else None


@lru_cache(maxsize=4096)
def made(task: Task, seed: int) -> Made:
    """The problem of ``task`` under ``seed``. Raises what the library raises for its settings."""
    dataset = _library().create_dataset(task.name, seed=seed, **json.loads(task.settings))
    entry = dataset[0]
    return Made(entry["question"], str(entry["answer"]), entry, dataset)


@lru_cache(maxsize=1)
def available() -> Sequence[str]:
    """Names of the tasks on offer."""
    return sorted(set(_library().DATASETS) - set(LEFT_OUT))


def _of_level(name: str, level: int) -> dict[str, Any]:
    library = _library()
    if not library.has_curriculum(name):
        raise ValueError(f"task {name!r} has no levels; give its settings: {name}?setting=value")
    curriculum = library.create_curriculum(name)
    for attribute in curriculum.attributes:
        highest = len(curriculum.get_attribute(attribute).levels) - 1
        curriculum.set_attr_level(attribute, min(level, highest))
    found = vars(curriculum.generate_configuration({}))
    return {key: value for key, value in found.items() if key not in ("seed", "size")}


def _setting(text: str) -> tuple[str, Any]:
    key, _, value = text.partition("=")
    if key in ("seed", "size") or not value:
        raise ValueError(f"{text!r}: a setting of the task and its value, but not seed or size")
    try:
        return key, json.loads(value.lower() if value in ("True", "False") else value)
    except ValueError:
        return key, value


def _library() -> Any:
    try:
        from reasoning_gym import factory
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"problems of {GYM}… need {error.name}: pip install 'errata[logic]' (it needs a C compiler)"
        ) from error
    return factory
