"""Fields of pydantic models as rows of a table."""

from __future__ import annotations

import inspect
import json
import re
import types
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
_NAMES = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def kind(annotation: Any) -> str:
    """An annotation in words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind(inner[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(kind(choice) for choice in inner))
    if origin in (tuple, list):
        return f"list of {kind(inner[0])}"
    if origin is dict:
        return f"mapping to {kind(inner[1])}"
    if annotation is type(None):
        return "null"
    if isinstance(annotation, type):
        return _NAMES.get(annotation, f"`{annotation.__name__}`")
    return "any JSON" if "Json" in str(annotation) else str(annotation)


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


def description(model: type[BaseModel], name: str) -> str:
    """The field's own description, else the words of its model's docstring that name it."""
    own = model.model_fields[name].description
    if own:
        return own
    text = " ".join(inspect.cleandoc(model.__doc__ or "").split())
    for sentence in re.split(r"(?<=[.;:])\s+(?=[A-Z`])", text):
        if re.search(rf"``{name}\b", sentence):
            return sentence.replace("``", "`").rstrip(";:.")
    return ""


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
    return [f"`{path}`", values, default(field), description(model, name)]
