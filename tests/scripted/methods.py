"""A scripted instructor for every published method, behind real HTTP: it answers each purpose by rule.

It knows the train problems, so that it can correct, continue, edit and solve; it invents new ones, and
others each time that it is asked the same. What it spoils it counts in ``planted`` as "purpose/fate":
unreadable and over-length (cut off), each twice in a row, refused, wrong, duplicate (one and the same
problem), leak (a problem of the test set).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from aiohttp import web  # noqa: TID253 the tests' server needs it from the start

from errata.records import Problem
from errata_math.plugin import solution_steps
from scripted.instructor import ScriptedInstructor, _completion, _draft, unit

# What only the template of this purpose says.
MARKS = {
    "correct": "write the right solution from that step on",
    "locate": "what is wrong there. If no step",
    "inject": "Then give the number of the step with the error",
    "continue": "put it right, and carry the solution on",
    "restart": "drop this attempt after a short word",
    "smooth": "Write the whole of it again",
    "edit": "How to change the step:",
    "solve": "to solve:\n",
    "similar": "at which the same error is likely",
    "alike": "of the same field and about as hard",
    "evolve": "Write one new problem that is related",
    "rephrase": "Tell this question in other words",
    "backward": "has been replaced by X",
    "judge": "Say in this order: what you",
}
FATES = (
    ("unreadable", 0.06),
    ("refused", 0.12),
    ("wrong", 0.24),
    ("duplicate", 0.3),
    ("leak", 0.36),
    ("over-length", 0.4),
)
_PROBLEM = re.compile(
    r"(?:Problem|The problem to solve|made the error \"[^\n]*):\n(.*?)\n(?:\n|\Z)", re.S
)
_COUNT = re.compile(r"[Ww]rite (\d+) new problem")
_STEP = re.compile(r"^Step \d+: ", re.M)
_TOLD, _ASKED = "This is known to come out as told. ", " What was X?"
_LAST = re.compile(r"\d+(?=\D*\Z)")


class Methods(ScriptedInstructor):
    """Knows ``train`` (and what it invented) and leaks from ``test``."""

    def __init__(self, train: Sequence[Problem], test: Sequence[Problem]) -> None:
        self.known = {problem.question.strip(): problem for problem in train}
        self.test = list(test)
        self.times: Counter[str] = Counter()
        super().__init__()

    async def _complete(self, request: web.Request) -> web.Response:
        body = await request.json()
        asked = [m["content"] for m in body["messages"] if m["role"] == "user"]
        purpose = next(name for name, mark in MARKS.items() if mark in asked[0])
        again = len(asked) > 1
        self.requests[f"{purpose} again" if again else purpose] += 1
        times = 0
        if purpose in ("similar", "alike"):  # waves of a type follow one another
            self.times[asked[0]] += not again
            times = self.times[asked[0]]
        seed = unit(purpose, asked[0], times)
        fate = next((name for name, below in FATES if seed < below), "good")
        if fate == "over-length":
            self.planted[f"{purpose}/{fate}"] += not again
            return web.json_response(_completion(body, '{"problems": [{"qu', False, "length"))
        if fate in ("unreadable", "refused"):
            # An unreadable reply is asked for again: counted once.
            self.planted[f"{purpose}/{fate}"] += not again
            return web.json_response(_completion(body, "Let me think.", fate == "refused"))
        found = self._reply(purpose, asked[0], fate, Random(repr(seed)))
        return web.json_response(_completion(body, json.dumps(found), refusal=False))

    def _plant(self, purpose: str, fate: str) -> None:
        self.planted[f"{purpose}/{fate}"] += 1

    def _reply(self, purpose: str, text: str, fate: str, random: Random) -> dict[str, Any]:
        match purpose:
            case "similar" | "alike":
                wanted = _COUNT.search(text)
                assert wanted
                found = {"problems": [self._draft(purpose, random) for _ in range(int(wanted[1]))]}
            case "evolve" | "rephrase":
                found = {"question": self._question(purpose, text, fate, random)}
            case "backward":
                masked = _between(text, ":\n", "\n\nIts answer")
                found = {"question": f"{_TOLD}{masked}{_ASKED}"}
            case "smooth":
                whole = _between(text, "recovers:\n", "\n\nWrite the whole")
                found = {"text": self._spoiled(purpose, whole, fate)}
            case "edit":
                whole = _between(text, "change:\n", "\n\nHow to")
                whole = whole.replace("\n\nThe rest of the solution:", "")
                self.planted["edit/wrong"] += fate == "wrong"  # here: that nothing is edited
                found = {"edited": whole if fate == "wrong" else _other(whole)}
            case "solve":
                found = self._solution(text, fate)
            case "judge":
                fine = fate != "wrong"
                self.planted["judge/wrong"] += not fine  # here: that the question has no answer
                found = {"explanation": "Read.", "well_posed": fine, "one_answer": True}
                found["right"] = True
            case _:
                found = self._about(purpose, text, fate)
        return found

    def _about(self, purpose: str, text: str, fate: str) -> dict[str, Any]:
        """Replies about a wrong solution of a known problem."""
        found = _PROBLEM.search(text)
        assert found, text
        steps = solution_steps(self.known[found[1].strip()].solution)
        whole = "\n".join(steps)
        if purpose in ("continue", "restart"):
            return {"continuation": self._spoiled(purpose, f"Once more:\n{whole}", fate)}
        if purpose == "inject":
            self.planted["inject/wrong"] += fate == "wrong"  # here: that nothing is wrong
            off = whole if fate == "wrong" else _other(whole)
            given = solution_steps(off)
            return {"steps": given, "wrong_step": len(given), "explanation": "It is miscounted."}
        tried = _between(text, "to the right answer:\n", "\n\n")
        attempt = [step.strip() for step in _STEP.split(tried)[1:]]
        pairs = enumerate(zip(attempt, steps, strict=False))
        first = next((n for n, (a, b) in pairs if a != b.strip()), 0)
        corrected = self._spoiled(purpose, "\n".join(steps[first:]), fate)
        said = {"first_wrong_step": first + 1, "explanation": "A number is off there."}
        return said if purpose == "locate" else {**said, "corrected": corrected}

    def _spoiled(self, purpose: str, text: str, fate: str) -> str:
        if fate != "wrong":
            return text
        self._plant(purpose, fate)
        return _other(text)

    def _draft(self, purpose: str, random: Random) -> dict[str, str]:
        """A new problem, a spoiled one, the same one again, or one of the test set."""
        fate = next((name for name, below in FATES if random.random() < below / 4), "good")
        draft = _draft(Random(0) if fate == "duplicate" else random)
        self.known[draft["question"]] = Problem(id="new", **draft)
        fate = "unreadable" if fate in ("refused", "over-length") else fate
        if fate == "good":
            return draft
        self._plant(purpose, fate)
        if fate == "leak":
            leaked = random.choice(self.test)
            return {
                "question": leaked.question,
                "solution": leaked.solution,
                "answer": leaked.answer,
            }
        if fate == "wrong":
            return {**draft, "answer": f"{draft['answer']}1"}
        return draft if fate == "duplicate" else {"question": draft["question"]}

    def _question(self, purpose: str, text: str, fate: str, random: Random) -> str:
        if fate == "leak":
            self._plant(purpose, fate)
            leaked = random.choice(self.test)
            self.known[leaked.question.strip()] = leaked
            return leaked.question
        if purpose == "rephrase":
            question = text.partition("\n\nTell this")[0].strip()
            if fate == "duplicate":
                self._plant(purpose, fate)
                return question
            told = f"Here is something to work out. {question}"
            self.known[told] = self.known[question]
            return told
        draft = _draft(Random(0) if fate == "duplicate" else random)
        self.planted[f"{purpose}/{fate}"] += fate == "duplicate"
        self.known[draft["question"]] = Problem(id="new", **draft)
        return draft["question"]

    def _solution(self, text: str, fate: str) -> dict[str, str]:
        question = _between(text, "to solve:\n", "\n\nSolve it").strip()
        answer = self._hidden(question) if "X" in question else None
        if question in self.known:
            solution, answer = self.known[question].solution, self.known[question].answer
        else:
            solution = f"X has to be {answer}.\n#### {answer}"
        if fate == "wrong":
            self._plant("solve", fate)
            solution = _other(solution)
            last = _LAST.search(solution)
            answer = last[0] if last else "0"
        return {"solution": solution, "answer": str(answer)}

    def _hidden(self, question: str) -> str | None:
        """The number that X stands for, by the train problem that the question comes from."""
        told = (
            question.removeprefix(_TOLD)
            .removesuffix(_ASKED)
            .partition("\nThe answer to this question is")[0]
        )
        for mark in re.finditer("X", told):
            before, after = told[: mark.start()], told[mark.end() :]
            for known in self.known:
                if known.startswith(before) and known.endswith(after):
                    return known[len(before) : len(known) - len(after)].replace(",", "")
        return None


def _between(text: str, start: str, end: str) -> str:
    return text.partition(start)[2].partition(end)[0]


def _other(text: str) -> str:
    """``text`` with another number at its end."""
    return _LAST.sub(lambda number: str(int(number[0]) + 3), text)
