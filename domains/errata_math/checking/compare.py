"""Whether two bare answers are equal: the ladder, from text to structure.

In rising order of cost: plain numbers, the same text, words, then the parsed forms. Not covered:
finding the answer in a response (``extraction``).
"""

from __future__ import annotations

import re
from functools import lru_cache

from errata_math.checking.answer import MAX_REMEMBERED, Answer, read
from errata_math.checking.numerals import Numeral, numeral
from errata_math.checking.options import CheckOptions
from errata_math.checking.structure import same_node
from errata_math.checking.times import same_time
from errata_math.checking.tree import Node
from errata_math.checking.verdict import Comparison, right, undecided, wrong
from errata_math.checking.vocabulary import listed


def compare(gold: str, prediction: str, options: CheckOptions) -> Comparison:
    """The verdict on two bare answers; verdicts on short ones are remembered by content."""
    if len(gold) + len(prediction) <= MAX_REMEMBERED:
        return remembered(gold, prediction, options)
    return compared(gold, prediction, options)


@lru_cache(maxsize=16_384)
def remembered(gold: str, prediction: str, options: CheckOptions) -> Comparison:
    """``compared``, with its last results kept."""
    return compared(gold, prediction, options)


def compared(gold: str, prediction: str, options: CheckOptions) -> Comparison:
    """The verdict on two bare answers, computed."""
    gold, prediction = gold.strip(), prediction.strip()
    one, two = numeral(gold), numeral(prediction)
    if one is not None and two is not None and not options.strict_form:
        settled = _numbers(one, two)
        if settled is not None:
            return settled
    if ":" in gold or ":" in prediction:
        settled = same_time(gold, prediction)
        if settled is not None:
            return settled
    if not prediction or not gold:
        return wrong("empty")
    try:
        return _read_both(read(gold), read(prediction), options)
    except RecursionError:  # the caller's own stack may be nearly full
        return undecided("depth", "nested too deeply for the stack that is left")


def _numbers(one: Numeral, two: Numeral) -> Comparison | None:
    """Plain numbers; None where a convention (percent, rounding) has a say."""
    if one.percent != two.percent:
        return None
    if one.value == two.value:
        return right("number")
    if (one.places is None) == (two.places is None) or not (one.fraction or two.fraction):
        return wrong("number")
    return None


def _read_both(one: Answer, two: Answer, options: CheckOptions) -> Comparison:
    if one.compact == two.compact and one.compact:
        return right("text")
    if not two.compact or not one.compact:
        return wrong("empty")
    if one.node is None or two.node is None:
        return _unparsed(one, two)
    result = same_node(one.node, two.node, options)
    if result.outcome != "right":
        result = _other_readings(one, two, options) or result
    if result.outcome != "right" and one.prose and two.prose:
        return _words(one, two)
    return result


def _other_readings(one: Answer, two: Answer, options: CheckOptions) -> Comparison | None:
    for a in (one.node, *one.alternatives):
        for b in (two.node, *two.alternatives):
            if (a, b) == (one.node, two.node) or a is None or b is None:
                continue
            commas = [node for node in (a, b) if node.op == "comma"]
            if len(commas) == 2 or (commas and not options.decimal_comma):
                continue
            if commas and not _is_decimal(b if a.op == "comma" else a):
                continue
            if not commas and "list" not in (a.op, b.op):
                continue
            first = a.args[0] if a.op == "comma" else a
            second = b.args[0] if b.op == "comma" else b
            result = same_node(first, second, options)
            if result.outcome == "right":
                return right("decimal-comma" if commas else "list-of-three-digits")
    return None


def _is_decimal(node: Node) -> bool:
    while node.op in ("neg", "unit", "pct"):
        node = node.args[0]
    return node.op == "dec"


def _unparsed(one: Answer, two: Answer) -> Comparison:
    """At least one side is words, or could not be read."""
    if one.prose and two.prose:
        return _words(one, two)
    if one.prose and sum(len(word) > 1 for word in _content(one)) >= SENTENCE_WORDS:
        return undecided("words", "the gold is a sentence and the answer a formula")
    if one.prose != two.prose and (one.node or two.node) is not None:
        return wrong("words-against-formula")
    problem = one.problem or two.problem or "words against a formula that could not be read"
    return undecided("unread", problem)


SENTENCE_WORDS = 4
_EMPTY_WORDS = frozenset(listed("the a an is are it of to in and or be that this"))


def _content(answer: Answer) -> list[str]:
    return [word for word in answer.words if word not in _EMPTY_WORDS]


_ITEMS = re.compile(r",|;|\band\b|\bor\b|\\text|[{}$]")


def _items(text: str) -> list[list[str]]:
    """The members of a list of words, each as its words, in a fixed order."""
    parts = (re.findall(r"[a-z]+|\d+|[-+*/^<>=.]", part.lower()) for part in _ITEMS.split(text))
    return sorted(part for part in parts if part)


def _different_items(one: str, two: str) -> bool:
    """Whether two lists of words have a member each that shares no word with the other list."""
    first, second = ([set(re.findall(r"[a-z]+", part.lower())) for part in _ITEMS.split(text)]
                     for text in (one, two))  # fmt: skip
    first, second = [p for p in first if p], [p for p in second if p]
    if len(first) < 2 or len(second) < 2:
        return False
    all_first, all_second = set[str]().union(*first), set[str]().union(*second)
    return any(not part & all_second for part in first) and any(
        not part & all_first for part in second
    )


def _words(one: Answer, two: Answer) -> Comparison:
    """Words: the same, different, or too much in common to say."""
    first, second = _content(one), _content(two)
    if first == second:
        return right("words")
    if all(len(word) == 1 for word in first + second):  # letters: A, C, F
        return right("letters") if sorted(first) == sorted(second) else wrong("letters")
    if _items(one.raw) == _items(two.raw):
        return right("words-listed")
    if _different_items(one.raw, two.raw):
        return wrong("words")
    shared = set(first) & set(second)
    shorter = min(len(set(first)), len(set(second)))
    if shared and len(shared) * 2 > shorter and max(len(first), len(second)) > 2:
        return undecided("words", "sentences that share most of their words")
    return wrong("words")
