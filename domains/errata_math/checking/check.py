"""The entry points: one pair, or many. Not covered: files and formats (the command line's)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from errata_math.checking.answer import read
from errata_math.checking.choice import find_letter, gold_letter, leading_letter
from errata_math.checking.compare import compare
from errata_math.checking.extraction import find
from errata_math.checking.numerals import numeral
from errata_math.checking.options import CheckOptions
from errata_math.checking.quantity import quantity
from errata_math.checking.tree import has
from errata_math.checking.verdict import Checked

# Three plain words make a sentence rather than an answer with a unit.
_SENTENCE = re.compile(r"(?<![\\A-Za-z{])[A-Za-z']{2,}")
DEFAULTS = CheckOptions()


def check_expr(gold: str, prediction: str, options: CheckOptions = DEFAULTS) -> Checked:
    """Whether the bare answer ``prediction`` is ``gold``; either may be LaTeX, ASCII or Unicode."""
    result = compare(gold, prediction, options)
    if result.outcome != "right" and prediction.strip():
        second = _in_other_words(gold, prediction, options)
        if second is not None:
            return second
    return Checked(result.outcome, prediction, True, result.rule, result.reason)


def _in_other_words(gold: str, prediction: str, options: CheckOptions) -> Checked | None:
    """A bare answer that turns out to be a sentence, or a letter with its option; None otherwise."""
    letter = gold_letter(gold)
    if letter is not None:
        chosen = leading_letter(prediction)
        if chosen == letter:
            return Checked("right", chosen, True, "choice-leading/choice")
    elif len(_SENTENCE.findall(prediction)) >= 3 and numeral(gold.strip()) is not None:
        found = find(prediction, numeric=True)
        if found is not None:
            result = compare(gold, found.text, options)
            if result.outcome == "right":
                rule = f"{found.rule}/{result.rule}"
                return Checked("right", found.text, found.explicit, rule)
    return None


def check_response(gold: str, response: str, options: CheckOptions = DEFAULTS) -> Checked:
    """Whether the final answer of a whole ``response`` is ``gold``. No answer found is *wrong*, with
    ``extracted`` None and rule ``none``."""
    letter = gold_letter(gold)
    if letter is not None:
        chosen = find_letter(response)
        if chosen is not None:
            outcome: Literal["right", "wrong"] = "right" if chosen.text == letter else "wrong"
            return Checked(outcome, chosen.text, chosen.explicit, f"{chosen.rule}/choice")
    found = find(response, numeric=expects_number(gold), words=expects_words(gold))
    if found is None:
        return Checked("wrong", None, False, "none")
    result = compare(gold, found.text, options)
    if result.outcome != "right" and len(found.parts) > 1:
        each = [compare(gold, part, options) for part in found.parts]
        if all(part.outcome == "right" for part in each):  # x + 11 or 11 + x
            result = each[-1]
    rule = f"{found.rule}/{result.rule}"
    return Checked(result.outcome, found.text, found.explicit, rule, result.reason)


def expects_number(gold: str) -> bool:
    """Whether ``gold`` is a plain number, perhaps with a unit."""
    if numeral(gold.strip()) is not None:
        return True
    node = read(gold).node
    if node is None:
        return False
    core = quantity(node).core
    return (core.args[0] if core.op == "neg" else core).op in ("num", "dec", "mixed")


def expects_words(gold: str) -> bool:
    """Whether ``gold`` is words, with or without a number among them."""
    answer = read(gold)
    return answer.prose or (answer.node is not None and has(answer.node, "text"))


def check_choice(
    gold: str,
    response: str,
    choices: Mapping[str, str],
    options: CheckOptions = DEFAULTS,
) -> Checked:
    """Whether ``response`` chooses the letter ``gold``, or states the value of that option.
    ``choices`` maps letters to option texts; a value that two options share decides nothing."""
    chosen = find_letter(response)
    if chosen is not None and chosen.text in choices and chosen.rule != "choice-last":
        outcome: Literal["right", "wrong"] = "right" if chosen.text == gold else "wrong"
        return Checked(outcome, chosen.text, chosen.explicit, f"{chosen.rule}/choice")
    found = find(response, numeric=expects_number(choices.get(gold, "")))
    if found is None:
        return Checked("wrong", None, False, "none")
    matching = [
        letter for letter, value in sorted(choices.items())
        if compare(value, found.text, options).outcome == "right"
    ]  # fmt: skip
    rule = f"{found.rule}/choice-value"
    if len(matching) > 1 and gold in matching:
        reason = f"the value is that of the options {', '.join(matching)}"
        return Checked("undecided", found.text, found.explicit, rule, reason)
    return Checked("right" if matching == [gold] else "wrong", found.text, found.explicit, rule)


def check_batch(
    pairs: Sequence[tuple[str, str]],
    kind: Literal["response", "expr"],
    options: CheckOptions = DEFAULTS,
) -> list[Checked]:
    """The verdicts on ``(gold, prediction)`` pairs, in order."""
    one = check_response if kind == "response" else check_expr
    return [one(gold, prediction, options) for gold, prediction in pairs]
