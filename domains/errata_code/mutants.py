"""Whether a synthesized problem's tests tell its solution from slightly wrong ones.

Mutations are those of mutation testing (DeMillo, Lipton, Sayward 1978): one operator, comparison,
constant or result changed. Half of them must fail, for some change nothing. Not covered: tests that
agree with a wrong solution.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from errata.records import Objection, Problem
from errata_code.responses import program
from errata_code.sandbox.pool import Check, Sandbox

MOST = 8
_LONGEST = 20_000  # characters that are parsed here
_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or,
    ast.Or: ast.And,
}  # fmt: skip


def verified(problem: Problem, sandbox: Sandbox) -> Objection | None:
    """ "wrong-answer" where the solution fails its tests, "unreadable" where they cannot be run, or let
    more than half of its mutations pass."""
    text, entry = program(problem, problem.solution) or "", str(problem.data.get("entry_point", ""))
    own = sandbox.check(Check(text, problem.answer, entry))
    if own.outcome != "right":
        reason = "wrong-answer" if own.outcome == "wrong" else "unreadable"
        detail = f"its own solution does not pass its tests: {own.reason}"
        return Objection(reason=reason, detail=detail, evidence={"detail": own.detail})
    changed = mutants(text)
    ran = sandbox.check_all([Check(mutant, problem.answer, entry) for mutant in changed])
    passed = [
        mutant for mutant, found in zip(changed, ran, strict=True) if found.outcome == "right"
    ]
    if changed and 2 * len(passed) <= len(changed):
        return None
    detail = f"{len(passed)} of {len(changed)} changed solutions pass the tests"
    return Objection(reason="unreadable", detail=detail, evidence={"passes": passed[:1]})


def mutants(text: str) -> list[str]:
    """At most ``MOST`` programs that differ from ``text`` in one place, spread over it."""
    if len(text) > _LONGEST:
        return []
    try:
        tree = ast.parse(text)
        found = [ast.unparse(ast.fix_missing_locations(changed)) for changed in _changed(tree)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return found[:: -(-len(found) // MOST)] if found else []


def _changed(tree: ast.Module) -> Iterator[ast.Module]:
    for place, node in enumerate(ast.walk(tree)):
        if _mutated(copy.copy(node)) is not None:
            other = copy.deepcopy(tree)
            _mutated(list(ast.walk(other))[place])
            yield other


def _mutated(node: ast.AST) -> ast.AST | None:
    """``node`` with one thing changed in place; None where there is nothing to change."""
    match node:
        case ast.BinOp(op=old) | ast.AugAssign(op=old) | ast.BoolOp(op=old) if type(old) in _OTHER:
            node.op = _OTHER[type(old)]()  # type: ignore[assignment]  # of the same sort
        case ast.Compare(ops=[old, *_]) if type(old) in _OTHER:
            node.ops = [_OTHER[type(old)](), *node.ops[1:]]  # type: ignore[list-item]  # the same
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            node.value = number + 1
        case ast.Return(value=ast.expr()):
            node.value = ast.Constant(None)
        case _:
            return None
    return node
