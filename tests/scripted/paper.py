"""A scripted instructor for the recipes of Self-Error-Instruct, behind real HTTP: it also sorts phrases
into types, solves again what it has written, and boxes its answers where the examples do.
"""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

from aiohttp import web  # noqa: TID253 the tests' server needs it from the start

from scripted.instructor import ScriptedInstructor, _completion, _draft, unit

_PHRASES = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)
_KINDS = re.compile(r"^Type (\d+): ([^(\n]*?)(?: \(.*\))?$", re.MULTILINE)
_COUNT = re.compile(r"write (\d+) new problems")


class Paper(ScriptedInstructor):
    """Each phrase is a type of its own. Of the problems it writes, one in ten lacks its answer and one
    in ten has a wrong one (``planted``); ``solved`` counts what it solved again, ``asked`` the new
    problems that each call wanted."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.solved = 0
        self.asked: list[int] = []
        super().__init__()

    async def _complete(self, request: web.Request) -> web.Response:
        body = await request.json()
        text = next(m["content"] for m in body["messages"] if m["role"] == "user")
        found = self._sorted(text) or self._merged(text) or self._solution_of(text)
        found = found or self._problems(text, str(body["messages"]))
        if found is None:
            return await super()._complete(request)
        return web.json_response(_completion(body, json.dumps(found), refusal=False))

    def _sorted(self, text: str) -> dict[str, Any] | None:
        if "each as a short phrase" not in text:
            return None
        known = {name: int(number) for number, name in _KINDS.findall(text)}
        existing, new = [], []
        for number, phrase in _PHRASES.findall(text.partition("each as a short phrase")[2]):
            if phrase in known:
                existing.append({"type": known[phrase], "phrases": [int(number)]})
            else:
                new.append({"name": phrase, "description": "So it goes.", "phrases": [int(number)]})
        return {"existing": existing, "new": new}

    def _merged(self, text: str) -> dict[str, Any] | None:
        return {"merges": []} if "Which of them are the same kind" in text else None

    def _solution_of(self, text: str) -> dict[str, str] | None:
        asked = text.partition("The problem to solve:\n")[2].partition("\n\nSolve it")[0].strip()
        if not asked:
            return None
        self.solved += 1
        answer = self.answers.get(asked, "0")
        return {"solution": f"It is {answer}.\n#### {answer}", "answer": answer}

    def _problems(self, text: str, seed: str) -> dict[str, Any] | None:
        count = _COUNT.search(text)
        if count is None:
            return None
        self.requests["similar"] += 1
        self.asked.append(int(count[1]))
        random = Random(repr(unit(seed)))
        boxed = "\\boxed" in text
        return {"problems": [self._problem(random, boxed) for _ in range(int(count[1]))]}

    def _problem(self, random: Random, boxed: bool) -> dict[str, str]:
        draft = _draft(random)
        if boxed:
            told = re.sub(r"<<.*?>>", "", draft["solution"].partition("\n#### ")[0])
            draft["solution"] = f"{told} So it is $\\boxed{{{draft['answer']}}}$."
        self.answers[draft["question"]] = draft["answer"]
        return self._spoiled(draft, random.random())
