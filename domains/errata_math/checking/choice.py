r"""Multiple choice: the letter a response settles on, for SAT, TAL and GaoKao style questions.

Used when the gold is a single letter A to J. The letter may stand in a box, after ``####``, after "the
answer is", after "option", at the start, or be the last letter named. The value of an option instead
of its letter is accepted when the options are given (``check_choice``). Not covered: several right
letters.
"""

from __future__ import annotations

import re

from errata_math.checking.boxes import boxes
from errata_math.checking.extraction import Found, tail

_WRAP = re.compile(
    r"\\(?:textbf|textrm|textnormal|text|mathrm|mathbf|mbox|bf|rm)\s*\{?|[{}$*`]|\\[()\[\], ;]"
)
_GOLD = re.compile(r"(?:\(?\s*([A-J])\s*[).]?|\(([A-J])\)\s+\w[\w ]*)\Z")
_HASHED = re.compile(r"####[ \t]*[(\[]?([A-J])(?![A-Za-z'’])")
_LEADING = re.compile(r"[\s(\[]*([A-J])(?:[\s)\].:,;。，、．：]|\Z|(?=[^\x00-\x7f]))")
_SEVERAL = re.compile(r"[\s(\[]*[A-J][)\]]?\s*(?:[,;&、/+]|and\b|or\b)?\s*[(\[]?[A-J](?![A-Za-z])")
_STATED = re.compile(
    r"(?:answer|option|choice|choose|select|pick|réponse|respuesta|finali[sz]e|correct(?: one)?"
    r"|答案|选项|选择|选|故选)"
    r"(?:\s+(?:is|would be|must be|should be|est|es|on|the|option|choice|letter|for|sure|therefore"
    r"|definitely|correct|clearly|thus))*(?:是|为|应为|应选)?\s*[:：=]?\s*"
    r"(?:(?:option|choice|letter)\s+)?[(\[]?\s*([A-J])(?![A-Za-z'’]|\s+(?:is|are|and|number|list)\b(?!\s+correct))",
)
_TRAILING = re.compile(
    r"\b(?:it'?s|is|be|it is|therefore|thus|so|hence)\s+[(\[]?([A-J])\b(?![A-Za-z'])"
)
_BRACKETED = re.compile(r"[(\[]\s*([A-J])\s*[)\]]")
_ALONE = re.compile(r"(?<![A-Za-z'’\\])([B-HJ])(?![A-Za-z'’])")


def gold_letter(gold: str) -> str | None:
    """The letter that ``gold`` is, None when it is something else."""
    if len(gold) > 24:
        return None
    found = _GOLD.match(_WRAP.sub("", gold).strip())
    return (found[1] or found[2]) if found is not None else None


def leading_letter(text: str) -> str | None:
    """The letter an answer begins with: ``(C)``, ``C. 12``, ``\\textbf{(C)}\\ 12``."""
    plain = _WRAP.sub("", text).strip()
    found = _LEADING.match(plain)
    if found is None or _SEVERAL.match(plain):
        return None
    return found[1]


def find_letter(response: str) -> Found | None:
    """The letter that ``response`` settles on, with the rule that found it; None when it names
    none."""
    text = tail(response)
    found = boxes(text)
    if found:
        letter = leading_letter(found[-1].content)
        if letter is not None:
            return Found(letter, "choice-boxed", explicit=True)
    hashed = list(_HASHED.finditer(text))
    if hashed:
        return Found(hashed[-1][1], "choice-hash", explicit=True)
    plain = _WRAP.sub(" ", text)
    stated = list(_STATED.finditer(re.sub(r"\s+", " ", plain)))
    if stated:
        return Found(stated[-1][1], "choice-stated", explicit=True)
    if found:
        return None  # a box with something else: the option's value
    return _settled(plain)


def _settled(plain: str) -> Found | None:
    """The letter of a response that states none outright: at the beginning of its first or last
    line, after "so it is", in brackets, or the last one named."""
    lines = [line for line in plain.strip().splitlines() if line.strip()]
    for line in (lines[0], lines[-1]) if lines else ():
        letter = leading_letter(line)
        if letter is not None and _not_an_article(line):
            return Found(letter, "choice-leading", explicit=True)
    for rule, pattern in (("choice-trailing", _TRAILING), ("choice-bracketed", _BRACKETED),
                          ("choice-last", _ALONE)):  # fmt: skip
        letters = [match[1] for match in pattern.finditer(plain)]
        if letters:
            return Found(letters[-1], rule, explicit=rule != "choice-last")
    return None


def _not_an_article(line: str) -> bool:
    """Whether the line's first letter is a choice and not the beginning of a sentence."""
    return not re.match(r"\s*[AI]\s+[a-z]", line)
