"""Members against members: in order, in any order, with brackets. The comparison of single members
is given as ``same``. Not covered: what a collection's members are (``structure``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from errata_math.checking.options import CheckOptions
from errata_math.checking.tree import Node
from errata_math.checking.verdict import Comparison, right, undecided, wrong

Same = Callable[[Node, Node, CheckOptions], Comparison]
MAX_UNORDERED = 80


def sequences(one: Node, two: Node, options: CheckOptions, same: Same) -> Comparison:
    """Two tuples or intervals; the brackets of a pair matter."""
    if len(one.args) != len(two.args):
        return wrong("count")
    if len(one.args) == 2 and one.value != two.value and not options.interval_as_tuple:
        return wrong("brackets")
    return ordered(one.args, two.args, options, same)


def ordered(
    one: Sequence[Node], two: Sequence[Node], options: CheckOptions, same: Same
) -> Comparison:
    """Member by member."""
    if len(one) != len(two):
        return wrong("count")
    unsure = None
    for a, b in zip(one, two, strict=True):
        result = same(a, b, options)
        if result.outcome == "wrong":
            return wrong(f"member:{result.rule}")
        unsure = unsure or (result if result.outcome == "undecided" else None)
    return unsure or right("members")


def unordered(
    one: Sequence[Node], two: Sequence[Node], options: CheckOptions, same: Same
) -> Comparison:
    """Each member once, in any order."""
    if len(one) != len(two):
        return wrong("count")
    left = list(two)
    unsure = None
    rest = []
    for a in one:  # identical members first: long lists stay linear
        if a in left[:MAX_UNORDERED]:
            left.remove(a)
        else:
            rest.append(a)
    if len(rest) > MAX_UNORDERED:
        return undecided("members", f"more than {MAX_UNORDERED} members to match")
    for a in rest:
        for index, b in enumerate(left):
            result = same(a, b, options)
            if result.outcome == "right":
                del left[index]
                break
            unsure = unsure or (result if result.outcome == "undecided" else None)
        else:
            return unsure or wrong("members")
    return right("members")
