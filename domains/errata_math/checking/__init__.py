"""The answer checker: is this answer the gold answer?

``check_expr`` compares two bare answers, ``check_response`` first finds the answer in a whole
response, ``check_batch`` does many. A verdict is right, wrong or undecided (with the reason).
Importing this package is light; SymPy and mpmath are imported by the few pairs that need them.
Not covered: judging prose, and the form of an answer unless ``CheckOptions.strict_form`` is set.
"""

from errata_math.checking.check import check_batch, check_choice, check_expr, check_response
from errata_math.checking.options import CheckOptions, Style
from errata_math.checking.verdict import Checked

__all__ = [
    "CheckOptions",
    "Checked",
    "Style",
    "check_batch",
    "check_choice",
    "check_expr",
    "check_response",
]
