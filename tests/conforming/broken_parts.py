"""Parts that are broken in one way each, and a sound one of every kind to break."""

from __future__ import annotations

import dataclasses
import itertools
import random

from pydantic import ConfigDict

from errata.calls.settings import InstructorSettings
from errata.calls.wire import Reply, Unanswered
from errata.hooks import hookimpl
from errata.parts import Grouping, Part, Services, Settings, Verifier
from errata.records import (
    QA,
    Assignment,
    Candidate,
    Diagnosis,
    ErrorType,
    Generation,
    Lineage,
    Objection,
    Proposal,
    Selection,
)
from errata.testing import (
    DiagnoserSuite,
    EmbedderSuite,
    GrouperSuite,
    InstructorSuite,
    SelectorSuite,
    StrategySuite,
    TargetSuite,
    TrainerSuite,
    VerifierSuite,
)
from errata.testing.part_bench import addition


def wrapped(problem) -> Candidate:
    lineage = Lineage(strategy="test", parents=(problem.id,))
    return Candidate(id=problem.id, wave=0, body=QA(problem=problem), lineage=lineage)


# --- broken parts -----------------------------------------------------------------------------------


class Loose(Settings):
    model_config = ConfigDict(frozen=True, extra="allow")


class Mute(Settings):
    size: int = 1


def plugin_of(kind: str, make: object, settings: type[Settings] = Settings, **more: object) -> type:
    class Broken:
        @hookimpl
        def errata_parts(self):
            part = Part(
                name="mine", kind=kind, settings=settings, make=lambda s, services: make(services)
            )
            return [dataclasses.replace(part, **more)]

    return Broken


class Phrase:
    def __init__(self, services: Services) -> None:
        self.seen = 0

    async def diagnose(self, case):
        return Diagnosis(problem_id=case.problem.id, keyphrase="slips", step=1)


class Counting(Phrase):
    async def diagnose(self, case):
        self.seen += 1
        return Diagnosis(problem_id=case.problem.id, keyphrase=f"slips the {self.seen}th time")


class Silent(Phrase):
    async def diagnose(self, case):
        return Diagnosis(problem_id=case.problem.id, keyphrase="")


class FarStep(Phrase):
    async def diagnose(self, case):
        return Diagnosis(problem_id=case.problem.id, keyphrase="slips", step=99)


class Reading(Phrase):
    async def diagnose(self, case):
        said = case.attempt.text.split("Answer: ")[1]
        return Diagnosis(problem_id=case.problem.id, keyphrase=f"{len(said)} letters")


class Blocking(Phrase):
    def diagnose(self, case):
        return Diagnosis(problem_id=case.problem.id, keyphrase="slips")


class OneGroup:
    def __init__(self, services: Services, types: tuple[str, ...] = ("a",)) -> None:
        self.types = types

    async def group(self, diagnoses):
        given = [
            Assignment(attempt_id=d.attempt_id, problem_id=d.problem_id, types=self.types[:1])
            for d in diagnoses
        ]
        return Grouping([ErrorType(id="a", name="A", count=len(given))] if given else [], given)


class Elsewhere(OneGroup):
    async def group(self, diagnoses):
        found = await super().group(diagnoses)
        gone = [a.model_copy(update={"types": ("b",)}) for a in found.assignments]
        return Grouping([], gone)


class Torn(OneGroup):
    async def group(self, diagnoses):
        given = [
            Assignment(attempt_id=d.attempt_id, problem_id=d.problem_id, types=(f"t{n % 7}",))
            for n, d in enumerate(diagnoses)
        ]
        used = [a.types[0] for a in given]
        types = [ErrorType(id=t, name=t, count=used.count(t)) for t in sorted(set(used))]
        return Grouping(types, given)


class Again:
    def __init__(self, services: Services, extra: int = 0) -> None:
        self.extra = extra

    def proposal(self, wave, number):
        new = addition(number, 1, f"new{number}")
        lineage = Lineage(strategy="mine", error_type=wave.error_type.id)
        return Proposal(body=QA(problem=new), lineage=lineage)

    async def propose(self, wave):
        count = wave.count + self.extra if wave.cases else 0
        return [self.proposal(wave, n) for n in range(count)]


class Untyped(Again):
    def proposal(self, wave, number):
        found = super().proposal(wave, number)
        return found.model_copy(update={"lineage": Lineage(strategy="mine")})


class Global(Again):
    def proposal(self, wave, number):
        return super().proposal(wave, random.getrandbits(40))


class FromNothing(Again):
    async def propose(self, wave):
        return [self.proposal(wave, 1)]


class Never(Verifier):
    def __init__(self, services: Services) -> None: ...


class Always(Never):
    async def verify(self, candidate):
        return Objection(reason="refused", detail="on principle")


class Keeps:
    def __init__(self, services: Services) -> None: ...

    def select(self, candidates, cases, memo):
        return [
            Selection(candidate_id=c.id, rank=n, kept=True) for n, c in enumerate(candidates, 1)
        ]


class Loses(Keeps):
    def select(self, candidates, cases, memo):
        return super().select(candidates[1:], cases, memo)


class Counts(Keeps):
    def select(self, candidates, cases, memo):
        seen = int(memo.get("seen") or 0)
        memo.put("seen", seen + 1)
        found = super().select(candidates, cases, memo)
        return [s.model_copy(update={"score": float(seen)}) for s in found]


class Speaks:
    name, batch_size = "mine", 4

    def __init__(self, services: Services) -> None: ...

    def use(self, checkpoint): ...

    def generate(self, prompts):
        return [Generation(text="Answer: 1", finish="stop") for _ in prompts]


class Forgets(Speaks):
    def generate(self, prompts):
        return super().generate(prompts[1:])


class Embeds:
    turns = itertools.count()

    def __init__(self, services: Services) -> None: ...

    def embed(self, texts):
        return [[1.0, 0.0] if len(text) % 2 else [0.0, 1.0] for text in texts]


class LongVectors(Embeds):
    def embed(self, texts):
        return [[2 * x for x in row] for row in super().embed(texts)]


class Writes:
    def __init__(self, services: Services) -> None: ...

    def train(self, examples, start, into):
        (into / "weights").write_text(str(len(examples)))
        return {"loss": 0.5}


class Nothing(Writes):
    def train(self, examples, start, into):
        return {"loss": 0.5}


class Overwrites(Writes):
    def train(self, examples, start, into):
        if start:
            (start / "weights").write_text("gone")
        return super().train(examples, start, into)


class Rolls(Writes):
    def train(self, examples, start, into):
        return super().train(examples, start, into) | {"loss": random.random()}


class Talks:
    """Sound: it says what it was asked, and works again after it was closed."""

    takes_schema, prices = False, None

    def __init__(self, services: Services) -> None:
        self.own = InstructorSettings(model="mine")

    def request(self, messages, schema, sampling, replica):
        return self.own.request(messages, schema, sampling, replica)

    async def complete(self, request):
        return Reply(request.messages[-1].content)

    async def close(self): ...


class Forgetful(Talks):
    """A second asking would be answered from the ledger with the first one's reply."""

    def request(self, messages, schema, sampling, replica):
        return super().request(messages, schema, sampling, 0)


class Bare(Talks):
    async def complete(self, request):
        return request.messages[-1].content


class Closed(Talks):
    """Its connection does not outlive the first event loop."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.open = True

    async def complete(self, request):
        if not self.open:
            raise Unanswered("the session is closed")
        return await super().complete(request)

    async def close(self):
        self.open = False


def planting(self):
    return [wrapped(addition(1, 2, "planted").model_copy(update={"answer": "4"}))]


BROKEN = {
    DiagnoserSuite: {
        Counting: "diagnoses_are_the_same_every_time",
        Silent: "every_case_is_diagnosed",
        FarStep: "every_case_is_diagnosed",
        Reading: "odd_attempts_are_survived",
    },
    GrouperSuite: {
        Elsewhere: "every_diagnosis_is_assigned",
        Torn: "equal_phrases_are_of_one_type",
    },
    StrategySuite: {
        Untyped: "proposals_are_sound",
        Global: "proposals_depend_on_the_wave_alone",
        FromNothing: "waves_come_to_an_end",
    },
    VerifierSuite: {
        Never: "planted_candidates_are_objected_to",
        Always: "sound_candidates_pass",
    },
    SelectorSuite: {
        Counts: "selections_are_the_same_every_time",
    },
    TargetSuite: {Forgets: "generations_are_in_order_and_the_same"},
    InstructorSuite: {
        Forgetful: "requests_say_what_determines_the_reply",
        Bare: "it_replies_and_can_be_closed_and_asked_again",
        Closed: "it_replies_and_can_be_closed_and_asked_again",
    },
    EmbedderSuite: {LongVectors: "vectors_are_of_length_one"},
    TrainerSuite: {
        Nothing: "a_checkpoint_is_written",
        Overwrites: "a_checkpoint_is_written",
        Rolls: "training_is_the_same_every_time",
    },
}
SOUND = {
    DiagnoserSuite: Phrase,
    GrouperSuite: OneGroup,
    StrategySuite: Again,
    SelectorSuite: Keeps,
    TargetSuite: Speaks,
    InstructorSuite: Talks,
    EmbedderSuite: Embeds,
    TrainerSuite: Writes,
}
