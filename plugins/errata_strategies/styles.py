"""Solution styles: in which of several named ways a proposal's solution is worked.

A type's candidates are shared evenly among the styles; which of them the target learns from, selection
says. Not covered: how a style is worked (the domain's ``errata_styles``, or an instruction to an
instructor).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from errata.domain import Domain
from errata.parts import Services
from errata.records import Candidate, Problem
from errata.style_check import unknown_styles
from errata.styles import USUAL


class _Styled(Protocol):
    @property
    def styles(self) -> Sequence[str]: ...


def asked_styles(settings: _Styled) -> tuple[str, ...]:
    """The styles that settings want the domain to know: all but the usual one."""
    return tuple(style for style in settings.styles if style != USUAL)


def refuse_unknown(settings: _Styled, services: Services) -> None:
    """Raise LookupError where the domain works no train problem in one of their styles.

    ``errata check`` says the same, but does not look at sources that it would have to download.
    """
    wanted = asked_styles(settings)
    if not wanted:
        return
    for mistake in unknown_styles(wanted, services.problems("train"), services.domain):
        raise LookupError(f"synthesize.styles: {mistake}")


def by_style(candidates: Sequence[Candidate]) -> Counter[str]:
    """How many of ``candidates`` are worked in each style; those of no name in the usual one."""
    return Counter(candidate.lineage.style or USUAL for candidate in candidates)


def behind(styles: Sequence[str], counts: Counter[str]) -> str:
    """The style that has the fewest; of several the first."""
    return min(styles, key=lambda style: counts[style])


def shares(total: int, styles: Sequence[str], counts: Counter[str]) -> dict[str, int]:
    """``total`` more shared so that all come to be as even as they can after ``counts``."""
    after = Counter(counts)
    for _ in range(total):
        after[behind(styles, after)] += 1
    return {style: after[style] - counts[style] for style in styles}


def worked(problem: Problem, style: str, domain: Domain) -> tuple[Problem, str]:
    """``problem`` with its solution in ``style``, and the name its lineage gets.

    Where the domain has no such solution of this problem, it stays as it is, in the usual style.
    """
    solution = None if style == USUAL else domain.styles(problem).get(style)
    if solution is None:
        return problem, ""
    return problem.model_copy(update={"solution": solution}), style
