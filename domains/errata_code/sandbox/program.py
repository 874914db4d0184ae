"""The side of the tested program: runs it, then does for the tests what they ask of it.

Everything in this process belongs to the program, which may turn all of it upside down: what leaves it
are values and names of exceptions, and nobody here knows a test or an expected value.
"""

from __future__ import annotations

import operator
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from errata_code.sandbox.wire import Lost, pack, receive, send, unpack

NAME = "solution"
_MUTABLE = (list, dict, set, bytearray)


class Ended:
    """Keeps whatever a block raises: of a tested program, an exception is a result."""

    error: BaseException | None = None

    def __enter__(self) -> Ended:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        self.error = error
        return True


class Program:
    """Executes a program and serves its names."""

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self._kept: list[Any] = []
        self._deeds: Mapping[str, Callable[..., Any]] = {
            "call": lambda what, args, named: what(*args, **named),
            "get": getattr,
            "set": setattr,
            "iter": iter,
            "next": next,
            "item": operator.getitem,
            "put": operator.setitem,
            "len": len,
            "str": str,
            "repr": repr,
            "hash": hash,
            "eq": operator.eq,
        }

    def serve(self, text: str) -> None:
        """Execute ``text``, say how it ended, and answer requests until nobody asks."""
        module = types.ModuleType(NAME)
        sys.modules[NAME] = module
        with Ended() as ended:
            exec(compile(text, NAME, "exec"), vars(module))  # noqa: S102 what this process is for
        if ended.error is not None:
            kind = "syntax" if _unreadable(ended.error) else "raised"
            self._tell([kind, *_told(ended.error)])
            return
        self._tell(["ready"])
        wanted = receive(self._channel)
        self._tell(
            {name: self._named(vars(module)[name]) for name in wanted if name in vars(module)}
        )
        while True:
            self._answer(receive(self._channel))

    def _answer(self, request: list[Any]) -> None:
        deed, *wires = request
        changed: list[Any] = []
        with Ended() as ended:
            operands = [unpack(wire, self._resolved) for wire in wires]
            done = pack(self._deeds[deed](*operands), self._referred)
            if deed == "call":
                # A test may look at what became of its own lists and dictionaries.
                changed = [
                    self._after(*both) for both in zip(wires[1][1:], operands[1], strict=True)
                ]
            send(self._channel, ["value", done, changed])
        if ended.error is not None:
            if isinstance(ended.error, Lost):
                raise ended.error
            self._tell(["raised", *_told(ended.error)])

    def _after(self, before: Any, value: Any) -> Any:
        if not isinstance(value, _MUTABLE):
            return None
        after = pack(value, self._referred)
        return None if after == before else after

    def _named(self, value: Any) -> Any:
        if isinstance(value, types.ModuleType):
            return ["m", value.__name__, ""]
        home = getattr(value, "__module__", None)
        if callable(value) and home != NAME and isinstance(home, str):
            return ["m", home, getattr(value, "__name__", "")]
        with Ended():
            return pack(value, self._referred)
        return None

    def _referred(self, value: Any) -> list[Any]:
        self._kept.append(value)
        return ["h", len(self._kept) - 1]

    def _resolved(self, wire: list[Any]) -> Any:
        tag, number = wire
        return self._kept[number] if tag == "h" else self._test_function(number)

    def _test_function(self, number: int) -> Callable[..., Any]:
        def function(*args: Any) -> Any:
            self._tell(["back", number, pack(list(args), self._referred)])
            while (reply := receive(self._channel))[0] != "value":
                if reply[0] == "raised":
                    raise RuntimeError(f"a function of the tests raised {reply[1]}")
                self._answer(reply)
            return unpack(reply[1], self._resolved)

        return function

    def _tell(self, message: Any) -> None:
        send(self._channel, message)


def _unreadable(error: BaseException) -> bool:
    """Whether the program itself could not be compiled (and not some text that it compiles)."""
    return isinstance(error, SyntaxError) and error.filename == NAME


def _told(error: BaseException) -> list[str]:
    """Its class, the nearest built-in one, and its text."""
    kind = type(error)
    plain = next(base.__name__ for base in kind.__mro__ if base.__module__ == "builtins")
    text = ""
    with Ended():
        text = str(error)[:200]
    return [kind.__name__[:80], plain, text]
