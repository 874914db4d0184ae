"""A scripted instructor of mathematics behind real HTTP: it reads the prompt, and answers by rule.

Analyses get one of a few keyphrases, by the question; new problems are made of a few turns of phrase
and words that do not exist, their answers computed. What it spoils, it counts (``planted``), so that a
test can compare with a run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from aiohttp import web  # noqa: TID253 the tests' server needs it from the start

from faults.server import Loopback, answering

PHRASES = (
    "multiplies where it should divide",
    "forgets the last step of the calculation",
    "adds a quantity that was to be subtracted",
    "takes a total for the amount of each",
)
_QUESTION = re.compile(r"^Problem:\n(.*?)\n\n", re.DOTALL | re.MULTILINE)
_EXAMPLE = re.compile(
    r"^Problem \d+: .*?\nSolution: .*?(?=\n\nProblem \d+: |\n\nFind out)", re.DOTALL | re.MULTILINE
)
_COUNT = re.compile(r"write (\d+) new problems")
_SOLVE = re.compile(r"Solve it step by step, on your own|Work this out from the question alone")


def unit(*parts: object) -> float:
    """A number in [0, 1) that depends on ``parts`` alone."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


class ScriptedInstructor(Loopback):
    """Serves on loopback in a thread. ``requests`` counts what arrived by kind, ``planted`` what was
    spoiled by kind (diagnoses "no error", "unreadable", "refused"; drafts "broken", "wrong-answer"),
    ``shown`` how many examples each call for problems showed. ``solver`` gives the answer to a question
    that it is to solve itself; None: it says nothing that can be read."""

    def __init__(self, solver: Callable[[str], str] | None = None) -> None:
        self.solver = solver
        self.requests: Counter[str] = Counter()
        self.planted: Counter[str] = Counter()
        self.shown: Counter[int] = Counter()
        self.bodies: list[dict[str, Any]] = []
        super().__init__(answering(self._complete))

    async def _complete(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        asked = [m["content"] for m in body["messages"] if m["role"] == "user"]
        again = len(asked) > 1
        if _EXAMPLE.search(asked[0]):
            text, refusal = self._similar(asked[0], str(body["messages"])), False
        elif _SOLVE.search(asked[0]):
            text, refusal = self._solution(asked[0]), False
        else:
            text, refusal = self._analysis(asked[0], again)
        return web.json_response(_completion(body, text, refusal))

    def _solution(self, prompt: str) -> str:
        self.requests["solve"] += 1
        found = _QUESTION.search(prompt)
        question = found[1] if found else prompt.partition("\n")[0]
        if self.solver is None:
            return "I cannot tell."
        return json.dumps({"solution": "It comes out so.", "answer": self.solver(question)})

    def _analysis(self, prompt: str, again: bool) -> tuple[str, bool]:
        self.requests["analysis again" if again else "analysis"] += 1
        found = _QUESTION.search(prompt)
        question = found[1] if found else prompt
        fate = unit("fate", question)
        if fate < 0.06:
            self.planted["refused"] += 1
            return "I would rather not.", True
        if fate < 0.12:
            self.planted["unreadable"] += again
            return "Well, the first step looks odd to me.", False
        if fate < 0.2 and not again:
            return "{'not': json", False  # mended when asked again
        none = fate > 0.9
        self.planted["no error"] += none
        phrase = PHRASES[int(unit("phrase", question) * len(PHRASES))]
        reply = {
            "explanation": "It goes wrong here.",
            "no_error": none,
            "first_wrong_step": None if none else 1,
            "keyphrase": "" if none else phrase,
        }
        return f"Here it is:\n```json\n{json.dumps(reply)}\n```", False

    def _similar(self, prompt: str, seed: str) -> str:
        self.requests["similar"] += 1
        random = Random(hashlib.sha256(seed.encode()).digest())
        count = _COUNT.search(prompt)
        assert count
        shown = len(_EXAMPLE.findall(prompt))
        self.shown[shown] += 1
        drafts = [self._spoiled(_draft(random), random.random()) for _ in range(int(count[1]))]
        return json.dumps({"problems": drafts})

    def _spoiled(self, draft: dict[str, str], fate: float) -> dict[str, str]:
        if fate < 0.1:
            self.planted["broken"] += 1
            return {name: text for name, text in draft.items() if name != "answer"}
        if fate < 0.2:
            self.planted["wrong-answer"] += 1
            return {**draft, "answer": f"{draft['answer']}1"}
        return draft


def _draft(random: Random) -> dict[str, str]:
    """A problem of one or two steps about things that nobody has heard of."""
    first, second, third = (random.randint(2, 60) for _ in range(3))
    owner, thing, place = (_word(random) for _ in range(3))
    told = [
        f"{owner} of {place} keeps {first} {thing}",
        f"In {place} there lives {owner}, who owns {first} {thing}",
        f"{first} {thing} stand in the yard that {owner} rents near {place}",
        f"Nobody in {place} has more {thing} than {owner}, namely {first}",
    ]
    then = [
        f"a friend called {_word(random)} brings {second} more",
        f"{second} further {thing} are found behind the {_word(random)}",
        f"later {_word(random)} and {_word(random)} hand over another {second}",
    ]
    last = [
        f"Each weighs {third} {_word(random)}. What do all of them weigh?",
        f"If every single one costs {third} {_word(random)}, how much is the whole lot worth?",
        f"With {third} {_word(random)} tied to each, how many get tied altogether?",
    ]
    question = f"{random.choice(told)}; {random.choice(then)}. {random.choice(last)}"
    total = first + second
    return {
        "question": question,
        "solution": f"There are {first}+{second}=<<{first}+{second}={total}>>{total} {thing}.\n"
        f"That makes {total}*{third}=<<{total}*{third}={total * third}>>{total * third}.\n"
        f"#### {total * third}",
        "answer": str(total * third),
    }


def _word(random: Random) -> str:
    return "".join(random.choice("bdfgklmnprstvz") + random.choice("aeiou") for _ in range(3))


def _completion(
    body: dict[str, Any], text: str, refusal: bool, ending: str = "stop"
) -> dict[str, Any]:
    message = {"role": "assistant", "content": None, "refusal": text}
    if not refusal:
        message = {"role": "assistant", "content": text, "refusal": None}
    prompt_tokens = sum(len(m["content"]) for m in body["messages"]) // 4
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": len(text) // 4 + 1}
    usage["total_tokens"] = sum(usage.values())
    choice = {"index": 0, "message": message, "finish_reason": ending}
    return {
        "id": "scripted",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted-1",
        "choices": [choice],
        "usage": usage,
    }
