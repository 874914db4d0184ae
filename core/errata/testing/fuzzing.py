"""Odd responses, always the same for a seed: what models and tricksters write at their worst.

Not covered: text that is no valid Unicode, which no target hands on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

_OPENERS = (
    "(",
    "[",
    "{",
    "\\frac{",
    "\\boxed{",
    "\\left(",
    "sqrt(",
    "**",
    "<<",
    "```\n",
    "$",
    "\\[",
)
_NUMBERS = (
    "9**9**9**9",
    "10^{10^{10}}",
    "1e999999",
    "-1e-999999",
    "factorial(10**9)",
    "0x" + "f" * 3000,
    "9" * 6000,
    "0." + "0" * 5000 + "1",
    "1/0",
    "NaN",
    "-Infinity",
    "½",
    "١٢٣",
    "1,2,3,4,5" * 400,
)
_SAID = (
    "",
    " ",
    "\n\n\n",
    "I do not know.",
    "None",
    "null",
    "{}",
    "[]",
    "#### ",
    "\\boxed{}",
    "####",
)
_BLOCKS = ((32, 126), (32, 126), (0, 31), (0xA0, 0x24F), (0x2000, 0x2BFF), (0x1F300, 0x1FAFF))
_MOST = 20_000  # characters


def payloads(canary: Path) -> list[str]:
    """Texts that create ``canary`` when somebody executes them."""
    path = str(canary)
    return [
        f"__import__('pathlib').Path({path!r}).touch()",
        f"open({path!r}, 'w')",
        f"__import__('os').system('touch {path}')",
        f"(lambda: open({path!r}, 'w'))()",
        f"```python\nopen({path!r}, 'w').close()\n```",
        f"$(touch {path})",
        f"`touch {path}`; touch {path}",
        f"{{{{ cycler.__init__.__globals__.os.system('touch {path}') }}}}",
        f"!!python/object/apply:os.system ['touch {path}']",
        f"\\immediate\\write18{{touch {path}}}",
    ]


def odd_responses(
    random: Random, rights: Sequence[str], count: int, canary: Path
) -> Iterator[tuple[int, str]]:
    """``count`` odd responses, each with the place in ``rights`` of the right one to its problem."""
    harmful = payloads(canary)
    kinds: list[Callable[[Random, str], str]] = [
        _edited,
        _edited,
        _cut,
        _repeated,
        _nested,
        lambda r, text: _instead(r, text, r.choice(_NUMBERS)),
        lambda r, text: _instead(r, text, r.choice(harmful)),
        lambda r, text: _instead(r, text, r.choice(harmful)),
        lambda r, text: f"{text}\n{r.choice(harmful)}",
        lambda r, _: r.choice(_SAID),
        lambda r, _: _noise(r, r.randint(1, 400)),
        lambda r, text: f"{_noise(r, 30)}{text}{_noise(r, 30)}",
    ]
    for number in range(count):
        place = number % len(rights)
        yield place, kinds[number % len(kinds)](random, rights[place])[:_MOST]


def _edited(random: Random, text: str) -> str:
    for _ in range(random.randint(1, 8)):
        start = random.randint(0, len(text))
        end = min(len(text), start + random.randint(0, 12))
        piece = random.choice(["", _noise(random, 3), text[start:end] * 3, text[start:end][::-1]])
        text = text[:start] + piece + text[end:]
    return text


def _cut(random: Random, text: str) -> str:
    return text[: random.randint(0, len(text))]


def _repeated(random: Random, text: str) -> str:
    start = random.randint(0, max(0, len(text) - 1))
    piece = text[start : start + random.randint(1, 30)] or " "
    return text[:start] + piece * (_MOST // len(piece))


def _nested(random: Random, text: str) -> str:
    opener, depth = random.choice(_OPENERS), random.choice((3, 50, 2000))
    return _instead(random, text, opener * depth + text[-5:])


def _instead(random: Random, text: str, piece: str) -> str:
    """``piece`` where the answer stands, which is mostly after the last blank."""
    if random.random() < 0.2:
        return piece
    before = max(text.rstrip().rfind(" "), text.rstrip().rfind("\n")) + 1
    return text[:before] + piece


def _noise(random: Random, length: int) -> str:
    spans = (random.choice(_BLOCKS) for _ in range(length))
    return "".join(chr(random.randint(low, high)) for low, high in spans)
