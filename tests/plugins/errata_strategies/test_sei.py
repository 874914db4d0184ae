"""The strategy ``sei``: what it shows, what it asks for, and what becomes of replies."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random

import pytest
from pydantic import ValidationError

from errata.calls.typed import Answer
from errata.drafts import Draft, plain_problem
from errata.parts import Wave
from errata.prompting import Prompts, Template
from errata.records import (
    QA,
    Attempt,
    BadCase,
    Candidate,
    ErrorType,
    Lineage,
    Objection,
    Problem,
    Verdict,
)
from errata_strategies.drafting import Drafts, Unreadable
from errata_strategies.sei import SIMILAR, Sei, SeiSettings

TYPE = ErrorType(id="slips", name="Slips", description="It slips.", keyphrases=("slipped", "fell"))


class PlainDomain:
    """A domain without hooks of its own."""

    def problem(self, draft):
        return plain_problem(draft)


@dataclass
class Asking:
    """``Services`` as far as the strategy uses them; ``reply`` answers every prompt."""

    reply: object
    asked: list = field(default_factory=list)
    domain: PlainDomain = field(default_factory=PlainDomain)
    prompts: Prompts = field(
        default_factory=lambda: Prompts({"similar": Template(SIMILAR.template.read_text())})
    )

    async def ask(self, prompt):
        self.asked.append(prompt)
        return self.reply(prompt) if callable(self.reply) else self.reply


def problem(name):
    return Problem(id=name, question=f"Question {name}?", answer="1", solution=f"Solved {name}.")


def case(name):
    attempt = Attempt(
        id=f"base:{name}", problem_id=name, checkpoint="base", text="x", finish="stop"
    )
    verdict = Verdict(problem_id=name, outcome="wrong")
    return BadCase(problem=problem(name), attempt=attempt, verdict=verdict)


def wave(cases=12, accepted=0, count=50, number=0):
    done = [
        Candidate(
            id=f"c{n}",
            wave=0,
            body=QA(problem=problem(f"made-{n}")),
            lineage=Lineage(strategy="sei"),
        )
        for n in range(accepted)
    ]
    shown = [case(f"bad-{n}") for n in range(cases)]
    return Wave(TYPE, number, count, shown, done, Random(number))


def drafts(count):
    entries = [{"question": f"Q{n}?", "solution": "s", "answer": str(n)} for n in range(count)]
    return Answer(Drafts.model_validate({"problems": entries}), model="m", usd=0.5)


def proposed(services, asked, **settings):
    return asyncio.run(Sei(SeiSettings(**settings), services).propose(asked))


@pytest.mark.parametrize(
    ("cases", "accepted", "bad_shown", "made_shown"),
    [(12, 0, 8, 0), (12, 2, 8, 0), (12, 3, 5, 3), (12, 9, 5, 3), (2, 9, 2, 3), (1, 0, 1, 0)],
)
def test_five_bad_cases_and_three_accepted_or_eight_bad_cases(
    cases, accepted, bad_shown, made_shown
):
    services = Asking(drafts(20))
    proposed(services, wave(cases, accepted, count=20))
    [prompt] = services.asked
    text = prompt.messages[-1].content
    assert text.count("Question bad-") == bad_shown
    assert text.count("Question made-") == made_shown
    assert "Slips" in text
    assert "slipped; fell" in text
    assert "Write 20 new problems" in text


def test_calls_of_twenty_with_streams_of_their_own():
    services = Asking(lambda prompt: drafts(20))
    found = proposed(services, wave(count=50))
    assert [prompt.messages[-1].content.count("Write 10 new") for prompt in services.asked] == [
        0,
        0,
        1,
    ]
    assert len(found) == 50
    assert len({prompt.replica for prompt in services.asked}) == 3
    assert all(prompt.sampling == {"temperature": 1.0} for prompt in services.asked)
    again = Asking(lambda prompt: drafts(20))
    assert proposed(again, wave(count=50)) == found
    assert again.asked == services.asked
    other = Asking(drafts(20))
    proposed(other, wave(count=50, number=1))
    assert not {p.replica for p in other.asked} & {p.replica for p in services.asked}


def test_more_than_asked_for_is_cut_and_fewer_is_fine():
    assert len(proposed(Asking(drafts(30)), wave(count=20))) == 20
    assert len(proposed(Asking(drafts(3)), wave(count=20))) == 3
    assert proposed(Asking(drafts(3)), wave(cases=0)) == []


def test_lineage():
    found = proposed(Asking(drafts(4)), wave(count=4))
    lineage = found[0].lineage
    assert (lineage.strategy, lineage.error_type, lineage.model) == ("sei", "slips", "m")
    assert lineage.cost == 0.125
    assert len(lineage.parents) == 8
    assert lineage.prompt_hash == Template(SIMILAR.template.read_text()).digest


@pytest.mark.parametrize("lack", ["unanswered", "refused", "over-length", "unreadable"])
def test_a_failed_reply_is_an_objection(lack):
    [found] = proposed(Asking(Answer(None, failure="why", lack=lack)), wave(count=20))
    assert isinstance(found, Objection)
    assert (found.reason, found.detail, found.by) == (lack, "why", "sei")


def test_a_broken_draft_spoils_no_other():
    entries = [{"question": "Q?", "solution": "s", "answer": "1"}, {"question": "no"}, 7, None]
    reply = Drafts.model_validate({"problems": [*entries, {**entries[0], "answer": " "}]})
    found = proposed(Asking(Answer(reply)), wave(count=20))
    assert [getattr(f, "reason", "proposal") for f in found] == ["proposal"] + ["unreadable"] * 4
    assert "solution: Field required" in found[1].detail


def test_the_schema_that_is_sent_knows_drafts_only():
    schema = Drafts.model_json_schema()
    assert set(schema["$defs"]) == {"Draft"}
    with pytest.raises(ValidationError):
        Drafts.model_validate({"problems": []})
    assert isinstance(Drafts.model_validate({"problems": [3]}).problems[0], Unreadable)
    assert isinstance(
        Drafts.model_validate(
            {"problems": [{"question": "q", "solution": "", "answer": "1"}]}
        ).problems[0],
        Draft,
    )


def test_seeds_of_the_type_or_of_the_whole_pool():
    own, others = [case("bad-0"), case("bad-1")], [case(f"other-{n}") for n in range(30)]
    asked = Wave(TYPE, 0, 20, own, [], Random(0), [*own, *others])
    for seeds, shown, of_others in (("type", 2, 0), ("pool", 8, 6)):
        services = Asking(drafts(20))
        found = proposed(services, asked, seeds=seeds)
        text = services.asked[0].messages[-1].content
        assert text.count("Question bad-") + text.count("Question other-") == shown
        assert text.count("Question other-") >= of_others
        assert found[0].lineage.error_type == "slips"  # the quota stays the type's


def test_the_type_need_not_be_named():
    named, unnamed = Asking(drafts(20)), Asking(drafts(20))
    proposed(named, wave(count=20))
    proposed(unnamed, wave(count=20), show_type=False)
    for services, times in ((named, 1), (unnamed, 0)):
        text = services.asked[0].messages[-1].content
        assert [text.count(what) for what in ("Slips", "It slips.", "slipped; fell")] == [times] * 3
    assert unnamed.asked[0].messages[-1].content.startswith("Problems at which it was made")


def test_fewer_examples_a_call():
    services = Asking(drafts(5))
    assert len(proposed(services, wave(count=20), per_call=5, bad_cases=1, accepted=0)) == 20
    assert [p.messages[-1].content.count("Question bad-") for p in services.asked] == [1] * 4


def test_styles_are_instructions_of_their_own_calls():
    styles = {"usual": "", "steps": "one operation a line"}
    services = Asking(lambda prompt: drafts(20))
    found = proposed(services, wave(count=30), styles=styles)
    texts = [prompt.messages[-1].content for prompt in services.asked]
    told = [
        text.endswith("How every solution is to be worked: one operation a line") for text in texts
    ]
    assert told == [False, True]
    assert [text.count("Write 15 new") for text in texts] == [1, 1]
    assert [p.lineage.style for p in found] == [""] * 15 + ["steps"] * 15


def test_without_styles_prompts_are_as_they_were():
    plain, usual = Asking(lambda prompt: drafts(20)), Asking(lambda prompt: drafts(20))
    proposed(plain, wave(count=30))
    proposed(usual, wave(count=30), styles={"usual": ""})
    assert plain.asked == usual.asked
