"""Typed replies out of text: JSON is found, repaired where that is safe, and validated.

Repairs: code fences and prose around the value, trailing commas, line breaks inside strings, Python's
``True``/``None``, an unfinished end (the last entry of a list is given up if it is not whole), and
backslashes of LaTeX. The last matters most and is silent:
``"\\frac"`` is valid JSON for a form feed and ``rac``.

Not covered: asking again (``asking.py``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)

_FENCE = re.compile(r"```(?:json|JSON)?[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
# Commands of LaTeX whose first letter makes a valid escape of JSON. After \b and \f (backspace and form
# feed, which nobody means) any letter; after \n, \r and \t only names that begin no word there.
_LATEX = (
    r"(?:[bf](?=[A-Za-z])|(?:nabla|neq|neg|notin|not|nmid|rho|rangle|rfloor|rceil|right(?:arrow)?|rm"
    r"|text(?:bf|it|rm)?|times|tan|tanh|theta|tau|tfrac|to|top|triangle)(?![A-Za-z]))"
)
_BACKSLASHES = re.compile(r"\\(?:\\|" + _LATEX + r'|(?P<kept>["/bfnrt]|u[0-9a-fA-F]{4})|)')
_CONSTANTS = re.compile(r"\b(?:True|False|None)\b")
_AS_JSON = {"True": "true", "False": "false", "None": "null"}
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")


def read_reply(text: str, model: type[M]) -> M:
    """The value of type ``model`` in ``text``. Raises ValueError saying what is wrong with it."""
    problem = "there is no JSON object in it"
    for candidate in _candidates(text):
        complaint = ""
        for repaired in _repairs(candidate):
            try:
                value, _ = json.JSONDecoder(strict=False).raw_decode(repaired)
                return model.model_validate(value)
            except json.JSONDecodeError as error:
                complaint = complaint or f"not JSON: {error}"
            except ValidationError as error:
                complaint = _shown(error)
            except RecursionError:
                complaint = "not JSON: nested too deeply"
                break
        problem = complaint
    raise ValueError(problem)


def _shown(error: ValidationError) -> str:
    lines = []
    for item in error.errors(include_url=False, include_input=False)[:5]:
        place = ".".join(str(part) for part in item["loc"]) or "the value"
        lines.append(f"{place}: {item['msg']}")
    return "; ".join(lines)


def _candidates(text: str) -> Iterator[str]:
    """Where JSON may stand, the likeliest first: the whole, fenced blocks, the first braces."""
    stripped = text.strip()
    if stripped[:1] in ("{", "["):
        yield stripped
    for fenced in _FENCE.finditer(text):
        yield fenced[1].strip()
    # Prose with many brackets: no JSON begins in its middle.
    for found in islice(re.finditer(r"[{\[]", text), 3):
        yield text[found.start() :]


def _repairs(text: str) -> Iterator[str]:
    # LaTeX first: with its backslashes alone the text may read, and mean something else.
    kept = _STRING.sub(lambda string: _BACKSLASHES.sub(_escaped, string[0]), text)
    yield kept
    relaxed = _outside_strings(kept)
    yield relaxed
    yield _outside_strings(_finished(relaxed))
    yield _outside_strings(_cut_back(relaxed))


def _escaped(found: re.Match[str]) -> str:
    whole = found[0]
    if whole == "\\\\" or found["kept"]:
        return whole
    return "\\" + whole


def _outside_strings(text: str) -> str:
    """Constants of Python as those of JSON, and no commas before a closing bracket."""
    pieces, end = [], 0
    for string in _STRING.finditer(text):
        pieces += [_relaxed(text[end : string.start()]), string[0]]
        end = string.end()
    return "".join([*pieces, _relaxed(text[end:])])


def _relaxed(text: str) -> str:
    return _TRAILING_COMMA.sub("", _CONSTANTS.sub(lambda found: _AS_JSON[found[0]], text))


def _finished(text: str) -> str:
    """``text`` with the brackets closed that it left open; nothing is invented inside a string."""
    open_brackets = []
    for bracket in re.findall(r"[{}\[\]]", _STRING.sub("", text)):
        if bracket in "{[":
            open_brackets.append("}" if bracket == "{" else "]")
        elif open_brackets:
            open_brackets.pop()
    return text + "".join(reversed(open_brackets))


def _cut_back(text: str) -> str:
    """``text`` up to the last whole object in a list, with what is open there closed."""
    masked = _STRING.sub(lambda string: " " * len(string[0]), text)
    open_brackets: list[str] = []
    end, closing = 0, ""
    for bracket in re.finditer(r"[{}\[\]]", masked):
        if bracket[0] in "{[":
            open_brackets.append("}" if bracket[0] == "{" else "]")
        elif open_brackets and open_brackets.pop() == "}" and open_brackets[-1:] == ["]"]:
            end, closing = bracket.end(), "".join(reversed(open_brackets))
    return text[:end] + closing
