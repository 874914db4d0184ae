"""Exact arithmetic read out of solution text: expression trees, equations, annotations.

Rational numbers only (``fractions.Fraction``), a tokenizer and parser of its own, time linear in the
text, and limits on length, nesting, digits and exponents: text of a model is never evaluated as code.
Not covered: algebra, functions, geometry.
"""

from errata_math.arithmetic.equations import Equation, equations
from errata_math.arithmetic.expressions import (
    Expression,
    Name,
    Negative,
    Number,
    Operation,
    Percent,
    evaluate,
    kind_of,
    leaves,
)
from errata_math.arithmetic.grammar import parse_expression
from errata_math.arithmetic.holding import holds
from errata_math.arithmetic.quantities import Quantity, quantities

__all__ = [
    "Equation",
    "Expression",
    "Name",
    "Negative",
    "Number",
    "Operation",
    "Percent",
    "Quantity",
    "equations",
    "evaluate",
    "holds",
    "kind_of",
    "leaves",
    "parse_expression",
    "quantities",
]
