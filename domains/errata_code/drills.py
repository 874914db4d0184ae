"""Elementary functions to be written, generated without end from a seed, with tests.

A drill is its kind and its parameters: question, program and tests follow from them. Not covered:
anything that takes more than a few lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from errata.records import Problem
from errata.seeds import stream

SOURCE = "drills"
_TESTS = 3
# kind: name of the function, task, body, what it is called with
KINDS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "sum": ("plus_{a}", "returns x plus {a}", "return x + {a}", ("x",)),
    "product": ("times_{a}_plus_{b}", "returns {a} times x, plus {b}", "return {a} * x + {b}", ("x",)),
    "difference": ("minus_{a}_times_{b}", "returns {b} times the difference of x and {a}",
        "return {b} * (x - {a})", ("x",)),
    "divisible": ("divisible_by_{a}", "returns whether x is divisible by {a}",
        "return x % {a} == 0", ("x",)),
    "remainder": ("rest_{a}_plus_{b}", "returns the remainder of x divided by {a}, plus {b}",
        "return x % {a} + {b}", ("x",)),
    "at-most": ("at_most_{a}", "returns x, but never more than {a}", "return min(x, {a})", ("x",)),
    "larger": ("larger_{a}_{b}", "returns the larger of {a} times x and {b} times y",
        "return max({a} * x, {b} * y)", ("x", "y")),
    "count": ("count_over_{a}", "returns how many numbers in items are greater than {a}",
        "return sum(1 for x in items if x > {a})", ("items",)),
    "filter": ("keep_over_{a}", "returns a list of the numbers in items that are greater than {a}",
        "return [x for x in items if x > {a}]", ("items",)),
    "map": ("all_times_{a}_plus_{b}", "returns a list of every number in items times {a}, plus {b}",
        "return [x * {a} + {b} for x in items]", ("items",)),
    "total": ("total_times_{a}", "returns the sum of items, times {a}",
        "return sum(items) * {a}", ("items",)),
    "first": ("first_{s}_reversed", "returns the first {s} items in reverse order",
        "return items[:{s}][::-1]", ("items",)),
    "loop": ("sum_to_x_step_{s}_plus_{a}", "adds up every {s}th number from {a} to x",
        "total = 0\n    for n in range({a}, x + 1, {s}):\n        total += n\n    return total",
        ("x",)),
    "branch": ("double_over_{a}", "returns twice x if x is greater than {a}, else x plus {b}",
        "if x > {a}:\n        return 2 * x\n    return x + {b}", ("x",)),
    "repeat": ("repeat_{s}_with_{w}", "returns text repeated {s} times, followed by \"{w}\"",
        "return text * {s} + \"{w}\"", ("text",)),
    "letters": ("count_{w}", "returns how often \"{w}\" occurs in text",
        "return text.count(\"{w}\")", ("text",)),
    "ending": ("reversed_with_{w}", "returns text reversed, with \"{w}\" in front",
        "return \"{w}\" + text[::-1]", ("text",)),
}  # fmt: skip


def generate(split: str, seed: int) -> Iterator[Problem]:
    """Problems ``drills/SPLIT/0``… without end, every kind once in each run of ``len(KINDS)``."""
    random = stream(seed, SOURCE, split)
    number = 0
    while True:
        for kind in random.sample(sorted(KINDS), len(KINDS)):
            yield _problem(f"{SOURCE}/{split}/{number}", kind, _drawn(random))
            number += 1


def variant(problem: Problem, random: Random) -> Problem:
    """Another drill of the kind of ``problem``."""
    kind = str(problem.data["kind"])
    while (other := _problem("?", kind, _drawn(random))).question == problem.question:
        pass
    name = f"{problem.id}/variant-{random.getrandbits(40):010x}"
    return other.model_copy(update={"id": name})


def key(problem: Problem) -> str:
    """Equal for the same drill."""
    return f"drill:{problem.question}"


def _drawn(random: Random) -> dict[str, Any]:
    letters = "".join(random.choice("abcdeilmnorst") for _ in range(random.randint(1, 2)))
    return {
        "a": random.randint(2, 60),
        "b": random.randint(2, 30),
        "s": random.randint(2, 9),
        "w": letters,
    }


def _problem(name: str, kind: str, parameters: dict[str, Any]) -> Problem:
    called, task, body, arguments = KINDS[kind]
    entry, head = called.format(**parameters), ", ".join(arguments)
    code = f"def {entry}({head}):\n    {body.format(**parameters)}\n"
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 our own text, written above
    random = stream(0, SOURCE, code)
    calls = [[_argument(part, random, parameters) for part in arguments] for _ in range(_TESTS)]
    tests = [
        f"assert {entry}({', '.join(map(repr, given))}) == {names[entry](*given)!r}"
        for given in calls
    ]
    return Problem(
        id=name,
        question=f"Write a Python function {entry}({head}) that {task.format(**parameters)}.",
        answer="\n".join(tests),
        solution=f"```python\n{code.strip()}\n```",
        source=SOURCE,
        kind=kind,
        data={"entry_point": entry, "example": tests[0], "kind": kind, "parameters": parameters},
    )


def _argument(name: str, random: Random, parameters: dict[str, Any]) -> Any:
    about = int(parameters["a"])
    if name == "items":
        return [random.randint(about - 20, about + 20) for _ in range(random.randint(3, 6))]
    if name == "text":
        return "".join(random.choice(f"abcdeilmnorst{parameters['w']}") for _ in range(6))
    return random.choice([about, 2 * about, about - 1, random.randint(1, 99)])
