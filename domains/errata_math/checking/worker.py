"""The worker process: reads pairs of trees, one JSON line each, and writes SymPy's verdict.

It imports SymPy once and forks a child for each task, which limits its own memory and CPU time (by
a timer whose signal nothing catches) and is killed at the deadline, whatever C code is running; so
a hopeless task costs a fork, not another import. Not covered: the parent's side (``pool``).
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
from typing import Any

MEMORY_BYTES = 900 * 1024 * 1024
CPU_SECONDS = 0.3
WALL_SECONDS = 0.45


class Untranslatable(ValueError):
    """A node that has no SymPy counterpart here."""


def to_sympy(wire: list[Any]) -> Any:
    """The SymPy object of a tree that came over the wire; raises Untranslatable."""
    import sympy

    op, value, *args = wire
    if op in ("num", "dec"):
        top, bottom = str(value).split("/")
        return sympy.Rational(int(top), int(bottom))
    if op == "sym":
        return sympy.Symbol(str(value), positive=True)
    if op == "const":
        table = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "inf": sympy.oo}
        if value in table:
            return table[value]
        raise Untranslatable(str(value))
    if op == "big":
        return _big(str(value), args)
    return _operation(op, value, [to_sympy(arg) for arg in args])


def _operation(op: str, value: Any, parts: list[Any]) -> Any:
    import sympy

    simple = {
        "add": lambda: sympy.Add(*parts), "mixed": lambda: sympy.Add(*parts),
        "mul": lambda: sympy.Mul(*parts), "div": lambda: parts[0] / parts[1],
        "neg": lambda: -parts[0], "pow": lambda: sympy.Pow(parts[0], parts[1]),
        "root": lambda: sympy.Pow(parts[0], 1 / parts[1]),
        "fact": lambda: sympy.factorial(parts[0]), "unit": lambda: parts[0],
    }  # fmt: skip
    if op in simple:
        return simple[op]()
    if op == "fn":
        table = {
            "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "cot": sympy.cot,
            "sec": sympy.sec, "csc": sympy.csc, "arcsin": sympy.asin, "arccos": sympy.acos,
            "arctan": sympy.atan, "sinh": sympy.sinh, "cosh": sympy.cosh, "tanh": sympy.tanh,
            "ln": sympy.log, "log": sympy.log, "abs": sympy.Abs, "binom": sympy.binomial,
            "floor": sympy.floor, "ceil": sympy.ceiling,
        }  # fmt: skip
        if value in table:
            return table[str(value)](*parts)
    raise Untranslatable(f"{op} {value}")


def _big(kind: str, args: list[list[Any]]) -> Any:
    import sympy

    variable = sympy.Symbol(str(args[0][1]), positive=True)
    body = to_sympy(args[3])
    if kind == "lim":
        return sympy.limit(body, variable, to_sympy(args[1]))
    low, high = to_sympy(args[1]), to_sympy(args[2])
    if kind == "int":
        plain = sympy.Symbol(variable.name, real=True)
        return sympy.integrate(body.subs(variable, plain), (plain, low, high))
    index = sympy.Symbol(variable.name, integer=True)
    term = body.subs(variable, index)
    if kind == "sum":
        return sympy.summation(term, (index, low, high))
    return sympy.product(term, (index, low, high))


def verdict(one: list[Any], two: list[Any]) -> str:
    """``right``, ``wrong``, or why neither could be said."""
    import sympy

    first, second = to_sympy(one), to_sympy(two)
    if first == second:
        return "right"
    gap = first - second
    if gap.has(
        sympy.Integral,
        sympy.Sum,
        sympy.Product,
        sympy.Limit,
        sympy.nan,
        sympy.zoo,
        sympy.AccumBounds,
        sympy.oo,
    ):
        return "SymPy found no closed form"
    if not gap.free_symbols:
        value = gap.evalf(30, maxn=400)
        if value.is_number and value.is_comparable and abs(value) > sympy.Rational(1, 10**15):
            return "wrong"
    simplified = sympy.simplify(gap)
    if simplified == 0:
        return "right"
    if simplified.is_number and simplified.is_zero is False:
        return "wrong"
    return "SymPy could not tell"


def answered(task: list[Any]) -> str:
    """The verdict on ``task``, or the reason why there is none; limits this process first."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        return verdict(task[0], task[1])
    except Untranslatable as problem:
        return f"no SymPy form: {problem}"
    except (ArithmeticError, ValueError, TypeError, AttributeError, NotImplementedError,
            RecursionError, MemoryError, IndexError, KeyError) as problem:  # fmt: skip
        return f"SymPy failed: {type(problem).__name__}"


def in_child(task: list[Any]) -> str:
    """``answered`` in a forked child that is killed at the deadline."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.write(writer, answered(task).encode()[:4000])
        os._exit(0)
    os.close(writer)
    text = b""
    if select.select([reader], [], [], WALL_SECONDS)[0]:
        text = os.read(reader, 4096)
    os.close(reader)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return (
        text.decode()
        or f"SymPy did not finish within {CPU_SECONDS:g} s or {MEMORY_BYTES >> 20} MiB"
    )


def main() -> None:
    """Serve until standard input closes."""
    import sympy

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    sympy.simplify(sympy.Symbol("x") ** 2 - 1)  # loads what the first task would load
    print(f"ready {sympy.__version__}", flush=True)
    for line in sys.stdin:
        print(json.dumps(in_child(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
