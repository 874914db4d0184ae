"""A scripted instructor that sorts error phrases, behind real HTTP: it knows which type each planted
phrase belongs to, and misbehaves as it is told. What it spoils, it counts (``planted``).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from aiohttp import web  # noqa: TID253 the tests' server needs it from the start

from faults.server import Loopback, answering

# type: its name, another name for it, and what its phrases are made of
TYPES = {
    "Borrowing left out": ("Missing borrow errors", ("no borrow", "skips the borrow")),
    "Unit not converted": ("Units left unconverted", ("unit kept", "no conversion of units")),
    "Percent as a number": ("Percentage read as amount", ("percent as is", "percent not divided")),
    "Last step missing": ("Stops too early", ("stops early", "last step forgotten")),
    "Total taken for each": ("Each and total confused", ("total for each", "each for total")),
    "Wrong operation": ("Operation confused", ("adds, should subtract", "subtracts, should add")),
    "Decimal point shifted": ("Misplaced decimal point", ("decimal moved", "point lost")),
    "Condition overlooked": ("Ignores a condition", ("condition unread", "ignores a limit")),
}
PLACES = tuple(
    f"with {thing}"
    for thing in (
        *("coins", "apples", "fences", "hours", "tanks", "tickets", "a sale", "a recipe", "trains"),
        *("a bank", "gardens", "a class", "a fair", "a game", "farms", "roads", "pies", "teams"),
        *("books", "stamps"),
    )
)
TIMES = ("", "again", "once more", "late", "early on")
_PHRASE = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)
_TYPE = re.compile(r"^Type (\d+): ([^(\n]*?)(?: \((.*)\))?$", re.MULTILINE)
_NAME = re.compile(r"^- (.*)$", re.MULTILINE)
_GROUP = re.compile(r"^Group (\d+) \(.*\):\n- (.*)$", re.MULTILINE)


def wordings() -> dict[str, str]:
    """Some 1,600 phrases, and the name of the planted type of each."""
    return {
        " ".join(f"{head} {place} {time}".split()): name
        for name, (_, heads) in TYPES.items()
        for head in heads
        for place in PLACES
        for time in TIMES
    }


WORDINGS = wordings()


def meant(phrase: str) -> list[str]:
    """The planted types of a phrase; a phrase "A and also B" has two."""
    parts = phrase.lower().strip(" .").split(" and also ")
    return [WORDINGS[part] for part in parts if part in WORDINGS]


def unit(*parts: object) -> float:
    """A number in [0, 1) that depends on ``parts`` alone."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def planted_type(name: str) -> str | None:
    """The planted type that a name stands for."""
    return next((key for key, (other, _) in TYPES.items() if name in (key, other)), None)


class SortingInstructor(Loopback):
    """Serves on loopback in a thread. ``faults`` name what it does wrong:

    "left-out" (one phrase in eight, at the first asking), "mute" (phrases with "with a fair", always),
    "invented" (numbers that were not shown), "useless" (names), "stubborn" (useless names also when
    asked again), "broken" (JSON at the first asking), "broken-entries", "twins" (a second type for
    what has one), "dead" (no JSON for any batch that holds "stops early with a game"), "no-merge".
    """

    def __init__(self, faults: Iterable[str] = ()) -> None:
        self.faults = set(faults)
        self.planted: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.prompts: list[str] = []
        super().__init__(answering(self._complete))

    async def _complete(self, request: web.Request) -> web.Response:
        body = await request.json()
        asked = [m["content"] for m in body["messages"] if m["role"] == "user"]
        self.prompts.append(asked[0])
        text = self._answer(asked[0], again=len(asked) > 1)
        message = {"role": "assistant", "content": text}
        return web.json_response(
            {
                "model": "scripted-1",
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 10},
            }
        )

    def _answer(self, prompt: str, *, again: bool) -> str:
        if "Which of them are the same kind" in prompt:
            self.requests["merge"] += 1
            return json.dumps(self._merges(prompt))
        if "Name every group" in prompt:
            self.requests["naming"] += 1
            return self._names(prompt)
        if "Step 1: " in prompt:
            self.requests["analysis"] += 1
            phrase = sorted(WORDINGS)[int(unit(prompt) * len(WORDINGS))]
            return json.dumps(
                {"explanation": "", "no_error": False, "first_wrong_step": 1}
                | {"keyphrase": phrase}
            )
        return self._sorted(prompt, again=again)

    def _sorted(self, prompt: str, *, again: bool) -> str:
        kind = "again" if again else "sort"
        self.requests[kind] += 1
        if "dead" in self.faults and ". stops early with a game\n" in prompt:
            return "I have no idea."
        if "broken" in self.faults and not again and unit("broken", prompt) < 0.4:
            self.planted["broken"] += 1
            return '{"existing": [{"type": 1, "phra'
        shown = [(int(number), phrase) for number, phrase in _PHRASE.findall(prompt)]
        if "Phrases that describe errors" in prompt:
            return json.dumps(self._by_name(prompt, shown))
        return json.dumps(self._typed(prompt, shown))

    def _typed(self, prompt: str, shown: Sequence[tuple[int, str]]) -> dict[str, Any]:
        second = len(shown) < 60  # what a batch left out
        known = {planted_type(name): int(n) for n, name, _ in _TYPE.findall(prompt)}
        existing: dict[int, list[Any]] = {}
        new: dict[str, list[Any]] = {}
        for number, phrase in shown:
            if self._left_out(phrase, second):
                continue
            for name in meant(phrase):
                other = TYPES[name][0]
                if self._useless(name, second):
                    new.setdefault("Miscellaneous errors", []).append(number)
                elif "twins" in self.faults and unit("twin", phrase) < 0.1:
                    new.setdefault(other, []).append(number)
                elif name in known:
                    existing.setdefault(known[name], []).append(number)
                else:
                    new.setdefault(name, []).append(number)
        filed = [{"type": t, "phrases": numbers} for t, numbers in sorted(existing.items())]
        made = [{"name": n, "description": f"It is {n}.", "phrases": p} for n, p in new.items()]
        return {"existing": self._spoiled(filed, "type"), "new": self._spoiled(made, "name")}

    def _left_out(self, phrase: str, second: bool) -> bool:
        mute = "mute" in self.faults and "with a fair" in phrase.lower()
        gone = "left-out" in self.faults and not second and unit("gone", phrase) < 0.125
        self.planted["mute"] += mute and not second
        self.planted["left-out"] += gone or (mute and not second)
        return mute or gone

    def _useless(self, name: str, second: bool) -> bool:
        if name != "Condition overlooked":
            return False
        return "stubborn" in self.faults or ("useless" in self.faults and not second)

    def _spoiled(self, entries: list[dict[str, Any]], key: str) -> list[Any]:
        if "invented" in self.faults:
            for entry in entries:
                entry["phrases"] = [*map(str, entry["phrases"]), 0, -1, "9999", "none"]
                self.planted["invented"] += 3 * bool(entry["phrases"])
            if entries and key == "type":
                entries = [*entries, {"type": 777, "phrases": [1]}]
                self.planted["invented"] += 1
        if "broken-entries" in self.faults:
            return [*entries, {key: None}, "and so on"] if entries else entries
        return entries

    def _by_name(self, prompt: str, shown: Sequence[tuple[int, str]]) -> dict[str, Any]:
        groups: dict[str, list[int]] = {}
        for number, phrase in shown:
            if self._left_out(phrase, second=False):
                continue
            for name in meant(phrase):
                twin = "twins" in self.faults and unit("twin", phrase) < 0.1
                groups.setdefault(TYPES[name][0] if twin else name, []).append(number)
        return {
            "groups": [
                {"name": name, "phrases": numbers, "explanation": f"It is {name}."}
                for name, numbers in groups.items()
            ]
        }

    def _merges(self, prompt: str) -> dict[str, Any]:
        same: dict[str | None, list[int]] = {}
        for number, name, _ in _TYPE.findall(prompt):
            same.setdefault(planted_type(name), []).append(int(number))
        merges = [
            {"types": [*numbers, 500], "name": name, "description": f"It is {name}."}
            for name, numbers in same.items()
            if name and len(numbers) > 1
        ]
        return {"merges": [] if "no-merge" in self.faults else merges}

    def _names(self, prompt: str) -> str:
        found = []
        for number, phrase in _GROUP.findall(prompt):
            [name, *_] = meant(phrase) or ["Other"]
            if "useless" in self.faults and "cannot be used" not in prompt and number == "1":
                name = "Other errors"
            found.append({"group": int(number), "name": name, "description": f"It is {name}."})
        return "No." if "dead" in self.faults else json.dumps({"names": found})
