"""What the grouper ``instructor-batches`` asks for: its purposes and the replies to them.

Phrases and types are numbered in the prompt and the reply names numbers, so nothing has to be repeated
letter by letter. A broken entry spoils no other. Not covered: what is done with the replies.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from errata.naming import readable_entries
from errata.prompting import Purpose

_PROMPTS = Path(__file__).parent / "prompts"
_NUMBER = re.compile(r"\D{0,10}(\d{1,9})\D{0,3}")


def _numbers(value: object) -> object:
    """The numbers in a list; "7", "#7" and "phrase 7" are meant as 7, anything else is passed over."""
    if not isinstance(value, list):
        return value
    found = []
    for entry in value:
        if isinstance(entry, int) and not isinstance(entry, bool):
            found.append(entry)
        elif isinstance(entry, str) and (match := _NUMBER.fullmatch(entry.strip())):
            found.append(int(match[1]))
    return found


Numbers = Annotated[list[int], BeforeValidator(_numbers)]


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Filed(_Reply):
    """Phrases that belong to a type which is there already."""

    type: int = Field(description="number of the type")
    phrases: Numbers = Field(description="numbers of the phrases that belong to it")


class NewType(_Reply):
    """A type that the instructor proposes, and its phrases."""

    name: str = Field(description="the kind of error in two to six words")
    description: str = Field(description="one sentence: what is done wrong, and when")
    phrases: Numbers = Field(description="numbers of the phrases that belong to it")


class Sorted(_Reply):
    """A batch of phrases, sorted."""

    existing: Annotated[list[Filed], BeforeValidator(readable_entries(Filed))] = Field(
        default=[], description="phrases that belong to types listed in the question"
    )
    new: Annotated[list[NewType], BeforeValidator(readable_entries(NewType))] = Field(
        default=[], description="new types for phrases that fit none of those"
    )


class Merge(_Reply):
    """Types that are one."""

    types: Numbers = Field(description="numbers of types that are the same kind of error")
    name: str = Field(description="a name for all of them, in two to six words")
    description: str = Field(description="one sentence: what is done wrong, and when")


class Merges(_Reply):
    """Which types are the same."""

    merges: Annotated[list[Merge], BeforeValidator(readable_entries(Merge))] = Field(
        description="groups of types to be joined; types not mentioned stay as they are"
    )


class NamedGroup(_Reply):
    """A group by its name alone, as the paper has it."""

    name: str = Field(description="name of the group")
    phrases: Numbers = Field(description="numbers of its phrases")
    explanation: str = Field(description="what the group is about")


class NamedGroups(_Reply):
    """A batch of phrases as named groups."""

    groups: Annotated[list[NamedGroup], BeforeValidator(readable_entries(NamedGroup))]


TYPES = Purpose(
    name="types",
    template=_PROMPTS / "types.md",
    variables={
        "phrases": "short phrases that name errors, a list; the reply counts them from 1",
        "types": "types found so far, a list with `name` and `description`, counted from 1; empty in"
        " the first batch",
        "room": "how many new types may be made at most",
        "several": "to how many types a phrase may belong at most",
        "refused": "names that were refused and why, a list of sentences; empty at first",
    },
    reply=Sorted,
)

MERGE = Purpose(
    name="types-merge",
    template=_PROMPTS / "types-merge.md",
    variables={
        "types": "all types, a list with `name`, `description` and `phrases` (a few), counted from 1",
        "limit": "how many types may be left at most",
    },
    reply=Merges,
)

BY_NAME = Purpose(
    name="types-by-name",
    template=_PROMPTS / "types-by-name.md",
    variables={
        "phrases": "short phrases that name errors, a list; the reply counts them from 1",
        "names": "names of the groups made so far, a list; empty in the first batch",
    },
    reply=NamedGroups,
)
