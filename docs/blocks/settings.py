"""Blocks ``recipe``, ``settings KIND`` and ``options DOMAIN``: every setting with its default."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence

from pydantic import BaseModel

from blocks.catalogue import domain, offers
from blocks.fields import row, sentence, table
from errata.recipe import (
    Caps,
    Diagnose,
    DomainUse,
    ErrorSource,
    InstructorUse,
    PartUse,
    Problems,
    Recipe,
    Replay,
    Source,
    Stop,
    SuspectGold,
    Synthesize,
    Train,
    Triage,
    Warmup,
)

HEAD = ("setting", "values", "default", "meaning")
SECTIONS: dict[str, type[BaseModel]] = {
    "domain": DomainUse,
    "problems": Problems,
    "problems.train": Source,
    "target": PartUse,
    "instructor": InstructorUse,
    "instructor.stages": Caps,
    "embed": PartUse,
    "warmup": Warmup,
    "error_sources": ErrorSource,
    "triage": Triage,
    "triage.suspect_gold": SuspectGold,
    "diagnose": Diagnose,
    "diagnose.second": PartUse,
    "group": PartUse,
    "synthesize": Synthesize,
    "synthesize.verify": PartUse,
    "select": PartUse,
    "train": Train,
    "train.replay": Replay,
    "stop": Stop,
}


def recipe(arguments: Sequence[str]) -> str:  # noqa: ARG001 the signature of every block
    """Every setting of a recipe by its dotted path, section by section."""
    return table(HEAD, list(_rows()))


def _rows() -> Iterator[list[str]]:
    for name in Recipe.model_fields:
        yield row(name, Recipe, name)
        for section, model in SECTIONS.items():
            if section.partition(".")[0] == name:
                yield from (row(f"{section}.{f}", model, f) for f in model.model_fields)


def render(arguments: Sequence[str]) -> str:
    """The parts of one kind with their settings."""
    (kind,) = arguments
    found = [offer for offer in offers() if offer.part.kind == kind]
    return "\n\n".join(
        f"#### {kind} `{offer.part.name}` (plugin `{offer.plugin}`)\n\n"
        f"{sentence(offer.part.summary)}\n\n{_table(offer.part.settings)}"
        for offer in found
    )


def options(arguments: Sequence[str]) -> str:
    """The options of a domain, set under ``domain.options``."""
    (name,) = arguments
    model = getattr(domain(name).factory, "Options", None)
    if model is None:
        return f"The domain `{name}` has no options."
    assert inspect.isclass(model)
    assert issubclass(model, BaseModel)
    return _table(model)


def _table(model: type[BaseModel]) -> str:
    if not model.model_fields:
        return "No settings."
    return table(HEAD, list(_nested("", model)))


def _nested(prefix: str, model: type[BaseModel]) -> Iterator[list[str]]:
    for name, field in model.model_fields.items():
        yield row(prefix + name, model, name)
        if inspect.isclass(field.annotation) and issubclass(field.annotation, BaseModel):
            yield from _nested(f"{prefix}{name}.", field.annotation)
