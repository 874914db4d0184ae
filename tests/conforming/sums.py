"""A sound domain of sums, and how to break it: each fault is caught by one test of the suite."""

from __future__ import annotations

import random as global_random
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count

from errata.drafts import draft_id, plain_problem
from errata.fingerprints import Fingerprints
from errata.hooks import hookimpl
from errata.records import Message, Objection, Problem, TargetPrompt, Verdict
from errata.seeds import stream

_STATED = re.compile(r"^Answer: (\S+)$", re.MULTILINE)


def addition(a: int, b: int, name: str) -> Problem:
    solution = f"{a} and {b} make {a + b}.\nAnswer: {a + b}"
    return Problem(
        id=name,
        question=f"What is {a} + {b}?",
        answer=str(a + b),
        solution=solution,
        data={"a": a, "b": b},
    )


def terms(problem: Problem) -> tuple[int, int]:
    a, b = re.findall(r"\d+", problem.question)
    return int(a), int(b)


class Sums:
    @hookimpl
    def errata_problems(self, source, split, seed):
        if source != "sums":
            raise LookupError(f"no source {source!r}; available: sums")
        drawn = stream(seed, "sums", split)
        return (addition(drawn.randint(1, 30), drawn.randint(1, 30), f"{n}") for n in count())

    @hookimpl
    def errata_target_prompt(self, problem, demonstration, guidance):
        turns = []
        if demonstration:
            turns = [("user", demonstration.question), ("assistant", demonstration.solution)]
        turns.append(("user", f"{guidance or ''}\n\n{problem.question}".strip()))
        messages = tuple(Message(role=role, content=text) for role, text in turns)
        return TargetPrompt(messages=messages, stop=(r"Answer: \d+\n",))

    @hookimpl
    def errata_check(self, problems, responses):
        return [self.judged(p, r) for p, r in zip(problems, responses, strict=True)]

    def judged(self, problem, response):
        found = _STATED.search(response)
        said = found[1] if found else None
        outcome = "right" if said == problem.answer else "wrong"
        if said and not said.isdigit():
            return Verdict(
                problem_id=problem.id, outcome="undecided", extracted=said, reason="no number"
            )
        return Verdict(
            problem_id=problem.id, outcome=outcome, extracted=said, explicit=said is not None
        )

    @hookimpl
    def errata_steps(self, problem, solution):
        return [line for line in solution.splitlines() if line.strip()]

    @hookimpl
    def errata_variant(self, problem, random):
        a, b = terms(problem)
        if problem.id == "0":
            return Objection(reason="no-variant", detail="the first one has none")
        return addition(a + 100, b + random.randint(1, 9), f"{problem.id}~")

    @hookimpl
    def errata_problem(self, draft):
        made = plain_problem(draft)
        if isinstance(made, Objection):
            return made
        return made.model_copy(update={"id": draft_id(draft)})

    @hookimpl
    def errata_fingerprints(self, problem):
        return Fingerprints(exact=f"{terms(problem)}")

    @hookimpl
    def errata_verify(self, candidate):
        made = candidate.body.problem
        if str(sum(terms(made))) != made.answer:
            return Objection(reason="wrong-answer", detail=f"it is {sum(terms(made))}")
        return None


# --- faults -----------------------------------------------------------------------------------------


def _misspelt(self, problem, random):
    return None


def _twice(self, source, split, seed):
    found = Sums().errata_problems(source, split, seed)
    return (p.model_copy(update={"id": str(n // 2)}) for n, p in enumerate(found))


def _any_source(self, source, split, seed):
    return Sums().errata_problems("sums", split, seed)


def _no_problems(self, source, split, seed):
    if source != "sums":
        raise LookupError(f"no source {source!r}; available: sums")
    return iter(())


def _unseeded(self, source, split, seed):
    return Sums().errata_problems(source, split, global_random.getrandbits(60))


def _prompt(turns: Callable[..., list[tuple[str, str]]], stop: str = "") -> Callable[..., object]:
    def errata_target_prompt(self, problem, demonstration, guidance):
        told = turns(problem, demonstration, f"{guidance or ''}\n\n{problem.question}".strip())
        messages = tuple(Message(role=role, content=text) for role, text in told)
        return TargetPrompt(messages=messages, stop=(stop,) if stop else ())

    return errata_target_prompt


def _shown(problem, demonstration, last):
    taught = demonstration
    turns = [("user", taught.question), ("assistant", taught.solution)] if taught else []
    return [*turns, ("user", last)]


def _bare(problem, demonstration, last):
    return [*_shown(problem, demonstration, last)[:-1], ("user", problem.question)]


def _unlike(problem, demonstration, last):
    turns = _shown(problem, demonstration, last)
    head = ("user", f"An example before {problem.id}:\n{turns[0][1]}")
    return [head, *turns[1:]] if demonstration else turns


def _by_parity(problem, demonstration, last):
    return _shown(problem, demonstration, last if problem.id != "3" else "What is it?")


def _judging(judge: Callable[[Problem, str, Verdict], object]) -> Callable[..., object]:
    """``judge`` may change the sound verdict: an outcome, or fields of it."""

    def errata_check(self, problems, responses):
        found = []
        for problem, response in zip(problems, responses, strict=True):
            verdict = Sums().judged(problem, response)
            changed = judge(problem, response, verdict)
            update = {"outcome": changed} if isinstance(changed, str) else changed or {}
            found.append(verdict.model_copy(update=update))
        return found

    return errata_check


def _near(problem, response, verdict):
    said = verdict.extracted or ""
    near = said.isdecimal() and len(said) < 10 and abs(int(said) - int(problem.answer)) < 10
    return "right" if near else None


def _never_wrong(problem, response, verdict):
    unsure = {"outcome": "undecided", "reason": "who knows"}
    return unsure if verdict.outcome == "wrong" else None


def _mute(problem, response, verdict):
    return {"outcome": "undecided", "explicit": False} if "know" in response else None


def _blank_is_stated(problem, response, verdict):
    return {"extracted": "", "explicit": True} if not response.strip() else None


def _in_company(self, problems, responses):
    found = Sums().errata_check(problems, responses)
    return [v.model_copy(update={"rule": f"one of {len(found)}"}) for v in found]


def _executed(problem, response, verdict):
    with suppress(SyntaxError, NameError, TypeError, ValueError, AttributeError, ArithmeticError):
        eval(response.split()[-1] if response.split() else "0")


def _endless(problem, response, verdict):
    while len(response) > 10_000:
        pass


def _raising(problem, response, verdict):
    int(verdict.extracted or "0")


def _leaving(problem, response, verdict):
    if response.startswith("####"):
        sys.exit(0)


def _verifying(passes: Callable[[int, Problem], bool]) -> Callable[..., object]:
    def errata_verify(self, candidate):
        made = candidate.body.problem
        off = sum(terms(made)) - int(made.answer)
        return None if passes(off, made) else Objection(reason="wrong-answer", detail="another")

    return errata_verify


def _drafted(self, draft):
    return plain_problem(draft).model_copy(update={"id": str(global_random.random())})


def _lenient_draft(self, draft):
    return Problem(id=draft_id(draft), question=draft.question or "?", answer=draft.answer or "?")


def _no_draft(self, draft):
    return Objection(reason="unreadable", detail="never")


def _set_order(self, problem):
    words = {"what", "is", "the", "sum", "of", "these", "two"}
    return Fingerprints(exact=" ".join([*words, str(terms(problem))]))


def _variant(make: Callable[..., object]) -> Callable[..., object]:
    def errata_variant(self, problem, random):
        return make(problem, random)

    return errata_variant


def _guessed(problem, random):
    made = Sums().errata_variant(problem, random)
    if isinstance(made, Objection):
        return made
    return made.model_copy(update={"solution": "Answer: 7"})


# Name of the fault → (the hook, its faulty version, the one test that catches it).
FAULTS: dict[str, tuple[str, Callable[..., object], str]] = {
    "a misspelt hook": ("errata_varient", _misspelt, "it_registers_as_a_domain"),
    "ids twice": ("errata_problems", _twice, "problems_can_be_used"),
    "any source will do": ("errata_problems", _any_source, "problems_can_be_used"),
    "no problems": ("errata_problems", _no_problems, "problems_can_be_used"),
    "problems of the global generator": (
        "errata_problems",
        _unseeded,
        "results_are_equal_under_a_fixed_seed",
    ),
    "guidance is dropped": (
        "errata_target_prompt",
        _prompt(_bare),
        "every_prompt_renders_on_every_problem",
    ),
    "a question is not shown": (
        "errata_target_prompt",
        _prompt(_by_parity),
        "every_prompt_renders_on_every_problem",
    ),
    "no demonstration": (
        "errata_target_prompt",
        _prompt(lambda p, d, last: [("user", last)]),
        "every_prompt_renders_on_every_problem",
    ),
    "demonstrations differ": (
        "errata_target_prompt",
        _prompt(_unlike),
        "every_prompt_renders_on_every_problem",
    ),
    "the assistant has the last word": (
        "errata_target_prompt",
        _prompt(lambda p, d, last: [*_shown(p, d, last), ("assistant", "Well,")]),
        "every_prompt_renders_on_every_problem",
    ),
    "stops after the first digit": (
        "errata_target_prompt",
        _prompt(_shown, r"Answer: \d"),
        "stop_patterns_leave_answers_whole",
    ),
    "a stop pattern that is none": (
        "errata_target_prompt",
        _prompt(_shown, r"Answer: ("),
        "stop_patterns_leave_answers_whole",
    ),
    "a reference is refused": (
        "errata_check",
        _judging(lambda p, r, v: "wrong" if p.id == "3" else None),
        "reference_answers_are_right",
    ),
    "answers do not count as stated": (
        "errata_check",
        _judging(lambda p, r, v: {"explicit": False}),
        "reference_answers_are_right",
    ),
    "nearly is enough": ("errata_check", _judging(_near), "changed_answers_are_not_right"),
    "never wrong": ("errata_check", _judging(_never_wrong), "verdicts_are_three_valued"),
    "undecided without a reason": ("errata_check", _judging(_mute), "verdicts_are_three_valued"),
    "nothing is an answer": (
        "errata_check",
        _judging(_blank_is_stated),
        "verdicts_are_three_valued",
    ),
    "verdicts depend on the batch": ("errata_check", _in_company, "verdicts_are_three_valued"),
    "responses are executed": ("errata_check", _judging(_executed), "odd_responses_do_no_harm"),
    "an endless loop": ("errata_check", _judging(_endless), "odd_responses_do_no_harm"),
    "an exception": ("errata_check", _judging(_raising), "odd_responses_do_no_harm"),
    "an exit": ("errata_check", _judging(_leaving), "odd_responses_do_no_harm"),
    "blank steps": (
        "errata_steps",
        lambda self, problem, solution: [*solution.split("\n"), ""],
        "solutions_have_steps",
    ),
    "a guessed variant": ("errata_variant", _variant(_guessed), "variants_are_right"),
    "the same again": (
        "errata_variant",
        _variant(lambda p, r: p.model_copy(update={"id": "new"})),
        "variants_are_right",
    ),
    "never a variant": (
        "errata_variant",
        _variant(lambda p, r: Objection(reason="no-variant", detail="not today")),
        "variants_are_right",
    ),
    "no reason why there is no variant": (
        "errata_variant",
        _variant(lambda p, r: Objection(reason="no-variant")),
        "variants_are_right",
    ),
    "variants of the global generator": (
        "errata_variant",
        _variant(lambda p, r: Sums().errata_variant(p, global_random.Random())),
        "results_are_equal_under_a_fixed_seed",
    ),
    "one term is the whole fingerprint": (
        "errata_fingerprints",
        lambda self, problem: Fingerprints(exact=str(terms(problem)[0])),
        "fingerprints_tell_problems_apart",
    ),
    "the id is the fingerprint": (
        "errata_fingerprints",
        lambda self, problem: Fingerprints(exact=problem.id),
        "fingerprints_tell_problems_apart",
    ),
    "a reference is objected to": (
        "errata_verify",
        _verifying(lambda off, p: off == 0 and p.id != "3"),
        "recomputation_accepts_references",
    ),
    "nearly is recomputed": (
        "errata_verify",
        _verifying(lambda off, p: abs(off) < 10),
        "recomputation_objects_to_planted_errors",
    ),
    "ids of drafts change": ("errata_problem", _drafted, "drafts_become_problems"),
    "empty drafts become problems": ("errata_problem", _lenient_draft, "drafts_become_problems"),
    "no draft becomes a problem": ("errata_problem", _no_draft, "drafts_become_problems"),
}


def broken(fault: str) -> type:
    """The domain with one fault."""
    hook, faulty, _ = FAULTS[fault]
    return type("Broken", (Sums,), {hook: hookimpl(faulty), "__qualname__": f"broken.{fault}"})


class Unordered(Sums):
    """Under a name by which a fresh interpreter finds it: nothing else shows this fault."""

    errata_fingerprints = hookimpl(_set_order)
