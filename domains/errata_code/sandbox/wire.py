"""Values between the tests and the program: JSON with tags, never pickles.

What arrives is of plain types alone (None, numbers, text, bytes, lists, tuples, sets, dictionaries,
ranges, deques, fractions, decimals, built-in classes), whatever class the sender made it of: an object
that equals everything arrives as what it holds, or as a reference to something that stays where it is.
"""

from __future__ import annotations

import builtins
import json
import os
import struct
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

LONGEST = 1 << 24  # bytes of a message
_WIDE = 1 << 62
_SEQUENCES: dict[str, Any] = {"l": list, "t": tuple, "s": set, "f": frozenset, "q": deque}
_READERS: dict[str, Callable[..., Any]] = {
    "i": lambda digits: int(digits, 16),
    "b": bytes.fromhex,
    "a": bytearray.fromhex,
    "c": complex,
    "r": lambda *parts: range(*(int(part, 16) for part in parts)),
    "F": Fraction,
    "D": Decimal,
    "n": lambda name: getattr(builtins, name),
}
Refer = Callable[[Any], list[Any]]
Resolve = Callable[[list[Any]], Any]


class Lost(ConnectionError):
    """The other side has gone, or sends what is no message."""


def pack(value: Any, refer: Refer) -> Any:
    """``value`` as JSON-ready data; ``refer`` answers for what is of no plain type.

    Raises RecursionError for a value that holds itself, and what ``refer`` raises.
    """
    if value is None or isinstance(value, bool | str | int | float):
        return _scalar(value)
    for tag, kind in _SEQUENCES.items():
        if isinstance(value, kind):
            return [tag, *(pack(item, refer) for item in kind.__iter__(value))]
    if isinstance(value, dict):
        pairs = dict.items(value)
        return ["d", *([pack(key, refer), pack(item, refer)] for key, item in pairs)]
    return _other(value) or refer(value)


def _scalar(value: Any) -> Any:
    """Of exactly the built-in type, whatever class it is of."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if value is None or isinstance(value, bool) or -_WIDE < int.__int__(value) < _WIDE:
        return value if value is None or isinstance(value, bool) else int.__int__(value)
    return ["i", hex(value)]


def _other(value: Any) -> list[Any] | None:
    if isinstance(value, type):
        named = getattr(builtins, value.__name__, None) is value
        return ["n", value.__name__] if named else None
    match value:
        case bytes() | bytearray():
            return ["b" if isinstance(value, bytes) else "a", bytes(value).hex()]
        case complex():
            return ["c", value.real, value.imag]
        case range():
            return ["r", hex(value.start), hex(value.stop), hex(value.step)]
        case Fraction() | Decimal():
            return ["F" if isinstance(value, Fraction) else "D", str(value)]
    return None


def unpack(wire: Any, resolve: Resolve) -> Any:
    """The value of what ``pack`` made; ``resolve`` answers for unknown tags.

    Raises TypeError, ValueError, AttributeError or RecursionError for what no ``pack`` made.
    """
    if not isinstance(wire, list):
        return wire
    tag, *rest = wire
    if tag in _SEQUENCES:
        return _SEQUENCES[tag](unpack(item, resolve) for item in rest)
    if tag == "d":
        return {unpack(key, resolve): unpack(item, resolve) for key, item in rest}
    return _READERS[tag](*rest) if tag in _READERS else resolve(wire)


def send(channel: int, message: Any) -> None:
    """One message to a descriptor. Raises Lost when nobody reads, ValueError when it is too long."""
    body = json.dumps(message, separators=(",", ":")).encode()
    if len(body) > LONGEST:
        raise ValueError("a value is too large to be handed over")
    left = memoryview(struct.pack("=I", len(body)) + body)
    try:
        while left:
            left = left[os.write(channel, left) :]
    except OSError as error:
        raise Lost(str(error)) from None


def receive(channel: int) -> Any:
    """One message. Raises Lost at the end, and for what is none."""
    (length,) = struct.unpack("=I", _exactly(channel, 4))
    if length > LONGEST:
        raise Lost("a message without measure")
    try:
        return json.loads(_exactly(channel, length))
    except ValueError:
        raise Lost("no message") from None


def _exactly(channel: int, length: int) -> bytes:
    parts, wanted = [], length
    while wanted:
        try:
            part = os.read(channel, min(wanted, 1 << 20))
        except OSError as error:
            raise Lost(str(error)) from None
        if not part:
            raise Lost("the other side has ended")
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)
