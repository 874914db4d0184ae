"""Stage *group*: diagnoses in, error types and assignments out.

``error_types.yaml`` is what people read and edit between stages: rename, redescribe, delete a type
(its cases become unassigned), or fold it into another with ``merge: OTHER-ID``.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from typing import Any

import yaml
from pydantic import ValidationError

from errata.errors import ExtensionError, UserError, boundary
from errata.parts import Grouper, Grouping
from errata.records import Assignment, Diagnosis, ErrorType

_HEADER = """\
# The error types of this round. Edit, then `errata resume`: rename or redescribe a type, delete it
# (its cases become unassigned), or fold it into another with a line `merge: OTHER-ID`. What lies
# downstream is redone; `count` is rewritten. A `stability` below 0.6 marks a type that resampled
# cases do not bear out.
"""


Together = Callable[[Coroutine[Any, Any, Grouping]], Grouping]


def group(
    diagnoses: Sequence[Diagnosis], grouper: Grouper, name: str, together: Together = asyncio.run
) -> Grouping:
    """Error types of ``diagnoses``; those that failed or found no error are left out.

    ``together`` runs the grouper's coroutine, with an instructor at hand where there is one.
    """
    real = [d for d in diagnoses if not d.no_error and not d.failure]
    with boundary(f"grouper {name}", "grouping"):
        grouping = together(_group(grouper, real))
    if [a.attempt_id for a in grouping.assignments] != [d.attempt_id for d in real]:
        raise ExtensionError(
            f"grouper {name} was given {len(real)} diagnoses and returned"
            f" {len(grouping.assignments)} assignments that are not theirs in order; return one"
            " Assignment per diagnosis, with its attempt_id"
        )
    return grouping


# libyaml, where PyYAML has it, reads hundreds of types in a tenth of the time.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


async def _group(grouper: Grouper, diagnoses: Sequence[Diagnosis]) -> Grouping:
    return await grouper.group(diagnoses)


def to_yaml(types: Sequence[ErrorType]) -> str:
    """The text of ``error_types.yaml``."""
    rows = [error_type.model_dump(mode="json") for error_type in types]
    return _HEADER + yaml.safe_dump(rows, sort_keys=False, allow_unicode=True, width=100)


def edited(
    text: str, assignments: Iterable[Assignment]
) -> tuple[list[ErrorType], list[Assignment]]:
    """Types and assignments as ``error_types.yaml`` now has them, counts renewed.

    Raises UserError saying what is wrong with the text.
    """
    types, merged = _from_yaml(text)
    known = {error_type.id for error_type in types}
    placed = [
        assignment.model_copy(update={"types": tuple(_moved(assignment.types, merged, known))})
        for assignment in assignments
    ]
    counts = Counter(type_id for assignment in placed for type_id in assignment.types)
    return [t.model_copy(update={"count": counts[t.id]}) for t in types], placed


def _moved(types: Iterable[str], merged: dict[str, str], known: set[str]) -> Iterator[str]:
    given: set[str] = set()
    for type_id in types:
        place = merged.get(type_id, type_id)
        if place in known and place not in given:
            given.add(place)
            yield place


def _from_yaml(text: str) -> tuple[list[ErrorType], dict[str, str]]:
    try:
        rows = yaml.load(text, Loader=_LOADER) or []  # noqa: S506 both are safe loaders
    except yaml.YAMLError as error:
        raise UserError(f"not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(rows, list):
        raise UserError("a list of types was wanted")
    types: list[ErrorType] = []
    merged: dict[str, str] = {}
    folded: list[str] = []
    for number, row in enumerate(rows, start=1):
        given: dict[str, Any] = dict(row) if isinstance(row, dict) else {}
        into = given.pop("merge", None)
        try:
            error_type = ErrorType.model_validate(given)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise UserError(f"type {number}: {place}: {first['msg']}") from error
        if into is None:
            types.append(error_type)
        else:
            folded.append(error_type.id)
            merged[error_type.id] = str(into)
    ids = [error_type.id for error_type in types]
    twice = sorted(type_id for type_id, rows in Counter([*ids, *folded]).items() if rows > 1)
    lost = sorted(set(merged.values()) - set(ids))
    if twice or lost:
        what = f"the id {twice[0]} stands twice" if twice else f"merge: {lost[0]} is no type here"
        raise UserError(f"{what}; ids are: {', '.join(ids)}")
    return types, merged
