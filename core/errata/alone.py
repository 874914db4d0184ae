"""A part without a run around it: its settings from a command line, and how it is made.

Not covered: parts that ask an instructor, and several mistakes at once (``check.py`` does both for a
recipe).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from pydantic import ValidationError

from errata.errors import MissingExtra, PartError, UserError
from errata.parts import Part, Services, Settings


def values_of(changes: Sequence[str]) -> dict[str, Any]:
    """``name=value`` as names and YAML values. Raises UserError."""
    values: dict[str, Any] = {}
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals or not name:
            raise UserError(f"--set {change}: write --set name=value")
        try:
            values[name] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise UserError(f"--set {change}: the value is not YAML: {error}") from error
    return values


def settings_of(part: Part, given: Mapping[str, Any], prefix: str = "") -> Settings:
    """The settings of a part; ``prefix`` stands before their names on the command line. Raises
    UserError."""
    try:
        return part.settings.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(place) for place in first["loc"])
        what = "unknown setting" if first["type"] == "extra_forbidden" else first["msg"]
        raise UserError(
            f"--set {prefix}{name}: {what}; settings of {part.kind} {part.name}:"
            f" {', '.join(part.settings.model_fields) or 'none'}"
        ) from error


def lacking(part: Part) -> str:
    """What has to be installed before the part can be made, and how; nothing where all is there."""
    missing = [name for name in part.requires if importlib.util.find_spec(name) is None]
    if not missing:
        return ""
    package = part.distribution or "its package"
    remedy = f"pip install '{package}[{part.extra}]'" if part.extra else f"reinstall {package}"
    return (
        f"{part.kind} {part.name!r} of {package} needs {', '.join(missing)}, which is not installed:"
        f" {remedy}"
    )


def make_part(part: Part, settings: Settings, services: Services) -> object:
    """The part. Raises MissingExtra, and PartError when what the settings name is not there."""
    if missing := lacking(part):
        raise MissingExtra(missing)
    try:
        return part.make(settings, services)
    except (LookupError, FileNotFoundError) as error:  # what the settings name is not there
        raise PartError(f"{part.kind} {part.name}: {error}") from error
