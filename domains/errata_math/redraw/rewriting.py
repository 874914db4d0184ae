"""Puts new numbers into the texts of a problem, in the style of the old ones.

Not covered: deciding the numbers (``drawing.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from errata_math.arithmetic.equations import ANNOTATION
from errata_math.arithmetic.quantities import CARDINALS, quantities
from errata_math.redraw.graph import NUMERAL, Graph
from errata_math.redraw.leaves import NoVariant

_WORDS = {value: word for word, value in CARDINALS.items()}
_ARTICLE = re.compile(r"\b([Aa])(n?)( \$?)\Z")


def styled(value: Fraction, like: str) -> str:
    """The number written as ``like`` is: commas, decimal places, spelt out, capital letter.

    Raises NoVariant ("decimals-do-not-end") when it has more than six decimal places.
    """
    if like[:1].isalpha():
        word = _WORDS.get(int(value)) if value.denominator == 1 else None
        if word is not None:
            return word.capitalize() if like[:1].isupper() else word
    places = len(like) - like.index(".") - 1 if "." in like else 0
    while places < 6 and (value * 10**places).denominator != 1:
        places += 1
    scaled = value * 10**places
    if scaled.denominator != 1:
        raise NoVariant("decimals-do-not-end")
    commas = "," in like or (value >= 1000 and "." not in like and _short(like))
    whole, rest = divmod(abs(int(scaled)), 10**places)
    body = f"{whole:,}" if commas else str(whole)
    if like.startswith(".") and not whole:
        body = ""
    return ("-" if value < 0 else "") + body + (f".{rest:0{places}d}" if places else "")


def _short(like: str) -> bool:
    return False if not like else len(like.replace(",", "")) < 4 and "," in like


def rewrite_question(question: str, graph: Graph, drawn: Mapping[int, Fraction]) -> str:
    """The question with the drawn leaves, and "a"/"an" before them put right."""
    text, last = "", 0
    for index, leaf in enumerate(graph.leaves):
        text += question[last : leaf.start]
        if index in drawn:
            new = styled(drawn[index], leaf.text)
            text = _ARTICLE.sub(lambda match, new=new: _article(match, new), text)  # type: ignore[misc]  # bound default
            text += new
        else:
            text += leaf.text
        last = leaf.end
    return text + question[last:]


def _article(match: re.Match[str], number: str) -> str:
    digits = number.replace(",", "").partition(".")[0]
    vowel = digits.startswith(("8", "e", "E")) or (
        digits[:2] in ("11", "18") and len(digits) % 3 == 2
    )
    return f"{match.group(1)}{'n' if vowel else ''}{match.group(3)}"


def rewrite_solution(solution: str, values: Mapping[Fraction, Fraction]) -> str:
    """The solution with every number replaced by what its value became."""
    text, last = "", 0
    for match in ANNOTATION.finditer(solution):
        text += _rewrite_prose(solution[last : match.start()], values)
        text += "<<" + _rewrite_numerals(match.group(1), values) + ">>"
        last = match.end()
    return text + _rewrite_prose(solution[last:], values)


def _rewrite_numerals(text: str, values: Mapping[Fraction, Fraction]) -> str:
    def put(match: re.Match[str]) -> str:
        value = Fraction(match.group().replace(",", ""))
        new = values.get(value, value)
        return match.group() if new == value else styled(new, match.group())

    return NUMERAL.sub(put, text)


def _rewrite_prose(text: str, values: Mapping[Fraction, Fraction]) -> str:
    parts: list[str] = []
    last = 0
    for item in quantities(text):
        parts.append(text[last : item.start])
        new = values.get(item.value, item.value)
        if "/" in item.text:
            parts.append(_rewrite_numerals(item.text, values))
        else:
            parts.append(item.text if new == item.value else styled(new, item.text))
        last = item.end
    return "".join([*parts, text[last:]])
