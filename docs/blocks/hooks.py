"""Block ``hook NAME``: signature and anatomy of a hook, from its specification."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Sequence

from errata.hooks import Hooks

WIDTH = 88
_LABELS = ("Called", "You return", "If you raise")
_COLLECTED = ("errata_parts", "errata_verify")


def signature(name: str) -> str:
    """The exact signature as the specification has it."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(getattr(Hooks, name)))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    assert tree.returns is not None
    inside, returns = ast.unparse(tree.args), ast.unparse(tree.returns)
    one_line = f"def {name}({inside}) -> {returns}: ..."
    if len(one_line) <= WIDTH:
        return one_line
    arguments = "".join(f"    {argument},\n" for argument in re.split(r", (?=\w+:)", inside))
    return f"def {name}(\n{arguments}) -> {returns}: ..."


def render(arguments: Sequence[str]) -> str:
    """Signature, summary, called when, you return, if you raise, smallest example."""
    (name,) = arguments
    hook = getattr(Hooks, name)
    summary, *rest = inspect.cleandoc(inspect.getdoc(hook) or "").split("\n\n")
    example = textwrap.dedent(rest.pop()) if rest and rest[-1].startswith("    ") else ""
    lines = [f"### `{name}`", "", f"{_code(summary)} *({_kind(name)})*", ""]
    lines += ["```python", signature(name), "```", ""]
    lines += [f"- {said}" for said in _anatomy(" ".join(" ".join(rest).split()))]
    lines += ["", "Smallest example:", "", "```python", example, "```"]
    return "\n".join(lines)


def _kind(name: str) -> str:
    if name in _COLLECTED:
        return "collected from every plugin that answers"
    if getattr(Hooks, name).errata_spec["firstresult"]:
        return "one plain answer"
    return "a notice"


def _anatomy(text: str) -> list[str]:
    """The sentences of a hook, each label bold and on a line of its own."""
    starts = rf"(?:^|(?<=[.;:…] ))(?=(?:{'|'.join(_LABELS)})\b)"
    said = [part.strip() for part in re.split(starts, text) if part.strip()]
    bold = re.compile(rf"^({'|'.join(_LABELS)})\b")
    return [bold.sub(r"**\1**", _code(part)) for part in said]


def _code(text: str) -> str:
    return re.sub(r"``(.+?)``", r"`\1`", text)
