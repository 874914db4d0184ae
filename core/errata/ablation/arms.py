"""The arms of an ablation: named changes to one recipe, and the recipe of each arm at each seed.

Not covered: running them (``jobs.py``) and what comes out (``collecting.py``).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, Field, ValidationError

from errata.errors import RecipeError, UserError
from errata.lines import first_mistake
from errata.recipe import Recipe, did_you_mean, load
from errata.sections import Section

_NAME = re.compile(r"[^\W_][\w.+-]*")  # it becomes a folder beside `shared-…`


def _named(arms: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    for name in arms:
        if not _NAME.fullmatch(name) or name.startswith("shared-"):
            raise ValueError(
                f"the name {name!r} of an arm may have letters, digits, '.', '_', '+' and '-', and"
                " does not begin with 'shared-'"
            )
    return arms


class Arms(Section):
    """A file of arms."""

    arms: Annotated[dict[str, tuple[str, ...]], AfterValidator(_named)] = Field(
        min_length=1, description="changes by the name of the arm, each as with `--set`"
    )
    reference: str = Field("", description="the arm that others are compared with; the first")
    seeds: tuple[int, ...] = Field((), description="seeds; the recipe's own where there are none")


@dataclass(frozen=True)
class Arm:
    """One arm at one seed."""

    name: str
    seed: int
    recipe: Recipe


@dataclass(frozen=True)
class Plan:
    """Every arm at every seed, seeds first; ``reference`` names the arm that others are compared
    with."""

    name: str
    names: tuple[str, ...]
    seeds: tuple[int, ...]
    reference: str
    arms: tuple[Arm, ...]


def read_arms(path: Path) -> Arms:
    """A file of arms. Raises UserError saying what is wrong with it."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Arms.model_validate(raw)
    except FileNotFoundError as error:
        raise UserError(f"arms {path}: no such file; or give arms as NAME=CHANGES") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"arms {path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise UserError(f"arms {path}: not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise UserError(
            f"arms {path}: {first_mistake(error)}; wanted is `arms: {{NAME: [a.b=c, …], …}}`, and"
            " perhaps `reference: NAME` and `seeds: [0, 1, 2]`"
        ) from error


def given_arms(texts: Sequence[str]) -> Arms:
    """Arms of ``--arms``: one file, or ``NAME=CHANGES`` each, the changes with blanks between them.

    Raises UserError.
    """
    files = [text for text in texts if "=" not in text]
    if files:
        if len(texts) > 1:
            raise UserError(f"--arms {files[0]}: a file stands alone; found {len(texts)} --arms")
        return read_arms(Path(files[0]))
    arms: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, _, changes = text.partition("=")
        if name in arms:
            raise UserError(f"--arms {name}=…: the name stands twice")
        try:
            arms[name] = tuple(shlex.split(changes))
        except ValueError as error:
            raise UserError(f"--arms {text}: {error}") from error
    try:
        return Arms(arms=arms)
    except ValidationError as error:
        raise UserError(f"--arms: {first_mistake(error)}") from error


def plan_arms(
    recipe: Path,
    arms: Arms,
    changes: Sequence[str],
    seeds: Sequence[int] = (),
    reference: str = "",
) -> Plan:
    """The recipe of every arm at every seed; ``changes`` go before those of the arms.

    Raises UserError, RecipeError with every mistake of every arm.
    """
    names = tuple(arms.arms)
    chosen = reference or arms.reference or names[0]
    if chosen not in names:
        raise UserError(
            f"reference {chosen!r}: no such arm{did_you_mean(chosen, names)}; arms: {', '.join(names)}"
        )
    mistakes: list[str] = []
    own: dict[str, Recipe] = {}
    for name in names:
        try:
            own[name] = load(recipe, [*changes, *arms.arms[name]])
        except RecipeError as error:
            mistakes += [f"arm {name}: {mistake}" for mistake in error.mistakes]
        except UserError as error:
            mistakes.append(f"arm {name}: {error}")
    if mistakes:
        raise RecipeError(str(recipe), mistakes)
    wanted = tuple(dict.fromkeys(seeds or arms.seeds or (own[chosen].seed,)))
    title = load(recipe, changes).name
    return Plan(
        name=title,
        names=names,
        seeds=wanted,
        reference=chosen,
        arms=tuple(
            Arm(name, seed, _of_arm(own[name], f"{title}, {name}, seed {seed}", seed))
            for seed in wanted
            for name in names
        ),
    )


def _of_arm(recipe: Recipe, name: str, seed: int) -> Recipe:
    return recipe.model_copy(update={"name": name, "seed": seed})
