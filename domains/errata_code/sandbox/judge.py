"""The side of the tests: runs them on a program that lives in another process.

The names that the tests use and do not define stand for things of the program. Calling one sends the
arguments there and brings the value back, so every comparison is made here, on plain values; only this
side can say that the tests have passed.
"""

from __future__ import annotations

import ast
import builtins
import os
import signal
import sys
import time
import types
from collections.abc import Callable
from importlib import import_module
from typing import Any

from errata_code.sandbox.program import Ended
from errata_code.sandbox.wire import Lost, pack, receive, send, unpack

# Modules that a program may have imported on behalf of its tests, under their own names.
_SHARED = (
    "bisect cmath collections copy datetime decimal fractions functools heapq itertools json math"
    " operator random re statistics string sys typing numpy"
)
Result = dict[str, str]
_LOOKS = 5


class Unsendable(TypeError):
    """The tests want to hand something over that cannot leave their process."""


class Remote:
    """The program, as seen from here."""

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self.calls = 0
        self._functions: list[Callable[..., Any]] = []

    def names(self, wanted: list[str], entry: str) -> dict[str, Any]:
        """What the program has under the wanted names."""
        send(self._channel, wanted)
        found = receive(self._channel)
        if not isinstance(found, dict):
            raise Lost("no names")
        bound = {name: self._bound(name, wire) for name, wire in found.items() if name in wanted}
        for name in set(bound) & set(_SHARED.split()) - {entry}:
            # A program's own thing called ``math`` must not judge for the module that tests mean.
            if isinstance(bound[name], Thing):
                bound[name] = import_module(name)
        return {name: value for name, value in bound.items() if value is not None}

    def do(self, deed: str, *operands: Any) -> Any:
        """Have the program do something; raises what it raises, marked as the program's."""
        self.calls += deed == "call"
        send(self._channel, [deed, *(pack(operand, self._referred) for operand in operands)])
        while (reply := receive(self._channel))[0] == "back":
            self._called_back(*reply[1:])
        if reply[0] == "raised":
            raise _as_raised(*reply[1:])
        value = unpack(reply[1], self._resolved)
        if deed == "call":
            for argument, after in zip(operands[1], reply[2], strict=False):
                self._updated(argument, after)
        return value

    def _updated(self, argument: Any, after: Any) -> None:
        new: Any = None if after is None else unpack(after, self._resolved)
        if type(new) is not type(argument):
            return
        match argument:
            case list() | bytearray():
                argument[:] = new
            case dict() | set():
                argument.clear()
                argument.update(new)

    def _called_back(self, number: int, wire: Any) -> None:
        with Ended() as ended:
            value = self._functions[number](*unpack(wire, self._resolved))
            send(self._channel, ["value", pack(value, self._referred)])
        if ended.error is not None:
            send(self._channel, ["raised", type(ended.error).__name__])

    def _referred(self, value: Any) -> list[Any]:
        if isinstance(value, Thing):
            return ["h", value._number]
        if callable(value):
            self._functions.append(value)
            return ["k", len(self._functions) - 1]
        raise Unsendable(f"tests hand over a {type(value).__name__}")

    def _resolved(self, wire: list[Any]) -> Any:
        tag, number = wire
        if tag == "k":
            return self._functions[number]
        return Thing(self, int(number))

    def _bound(self, name: str, wire: Any) -> Any:
        if not (isinstance(wire, list) and wire[0] == "m"):
            return unpack(wire, self._resolved)
        _, module, attribute = wire
        if module in _SHARED.split() and name == (attribute or module):
            found = import_module(module)
            return getattr(found, attribute, None) if attribute else found
        return None


class Thing:
    """Something that stays in the program: a function, an iterator, an object of its own class."""

    __slots__ = ("_number", "_remote")

    def __init__(self, remote: Remote, number: int) -> None:
        self._remote, self._number = remote, number

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Its result."""
        return self._remote.do("call", self, list(args), named)

    def __getattr__(self, name: str) -> Any:
        return self._remote.do("get", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in Thing.__slots__:
            object.__setattr__(self, name, value)
        else:
            self._remote.do("set", self, name, value)

    def __iter__(self) -> Any:
        return self._remote.do("iter", self)

    def __next__(self) -> Any:
        return self._remote.do("next", self)

    def __getitem__(self, key: Any) -> Any:
        return self._remote.do("item", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._remote.do("put", self, key, value)

    def __len__(self) -> int:
        return int(self._remote.do("len", self))

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return str(self._remote.do("str", self))

    def __repr__(self) -> str:
        return str(self._remote.do("repr", self))

    def __hash__(self) -> int:
        return int(self._remote.do("hash", self))

    def __eq__(self, other: object) -> bool:
        # Only things of the program are compared by the program; a plain value never equals one.
        return isinstance(other, Thing) and self._remote.do("eq", self, other) is True


def judged(channel: int, tests: str, entry: str, child: int) -> Result:
    """What the tests say of the program that process ``child`` runs."""
    result: Result = {}
    with Ended() as ended:
        result = _judged(channel, tests, entry)
    if isinstance(ended.error, Lost):
        return _gone(child)
    if ended.error is not None:
        return _wrong("wrong value", f"{type(ended.error).__name__} while reading it")
    return result


def _judged(channel: int, tests: str, entry: str) -> Result:
    try:
        tree = ast.parse(tests, "tests")
        code = compile(tree, "tests", "exec")
    except (SyntaxError, ValueError) as error:
        return {"outcome": "undecided", "reason": f"the tests are no Python: {error}"}
    begun, *told = receive(channel)
    if begun != "ready":
        return _wrong(
            "syntax" if begun == "syntax" else str(told[0]), ": ".join(map(str, told[::2]))
        )
    remote = Remote(channel)
    module = types.ModuleType("tests")
    sys.modules["tests"] = module
    names = remote.names(_wanted(tree, entry), entry)
    vars(module).update(names)
    with Ended() as ended:
        exec(code, vars(module))  # noqa: S102 what this process is for
    failure = ended.error
    if isinstance(failure, Lost):
        raise failure
    if failure is None and (remote.calls or any(not isinstance(n, Thing) for n in names.values())):
        remote.do("len", "")  # a test that expects some exception must not mistake an end for one
        return {"outcome": "right", "reason": "", "detail": ""}
    if failure is None or isinstance(failure, Unsendable | SystemExit):
        why = f"the tests end by {type(failure).__name__}: {failure}"
        return {"outcome": "undecided", "reason": why if failure else "the tests never call it"}
    return _failed(failure, entry)


def _failed(error: BaseException, entry: str) -> Result:
    text = f"{type(error).__name__}: {error}"[:200]
    raised = getattr(error, "of_program", "")
    if raised:
        return _wrong(raised, text)
    if isinstance(error, NameError) and error.name == entry:
        return _wrong("no function of that name", text)
    return _wrong("wrong value", f"line {_line(error)} of the tests: {text}")


def _line(error: BaseException) -> int:
    """The line of the tests, as a whole text, at which they gave up; 0 if nowhere there."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == "tests" else line
        trace = trace.tb_next
    return line


def _wanted(tree: ast.Module, entry: str) -> list[str]:
    """Names that the tests use; of built-in ones only the program's own task."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return sorted({name for name in used if not hasattr(builtins, name)} | {entry} - {""})


def _as_raised(kind: str, plain: str, text: str) -> Exception:
    known: Any = getattr(builtins, plain, None)
    usable = isinstance(known, type) and issubclass(known, Exception)
    # Unicode errors and groups want more arguments than a text.
    simple = usable and not issubclass(known, UnicodeError | ExceptionGroup)
    raised: Exception = known(text) if simple else RuntimeError(text)
    raised.of_program = str(kind)  # type: ignore[attr-defined]  # marks whose exception it is
    return raised


def _gone(child: int) -> Result:
    """Why the program is no longer there."""
    for _ in range(_LOOKS):  # it may have closed the channel and gone on
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.02)
    code = os.waitstatus_to_exitcode(status) if done else 0
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return _wrong("timeout", "the program ran past its time")
    if code < 0:
        return _wrong("crash", f"the program ended by {signal.Signals(-code).name}")
    return _wrong("exit", "the program ended before its tests")


def _wrong(reason: str, detail: str) -> Result:
    return {"outcome": "wrong", "reason": reason[:80], "detail": detail[:300]}
