"""Prompts for instructors: template files, who supplies them, and what they are rendered with.

A part declares what it asks for (``Purpose``): a name, the variables a template may use, the typed
reply, and a generic template. The domain may supply a better one (``errata_prompt``), and a recipe may
override both by path (``domain.prompts``). A template is a Jinja2 file; lines ``[system]``, ``[user]``
and ``[assistant]`` begin messages. It is cut into messages before it is rendered, so nothing that a
model wrote can begin one.

Not covered: the reply (``errata.calls.asking``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Literal, TypeVar, cast

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import SandboxedEnvironment
from pydantic import BaseModel, JsonValue

from errata.calls.typed import Prompt
from errata.records import Message

M = TypeVar("M", bound=BaseModel)
Role = Literal["system", "user", "assistant"]
_MARKER = re.compile(r"^\[(system|user|assistant)\][ \t]*$", re.MULTILINE)
_JINJA = SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@dataclass(frozen=True)
class Purpose(Generic[M]):
    """What a part asks an instructor for.

    ``variables`` maps what a template may use to what it is; ``template`` is the generic file, which
    serves where the domain has none.
    """

    name: str
    template: Path
    variables: Mapping[str, str]
    reply: type[M]


class Template:
    """A prompt template from its ``text``; ``digest`` is the SHA-256 of the text.

    Raises ValueError when it is no Jinja2 template or begins no message.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = hashlib.sha256(text.encode()).hexdigest()
        before, *rest = _MARKER.split(text)
        if before.strip():
            rest = ["user", before, *rest]
        parts = list(zip(rest[::2], rest[1::2], strict=True))
        if not parts:
            raise ValueError("is empty: write what the instructor is to read")
        try:
            self.variables = frozenset[str]().union(
                *(meta.find_undeclared_variables(_JINJA.parse(part)) for _, part in parts)
            )
            self._parts = [(cast(Role, role), _JINJA.from_string(part)) for role, part in parts]
        except TemplateError as error:
            raise ValueError(f"is no Jinja2 template: {error}") from error

    def render(self, values: Mapping[str, object]) -> tuple[Message, ...]:
        """The messages; those that come out empty are left out.

        Raises ValueError when the template asks for something that is not there.
        """
        try:
            rendered = [(role, part.render(values).strip()) for role, part in self._parts]
        except TemplateError as error:
            raise ValueError(f"a prompt template cannot be rendered: {error}") from error
        return tuple(Message(role=role, content=text) for role, text in rendered if text)


@dataclass(frozen=True)
class Prompts:
    """The templates of a run by purpose, and the sections of the recipe that ask with each."""

    templates: Mapping[str, Template] = field(default_factory=dict)
    sections: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of every template by purpose."""
        return {name: template.digest for name, template in sorted(self.templates.items())}

    def render(
        self,
        purpose: Purpose[M],
        values: Mapping[str, object],
        *,
        about: str,
        replica: int = 0,
        sampling: Mapping[str, JsonValue] | None = None,
        reply: type[M] | None = None,
    ) -> Prompt[M]:
        """The prompt for ``purpose`` about the item ``about``.

        ``reply`` narrows the purpose's reply model. Raises LookupError when no part of the recipe
        declares the purpose.
        """
        template = self.templates.get(purpose.name)
        if template is None:
            raise LookupError(
                f"no prompt template for {purpose.name!r}: declare the purpose in the Part's `prompts`"
            )
        return Prompt(
            messages=template.render(values),
            reply=reply or purpose.reply,
            about=about,
            replica=replica,
            sampling=sampling or {},
            template=template.digest,
        )


def resolve(
    asked: Iterable[tuple[str, Purpose[BaseModel]]],
    overrides: Mapping[str, str],
    supplied: Callable[[str], Path | None],
    mistakes: list[str],
    own: Path | None = None,
) -> Prompts:
    """The templates for what the sections of a recipe ask: pairs of (section, purpose).

    Taken from the folder ``own`` (a run's copies) when given, else from ``overrides`` (purpose →
    path), else what the domain ``supplied``, else the generic one. ``mistakes`` are added to.
    """
    purposes: dict[str, Purpose[BaseModel]] = {}
    sections: dict[str, frozenset[str]] = {}
    for section, purpose in asked:
        known = purposes.setdefault(purpose.name, purpose)
        if known.variables != purpose.variables:
            mistakes.append(
                f"{section}: another part asks for {purpose.name!r} with other variables; give one of"
                " the two purposes another name"
            )
        sections[purpose.name] = sections.get(purpose.name, frozenset()) | {section}
    for name in sorted(set(overrides) - set(purposes)):
        mistakes.append(
            f"domain.prompts.{name}: no part of this recipe asks for that; asked for:"
            f" {', '.join(sorted(purposes)) or 'nothing'}"
        )
    templates = {}
    for name, purpose in sorted(purposes.items()):
        where, path = _source(purpose, overrides, supplied, own)
        found = _read(where, path, purpose, mistakes)
        if found is not None:
            templates[name] = found
    return Prompts(templates, sections)


def _source(
    purpose: Purpose[BaseModel],
    overrides: Mapping[str, str],
    supplied: Callable[[str], Path | None],
    own: Path | None,
) -> tuple[str, Path]:
    name = purpose.name
    if own is not None:
        return f"prompt {name}", own / f"{name}.md"
    if name in overrides:
        return f"domain.prompts.{name}", Path(overrides[name]).expanduser()
    return f"prompt {name}", supplied(name) or purpose.template


def _read(
    where: str, path: Path, purpose: Purpose[BaseModel], mistakes: list[str]
) -> Template | None:
    try:
        template = Template(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        mistakes.append(f"{where}: no such file: {path}")
        return None
    except (OSError, ValueError) as error:
        mistakes.append(f"{where}: {path} {error}")
        return None
    unknown = sorted(template.variables - set(purpose.variables))
    if unknown:
        mistakes.append(
            f"{where}: {path} uses {', '.join(unknown)}; a template for {purpose.name} may use"
            f" {', '.join(sorted(purpose.variables))}"
        )
    return template
