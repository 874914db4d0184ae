"""docs/hooks.md against the specifications."""

from __future__ import annotations

import inspect
import re

from errata.hooks import Hooks
from house.checkout import page, sections

HOOKS = sorted(name for name in vars(Hooks) if name.startswith("errata_"))
NOTICES = [
    name for name in HOOKS if inspect.signature(getattr(Hooks, name)).return_annotation == "None"
]
_DEFINITION = re.compile(r"def (errata_\w+)\((.*?)\)(?: -> ([^\n:]+))?:", re.DOTALL)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+|'|,(?=\s*$)", "", text)


def _exact(name: str) -> tuple[str, str]:
    """Arguments and result of a hook as ``inspect`` has them, without blanks and quotes."""
    signature = inspect.signature(getattr(Hooks, name))
    arguments = ",".join(str(parameter) for parameter in signature.parameters.values())
    return _squeezed(arguments), _squeezed(str(signature.return_annotation))


def test_there_are_hooks() -> None:
    assert len(HOOKS) >= 14
    assert len(NOTICES) >= 6


def test_every_hook_stands_in_the_docs_with_its_exact_signature() -> None:
    documented = sections(page("hooks.md"))
    wrong = []
    for name in HOOKS:
        found = _DEFINITION.search(documented.get(f"`{name}`", ""))
        shown = found and (found[1], _squeezed(found[2]), _squeezed(found[3] or ""))
        if shown != (name, *_exact(name)):
            wrong.append(f"{name}: {shown}, not {_exact(name)}")
    assert not wrong


def test_no_hook_stands_in_the_docs_that_does_not_exist() -> None:
    headings = {h.strip("`") for h in sections(page("hooks.md")) if h.startswith("`errata_")}
    assert headings == set(HOOKS)
    assert set(re.findall(r"\berrata_[a-z]+(?:_[a-z]+)*\b", page("hooks.md"))) - {
        "errata_" + other for other in ("math", "roman")
    } <= set(HOOKS)


def test_every_hook_has_the_anatomy() -> None:
    documented = sections(page("hooks.md"))
    lacking = [
        f"{name} lacks {label!r}"
        for name in HOOKS
        for label in ("**Called**", "**You return**", "Smallest example:")
        if label not in documented[f"`{name}`"]
    ]
    lacking += [
        f"{name} lacks 'If you raise'"
        for name in HOOKS
        if name not in NOTICES and "**If you raise**" not in documented[f"`{name}`"]
    ]
    assert not lacking


def test_smallest_examples_have_the_hooks_own_arguments() -> None:
    documented = sections(page("hooks.md"))
    for name in HOOKS:
        example = documented[f"`{name}`"].rpartition("Smallest example:")[2]
        definition = re.search(rf"def {name}\(([^)]*)\)", example)
        assert definition, name
        fenced = re.search(r"```python\n(.*?)```", example, re.DOTALL)
        assert fenced, name
        compile(fenced[1], name, "exec")
        given = [argument.strip() for argument in definition[1].split(",")]
        assert given == list(inspect.signature(getattr(Hooks, name)).parameters), name
