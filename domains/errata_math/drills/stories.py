"""Everyday stories of one and of two steps: how a template with numbers becomes a drill.

Every template states the range of each quantity and what must hold between them, so that no story has
more eaten than baked, a shared remainder, or a bus of four hundred. The templates are in
``one_step`` and ``two_steps``. Not covered: stories with fractions, percentages or units to convert.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from errata_math.drills.form import Kind, Parameters, Worked, equation, number

_PEOPLE = (
    ("Ana", "she", "her"),
    ("Ben", "he", "his"),
    ("Clara", "she", "her"),
    ("David", "he", "his"),
    ("Emma", "she", "her"),
    ("Farid", "he", "his"),
    ("Grace", "she", "her"),
    ("Hugo", "he", "his"),
    ("Ines", "she", "her"),
    ("Jamal", "he", "his"),
    ("Kira", "she", "her"),
    ("Leo", "he", "his"),
    ("Mina", "she", "her"),
    ("Noah", "he", "his"),
    ("Olga", "she", "her"),
    ("Pedro", "he", "his"),
)


@dataclass(frozen=True)
class Template:
    """A story. In ``text``, ``{name}``, ``{he}``, ``{He}``, ``{his}`` are the person and ``{a}``,
    ``{b}``, ``{c}`` quantities. ``steps`` are operations on two quantities; ``#`` is the value of the
    step before. ``ranges`` are inclusive, and every step must come out within ``1..limit``."""

    name: str
    text: str
    steps: tuple[str, ...]
    ranges: Mapping[str, tuple[int, int]]
    limit: int = 199

    @property
    def operations(self) -> str:
        """The operators of the steps, in order."""
        return "".join(step.split()[1] for step in self.steps)


def solve(template: Template, quantities: Mapping[str, int]) -> list[tuple[str, int]] | None:
    """Each step's expression with its numbers, and its value; None when a quotient leaves a
    remainder or a value leaves ``1..limit``."""
    solved: list[tuple[str, int]] = []
    for step in template.steps:
        left, operator, right = step.split()
        x, y = (solved[-1][1] if part == "#" else quantities[part] for part in (left, right))
        if operator == "/" and x % y:
            return None
        value = {"+": x + y, "-": x - y, "*": x * y, "/": x // y}[operator]
        if not 1 <= value <= template.limit:
            return None
        solved.append((f"{x} {operator} {y}", value))
    return solved


def _draw(templates: Mapping[str, Template], random: Random) -> Parameters:
    template = templates[random.choice(sorted(templates))]
    while True:
        quantities = {name: random.randint(*template.ranges[name]) for name in template.ranges}
        # Equal quantities read oddly and would hide which of them a solution used.
        if len(set(quantities.values())) == len(quantities) and solve(template, quantities):
            return {"story": template.name, **quantities}


def _work(templates: Mapping[str, Template], parameters: Parameters, wording: int) -> Worked:
    template = templates[str(parameters["story"])]
    quantities = {name: number(parameters, name) for name in template.ranges}
    solved = solve(template, quantities)
    if solved is None:
        raise ValueError(f"the story {template.name!r} does not come out with {quantities}")
    name, he, his = _PEOPLE[wording % len(_PEOPLE)]
    question = template.text.format(
        name=name, he=he, He=he.capitalize(), his=his, His=his.capitalize(), **quantities
    )
    return Worked(question, tuple(equation(*step) for step in solved), solved[-1][1])


def _traits(templates: Mapping[str, Template], parameters: Parameters) -> tuple[int | str, ...]:
    return (templates[str(parameters["story"])].operations,)


def story_kind(name: str, templates: Sequence[Template]) -> Kind:
    """The kind of drill that draws from ``templates``."""
    named = {template.name: template for template in templates}
    return Kind(name, partial(_draw, named), partial(_work, named), partial(_traits, named))
