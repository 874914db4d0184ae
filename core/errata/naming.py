"""Names of error types: which say nothing, ids made of them, and names asked of an instructor.

Not covered: which cases belong to a type, and names made without an instructor (a grouper's own).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from errata.parts import Services
from errata.prompting import Purpose


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD = re.compile(r"[^\W_]+")
_KINDS = _words(
    "error errors mistake mistakes issue issues problem problems fault faults type types kind kinds"
    " category categories class classes cluster clusters group groups case cases phrase phrases"
    " keyphrase keyphrases theme themes item items thing things topic topics"
)
_IDLE = _words(
    "misc miscellaneous other others various unknown unclear unspecified unclassified uncategorized"
    " uncategorised unassigned undefined general generic mixed assorted remaining rest none na null"
    " n nothing any all some further additional a an and or of the in with not no"
)
_PARTICLES = _words("a an the of in general")
_NO_ERROR = re.compile(
    r"(?:there (?:is|are|was|were) )?no (?:\w+ )?(?:error|mistake|issue)s?"
    r"(?: (?:at all|detected|found|here|identified|in .*|made|present))?"
    r"|(?:all |the |fully )*(?:correct|right)"
    r"(?: (?:answer|approach|attempt|method|process|reasoning|response|result|solution|step)(?:e?s)?)?",
    re.IGNORECASE,
)
_LONGEST_NAME = 100
_LONGEST_ID = 60
_AT_ONCE = 30


def useless(name: str, phrases: Sequence[str] = ()) -> str:
    """Why ``name`` names no kind of error, or nothing.

    Refused: an empty name, "miscellaneous" and its like, "no error" and "correct process", what is too
    long for a name, and a list of ``phrases`` that were to be named.
    """
    plain = " ".join(name.split())
    words = _WORD.findall(plain.casefold())
    if not words:
        return "is empty"
    if _NO_ERROR.fullmatch(plain.strip(" .!")):
        return "says that there is no error"
    if all(word in _KINDS or word in _IDLE or word.isdigit() for word in words):
        return "fits any error"
    listed = {part.strip().casefold() for part in re.split(r"[;,|/]", plain)}
    if len(listed & {" ".join(phrase.split()).casefold() for phrase in phrases}) > 1:
        return "is a list of phrases"
    if len(plain) > _LONGEST_NAME:
        return f"is longer than {_LONGEST_NAME} characters"
    return ""


def sameness(name: str) -> str:
    """What two spellings of one name share: "Calculation Errors" and "a general calculation error"
    are the same; the order of words counts ("addition instead of subtraction")."""
    words = _WORD.findall(unicodedata.normalize("NFKC", name).casefold())
    kept = [word for word in words if word not in _KINDS and word not in _PARTICLES]
    singular = [w[:-1] if len(w) > 3 and w.endswith("s") and w[-2] != "s" else w for w in kept]
    return " ".join(singular) or " ".join(words)


def type_ids(names: Sequence[str]) -> list[str]:
    """A readable id for each name, of words and hyphens; see ``distinct``."""
    return distinct(
        ["-".join(_WORD.findall(unicodedata.normalize("NFKC", n).casefold())) for n in names]
    )


def distinct(slugs: Sequence[str]) -> list[str]:
    """``slugs``, cut between words at 60 characters ("type" where one is empty), with a number that
    tells equal ones apart ("-2", "-3", …, in order)."""
    taken: dict[str, None] = {}  # in order
    for slug in slugs:
        cut = slug if len(slug) <= _LONGEST_ID else slug[:_LONGEST_ID].rsplit("-", 1)[0]
        base = choice = cut or "type"
        number = 1
        while choice in taken:
            number += 1
            choice = f"{base}-{number}"
        taken[choice] = None
    return list(taken)


def readable_entries(model: type[BaseModel]) -> Callable[[object], object]:
    """A validator that drops the entries of a list which are no ``model``: one broken entry spoils no
    other. Where all are broken it drops none, so that the reply is asked for again."""

    def keep(value: object) -> object:
        if not isinstance(value, list):
            return value
        return [entry for entry in value if _reads(model, entry)] or value

    return keep


def _reads(model: type[BaseModel], entry: object) -> bool:
    try:
        model.model_validate(entry)
    except ValidationError:
        return False
    return True


class GivenName(BaseModel):
    """A name for one group of an instructor's reply."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    group: int = Field(description="number of the group")
    name: str = Field(description="the kind of error in two to six words")
    description: str = Field(description="one sentence: what is done wrong, and when")


class GivenNames(BaseModel):
    """Names for numbered groups."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    names: Annotated[list[GivenName], BeforeValidator(readable_entries(GivenName))]


NAMING = Purpose(
    name="naming",
    template=Path(__file__).parent / "templates" / "naming.md",
    variables={
        "groups": "what is to be named: a list with `number`, `phrases` (the most typical first),"
        " `count` (cases) and `terms` (words that set it apart)",
        "taken": "names that other groups have, a list",
        "refused": "names that were refused and why, a list of sentences; empty at first",
    },
    reply=GivenNames,
)


@dataclass(frozen=True)
class Cluster:
    """A group of cases that wants a name. ``name`` and ``description`` stand where none is given;
    ``phrases`` are its most typical keyphrases, the most typical first."""

    name: str
    description: str
    phrases: tuple[str, ...]
    count: int
    terms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Label:
    """A name and a one-sentence description. ``given`` is true when the instructor gave them."""

    name: str
    description: str
    given: bool = False


async def name_clusters(clusters: Sequence[Cluster], services: Services) -> list[Label]:
    """A label for each of ``clusters``, in order, by the instructor.

    A group that gets no name, a useless one or one that another has is asked about once more with the
    reason; then, and where no reply comes, its own name stands. At most thirty are asked about at
    once. The part that calls declares ``NAMING`` in its ``Part.prompts``.

    Raises BudgetSpent and InstructorError, as ``Services.ask`` does.
    """
    labels: dict[int, Label] = {}
    for start in range(0, len(clusters), _AT_ONCE):
        wanted = dict(enumerate(clusters[start : start + _AT_ONCE], start=1))
        refused: list[str] = []
        for replica in (0, 1):
            open_ones = {n: c for n, c in wanted.items() if start + n - 1 not in labels}
            if not open_ones:
                break
            found = await _asked(open_ones, labels, refused, services, replica)
            if found is None:
                break
            labels.update((start + number - 1, label) for number, label in found.items())
    return [
        labels.get(place, Label(cluster.name, cluster.description))
        for place, cluster in enumerate(clusters)
    ]


async def _asked(
    wanted: Mapping[int, Cluster],
    labels: Mapping[int, Label],
    refused: list[str],
    services: Services,
    replica: int,
) -> dict[int, Label] | None:
    """Labels by number, and ``refused`` added to; None when no reply came."""
    taken = {sameness(label.name) for label in labels.values()}
    values = {
        "groups": [
            {
                "number": number,
                "phrases": [" ".join(phrase.split())[:200] for phrase in cluster.phrases],
                "count": cluster.count,
                "terms": list(cluster.terms),
            }
            for number, cluster in sorted(wanted.items())
        ],
        "taken": sorted(label.name for label in labels.values()),
        "refused": list(refused),
    }
    about = f"names of {len(wanted)} types" + (", again" if replica else "")
    prompt = services.prompts.render(NAMING, values, about=about, replica=replica)
    answer = await services.ask(prompt)
    if answer.value is None:
        return None
    found: dict[int, Label] = {}
    for given in answer.value.names:
        cluster = wanted.get(given.group)
        if cluster is None or given.group in found:
            continue
        name = " ".join(given.name.split())
        why = useless(name, cluster.phrases)
        if not why and sameness(name) in taken:
            why = "is the name of another group"
        if why:
            refused.append(f"“{name}” for group {given.group} {why}")
            continue
        taken.add(sameness(name))
        found[given.group] = Label(name, " ".join(given.description.split()), given=True)
    return found
