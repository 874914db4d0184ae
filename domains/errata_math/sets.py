"""The evaluation sets that go by a name: where the hub has them, and which need a path.

Which prompt and which rule each is measured with stands in docs/evaluating.md. The names of the hub
are those of the sets' publishers or of lm-evaluation-harness.
"""

from __future__ import annotations

from typing import NamedTuple


class NamedSet(NamedTuple):
    """``source`` on the hub, empty where a path has to be given; ``split`` is the usual one."""

    source: str
    split: str
    what: str


SETS = {
    "college-math": NamedSet("", "test", "MWPBench's college mathematics (rows: question, answer)"),
    "gaokao": NamedSet("", "test", "MWPBench's gaokao_bench_math_en (rows: question, answer)"),
    "gaokao-mathqa": NamedSet(
        "hf:hails/agieval-gaokao-mathqa", "test", "AGIEval's GaoKao mathematics, Chinese, by choice"
    ),
    "gsm8k": NamedSet("hf:openai/gsm8k:main", "test", "GSM8K"),
    "math": NamedSet("hf:DigitalLearningGmbH/MATH-lighteval", "test", "MATH, all subjects"),
    "math500": NamedSet("hf:HuggingFaceH4/MATH-500", "test", "500 problems of MATH"),
    "sat": NamedSet("hf:hails/agieval-sat-math", "test", "AGIEval's SAT mathematics, by choice"),
    "tal": NamedSet("", "test", "TAL-SCQ5K-EN (rows: problem, answer_option_list, answer_value)"),
}


def place_of(name: str) -> NamedSet:
    """The set of that name. Raises LookupError where it has to be given by path."""
    found = SETS[name]
    if not found.source:
        raise LookupError(f"{found.what} has to be given by its path: {name}=PATH")
    return found
