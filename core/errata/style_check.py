"""Whether the domain knows the solution styles that a recipe names.

A domain says per problem in which styles it can be worked (``errata_styles``), and leaves out those in
which a problem would look as usual. So the first problems are asked, all of them or ``LOOKED_AT``. Not
covered: a style that only a later problem has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, islice

from errata.domain import Domain
from errata.errors import ErrataError
from errata.recipe import Recipe, did_you_mean
from errata.records import Problem
from errata.styles import USUAL

LOOKED_AT = 500


def unknown_styles(names: Sequence[str], problems: Iterable[Problem], domain: Domain) -> list[str]:
    """A mistake for each of ``names`` that the domain does not know for any of ``problems``; none
    where there is no problem to ask about."""
    missing, known, looked = dict.fromkeys(names), dict[str, None](), 0
    for problem in islice(problems, LOOKED_AT) if missing else ():
        looked += 1
        for name in domain.styles(problem):
            known[name] = None
            missing.pop(name, None)
        if not missing:
            break
    if not looked:
        return []
    there = [USUAL, *sorted(known)]
    return [
        f"style {name!r}: the domain {domain.name} works none of the first {looked} train problems"
        f" so{did_you_mean(name, there)}; styles that it knows for them: {', '.join(there)}"
        for name in missing
    ]


def style_mistakes(names: Sequence[str], recipe: Recipe, domain: Domain) -> list[str]:
    """The mistakes of a recipe, unless looking at its train problems would download something."""
    sources = [
        source
        for name, source in recipe.sets().items()
        if name == "train" or name.startswith("train/")
    ]
    if not names or any(source.source.startswith("hf:") for source in sources):
        return []
    firsts = (
        islice(domain.problems(source.source, source.split, recipe.seed), source.limit)
        for source in sources
    )
    try:
        found = unknown_styles(names, chain.from_iterable(firsts), domain)
    except ErrataError:  # that a source is not there is told with the sets
        return []
    return [f"synthesize.styles: {mistake}" for mistake in found]
