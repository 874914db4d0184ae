"""Fields of pydantic models as rows of a table."""

from __future__ import annotations

import json
import types
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from errata.parts import Settings
from errata.recipe import Diagnose, PartUse, Section, Source

_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
_SECTIONS: dict[type, str] = {PartUse: "part", Diagnose: "part", Source: "source"}
_NAMES: dict[type, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    type(None): "null",
}
_CONTAINERS: dict[Any, str] = {tuple: "list of", list: "list of", dict: "mapping to"}


def kind(annotation: Any) -> str:
    """An annotation in words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind(inner[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(kind(choice) for choice in inner))
    if origin in _CONTAINERS:
        return f"{_CONTAINERS[origin]} {kind(inner[-1] if origin is dict else inner[0])}"
    return _plain(annotation)


def _plain(annotation: Any) -> str:
    if not isinstance(annotation, type):
        return "any JSON" if "Json" in str(annotation) else str(annotation)
    if issubclass(annotation, PartUse | Section | Settings):
        return _SECTIONS.get(annotation, "section")
    return _NAMES.get(annotation, f"`{annotation.__name__}`")


def bounds(field: FieldInfo) -> str:
    """The limits of a field's value in words, or nothing."""
    said = []
    for limit in field.metadata:
        said += [
            f"{words} {getattr(limit, name)}"
            for name, words in _BOUNDS.items()
            if getattr(limit, name, None) is not None
        ]
        if getattr(limit, "min_length", None) == 1:
            said.append("not empty")
    return ", ".join(said)


def default(field: FieldInfo) -> str:
    """The default as YAML has it, or "required"."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    assert value is not PydanticUndefined
    if isinstance(value, BaseModel):
        return "see below"
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def sentence(text: str) -> str:
    """``text`` with a capital and a full stop."""
    return text[:1].upper() + text[1:].rstrip(".") + "." if text else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def row(path: str, model: type[BaseModel], name: str) -> list[str]:
    """Path, values, default, description of one field."""
    field = model.model_fields[name]
    values = ", ".join(filter(None, [kind(field.annotation), bounds(field)]))
    return [f"`{path}`", values, default(field), field.description or ""]
