"""The last rung: SymPy, in a worker process, for sums, integrals and limits.

The tree travels as JSON and is turned into SymPy objects there, node by node; text is never
evaluated. Not covered: anything the cheaper rungs decide.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from errata_math.checking.pool import WorkerPool, shared_pool
from errata_math.checking.tree import Decimal, Node
from errata_math.checking.verdict import Comparison, right, undecided, wrong

Wire = list[Any]


def to_wire(node: Node) -> Wire:
    """A tree as JSON-ready lists: [op, value, *arguments]."""
    value: Any = node.value
    if isinstance(value, Decimal):
        value = value.value
    if isinstance(value, int | Fraction):
        value = str(Fraction(value).numerator) + "/" + str(Fraction(value).denominator)
    return [node.op, value, *(to_wire(arg) for arg in node.args)]


def same_by_sympy(one: Node, two: Node, pool: WorkerPool | None = None) -> Comparison:
    """The verdict of SymPy on two expressions, undecided when it does not finish in time."""
    try:
        task = [to_wire(one), to_wire(two)]
    except ValueError:  # a number of more digits than CPython prints
        return undecided("sympy", "a number of too many digits")
    answer = (pool or shared_pool()).run(task)
    if answer == "right":
        return right("sympy")
    if answer == "wrong":
        return wrong("sympy")
    return undecided("sympy", answer)
