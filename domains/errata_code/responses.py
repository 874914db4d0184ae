"""What the target is asked, and the program in what it answers.

Responses are read by lines and never parsed here: whoever parses what a model wrote runs its risks.
Not covered: several programs in one response of which an earlier one is meant (the last counts).
"""

from __future__ import annotations

import re
from textwrap import dedent

from errata.records import Problem

BLOCK = r"```\w*[ \t]*\n[^`]*+```"  # a finished answer
_FENCE = re.compile(
    r"^[ \t]*```[ \t]*(\w*)[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE
)
_PYTHON = ("", "py", "python", "python3")
_CODE = re.compile(
    r"[\s)\]}#@]|(?:async|assert|class|def|del|elif|else|except|finally|for|from|global|if|import|pass|"
    r"raise|return|try|while|with|yield)\b|[A-Za-z_][\w.\[\]]*[ \t]*(?:[-+*/%|&]?=|\()|\"\"\"|'''"
)
_ASKED = "Answer with the function in a Python code block."


def asked(problem: Problem) -> str:
    """The task as the target reads it: to complete a beginning, or to pass the shown test."""
    if problem.data.get("prompt"):
        return f"Complete this function.\n```python\n{problem.question.strip()}\n```\n{_ASKED}"
    test = str(problem.data.get("example", ""))
    shown = f"\nIt has to pass this test: {test}" if test else ""
    return f"{problem.question.strip()}{shown}\n{_ASKED}"


def program(problem: Problem, response: str) -> str | None:
    """The program of a response: of the last code block that defines the function, of all blocks, of
    bare code between prose, or of a continuation of the prompt. None when there is nothing of these."""
    entry = str(problem.data.get("entry_point", ""))
    prompt = str(problem.data.get("prompt", ""))
    blocks = [dedent(m[2]) for m in _FENCE.finditer(response) if m[1].lower() in _PYTHON]
    blocks = [block for block in blocks if block.strip()]
    found = next((block for block in reversed(blocks) if _defines(entry, block)), None)
    if found is None and not blocks and (place := _definition(entry, response)) is not None:
        found = _leading_code(response[place:])
    if found is not None:
        return _before(entry, prompt) + found
    if blocks and not prompt:
        return "\n".join(blocks)
    return _continued(prompt, blocks[-1] if blocks else response) if prompt else None


def _definition(entry: str, text: str) -> int | None:
    """Where code that defines ``entry`` (or anything) begins: imports before it belong to it."""
    name = re.escape(entry) + r"\b" if entry else r"\w"
    if not re.search(rf"^(?:(?:async )?def|class)[ \t]+{name}|^{name}[ \t]*=", text, re.MULTILINE):
        return None
    first = re.search(
        r"^(?:import|from|@|def|async def|class)\b[ \t]*\w|^@\w|^\w+[ \t]*=", text, re.MULTILINE
    )
    return first.start() if first else None


def _defines(entry: str, text: str) -> bool:
    return _definition(entry, text) is not None


def _before(entry: str, prompt: str) -> str:
    """Imports and helpers that the prompt gives before the function itself."""
    found = re.search(rf"^(?:async )?def[ \t]+{re.escape(entry)}\b", prompt, re.MULTILINE)
    return prompt[: found.start()] if found and entry else ""


def _continued(prompt: str, text: str) -> str | None:
    lines = text.strip("\n").splitlines()
    if lines and _CODE.match(lines[0]) and not lines[0][0].isspace():
        lines[0] = f"    {lines[0]}"  # the indentation that whoever trimmed the response took
    body = _indented(lines)
    return f"{prompt.rstrip()}\n{body}\n" if body.strip() else None


def _indented(lines: list[str]) -> str:
    ends = (n for n, line in enumerate(lines) if line.strip() and not line[0].isspace())
    return "\n".join(lines[: next(ends, len(lines))])


def _leading_code(text: str) -> str:
    """The lines up to the first that is no code, and not inside of a text in three quotes."""
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.strip() and not inside and not _CODE.match(line):
            break
        inside ^= (line.count('"""') + line.count("'''")) % 2 == 1
        kept.append(line)
    return "\n".join(kept) + "\n"
