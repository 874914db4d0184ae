"""Roman numerals as a domain of errata: generated problems, a checker, a diagnoser."""

import re
from itertools import count

from errata.fingerprints import Fingerprints
from errata.hooks import hookimpl
from errata.parts import Part, Settings
from errata.records import Diagnosis, Message, Objection, Problem, TargetPrompt, Verdict
from errata.seeds import stream

SIGNS = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}
PAIRS = [(v, s) for s, v in SIGNS.items()] + [(900, "CM"), (400, "CD"), (90, "XC")]
PAIRS = sorted([*PAIRS, (40, "XL"), (9, "IX"), (4, "IV")], reverse=True)


def write(number):
    signs = ""
    for value, sign in PAIRS:
        signs, number = signs + sign * (number // value), number % value
    return signs


def read(signs):
    values = [SIGNS[s] for s in signs]
    return sum(-v if v < n else v for v, n in zip(values, [*values[1:], 0], strict=True))


def problem(number, name):
    question = f"Write {write(number)} as a number."
    solution = f"{' + '.join(write(number))} reads\n#### {number}"
    kind = "subtractive" if re.search("IV|IX|XL|XC|CD|CM", write(number)) else "additive"
    return Problem(id=name, question=question, answer=str(number), solution=solution, kind=kind)


class Roman:
    @hookimpl
    def errata_problems(self, source, split, seed):
        if source != "numerals":
            raise LookupError(f"no source {source!r}; available: numerals")
        random = stream(seed, "roman", split)
        return (problem(random.randint(1, 3999), f"{split}/{n}") for n in count())

    @hookimpl
    def errata_target_prompt(self, problem, demonstration, guidance):
        turns = []
        if demonstration:
            turns = [("user", demonstration.question), ("assistant", demonstration.solution)]
        turns.append(("user", f"{guidance or ''}{problem.question}"))
        return TargetPrompt(messages=[Message(role=r, content=c) for r, c in turns])

    @hookimpl
    def errata_check(self, problems, responses):
        found = [re.search(r"#### (\d+)", response) for response in responses]
        return [
            Verdict(
                problem_id=p.id,
                outcome="right" if f and f[1] == p.answer else "wrong",
                extracted=f[1] if f else None,
                explicit=bool(f),
            )
            for p, f in zip(problems, found, strict=True)
        ]

    @hookimpl
    def errata_variant(self, problem, random):
        number = random.randint(1, 3999)
        return (
            _named(number, problem.id)
            if number != read(_signs(problem))
            else Objection(reason="no-variant", detail="the same number was drawn")
        )

    @hookimpl
    def errata_fingerprints(self, problem):
        return Fingerprints(exact=_signs(problem))

    @hookimpl
    def errata_verify(self, candidate):
        made = candidate.body.problem
        if str(read(_signs(made))) != made.answer:
            return Objection(reason="wrong-answer", detail=f"{_signs(made)} is not {made.answer}")
        return None

    @hookimpl
    def errata_parts(self):
        return [Part(name="roman", kind="diagnoser", settings=Settings, make=lambda s, v: self)]

    async def diagnose(self, case):
        kind = "a subtractive pair" if case.problem.kind == "subtractive" else "a plain sum"
        return Diagnosis(problem_id=case.problem.id, keyphrase=f"misread {kind}", step=1)


def _signs(problem):
    return problem.question.split()[1]


def _named(number, parent):
    return problem(number, f"{parent}~{number}")
