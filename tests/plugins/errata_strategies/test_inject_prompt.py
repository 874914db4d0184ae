"""The strategy ``inject-prompt``: what it says, and that it makes nothing."""

from __future__ import annotations

from errata.parts import Guides
from errata.records import ErrorType, Problem
from scripted.asking import Bench, math_domain, wave

TYPES = [
    ErrorType(id="b", name="Adds for subtracts", description="Adds\n what goes away.", count=3),
    ErrorType(id="a", name="Forgets a step", count=9),
    ErrorType(id="c", name="Counts twice", count=3),
]


def guidance(**settings):
    strategy = Bench("inject-prompt", settings, None).strategy
    assert isinstance(strategy, Guides)
    return strategy.guidance(TYPES)


def test_the_commonest_types_first():
    opening, *lines = guidance().splitlines()
    assert opening.endswith(":")
    assert lines == [
        "- Forgets a step",
        "- Adds for subtracts: Adds what goes away.",
        "- Counts twice",
    ]


def test_switches():
    assert guidance(types=1, described=False, opening="Mind:", closing="Now:").splitlines() == [
        "Mind:",
        "- Forgets a step",
        "Now:",
    ]
    strategy = Bench("inject-prompt", {}, None).strategy
    assert strategy.guidance([]) == ""


def test_it_reaches_the_targets_prompt_and_proposes_nothing():
    asked = Problem(id="p", question="What is 2+3?", answer="5")
    prompt = math_domain().target_prompt(asked, None, guidance())
    text = prompt.messages[-1].content
    assert text.index("Forgets a step") < text.index("What is 2+3?")
    assert Bench("inject-prompt", {}, None).propose(wave(count=9)) == []
