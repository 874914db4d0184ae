"""How the page splits a solution into steps: as the run's domain does, so that a diagnosis marks the
step it means; or in lines, where that domain is not installed here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError

from errata.domain import Domain
from errata.errors import ErrataError
from errata.plugins import Active, Catalogue, make_plugin
from errata.records import Problem

Steps = Callable[[Problem, str], Sequence[str]]


def lines(problem: Problem, solution: str) -> list[str]:  # noqa: ARG001 the shape of Domain.steps
    """The lines of a solution that are not empty: what the engine does without ``errata_steps``."""
    return [line.strip() for line in solution.splitlines() if line.strip()]


def domain_steps(use: str, options: dict[str, Any]) -> tuple[Steps, str]:
    """The domain's way, and why it is lines after all (empty where it is not)."""
    try:
        installed = Catalogue().plugin(use, "domain")
        model = getattr(installed.factory, "Options", None)
        given = model.model_validate(options) if model else None
        domain = Domain(use, Active({use: make_plugin(installed, given)}))
    except (ErrataError, ValidationError):
        return (
            lines,
            f"Steps are lines here: the domain {use!r} did not load where this was written.",
        )

    def steps(problem: Problem, solution: str) -> Sequence[str]:
        try:
            return domain.steps(problem, solution)
        except (
            ErrataError
        ):  # a report of a run must not fail for a text that the domain cannot split
            return lines(problem, solution)

    return steps, ""
