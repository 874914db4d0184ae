"""The active domain: its defaults, and what is said when a hook returns something odd."""

from __future__ import annotations

from random import Random

import pytest

from errata.domain import Domain
from errata.errors import ExtensionError, ProblemsError, StorageFull, boundary
from errata.hooks import hookimpl
from errata.plugins import Active
from errata.records import (
    QA,
    Candidate,
    Lineage,
    Message,
    Objection,
    Problem,
    TargetPrompt,
    Verdict,
)

PROBLEM = Problem(id="1", question="A  Question, of 12 and 3.5?", answer="a")
CANDIDATE = Candidate(id="c", wave=0, body=QA(problem=PROBLEM), lineage=Lineage(strategy="s"))


class Least:
    """No hook but the two that must be."""

    @hookimpl
    def errata_target_prompt(self, problem):
        return TargetPrompt(messages=(Message(role="user", content=problem.question),))

    @hookimpl
    def errata_check(self, problems, responses):
        return [Verdict(problem_id=p.id, outcome="undecided") for p in problems]


def _domain(plugin: object) -> Domain:
    return Domain("odd", Active({"odd": plugin}))


def test_defaults(tmp_path):
    domain = _domain(Least())
    assert domain.steps(PROBLEM, "one\n\n  two \n") == ["one", "two"]
    variant = domain.variant(PROBLEM, Random(0))
    assert isinstance(variant, Objection)
    assert variant.reason == "no-variant"
    assert domain.verify(CANDIDATE) is None
    prints = domain.fingerprints(PROBLEM)
    assert prints.exact == "a question of 12 and 3.5"
    assert prints.template == "a question of # and #"
    path = tmp_path / "p.jsonl"
    path.write_text('{"question": "q", "answer": "a"}\n')
    assert [p.id for p in domain.problems(str(path), "train", 0)] == ["p.jsonl/1"]
    with pytest.raises(ProblemsError, match="source 'x', split 'train': not a known name"):
        next(domain.problems("x", "train", 0))


@pytest.mark.parametrize("odd", ["text", 5, ("a",), Random])
@pytest.mark.parametrize(
    ("hook", "call"),
    [
        ("errata_target_prompt", lambda d: d.target_prompt(PROBLEM)),
        ("errata_variant", lambda d: d.variant(PROBLEM, Random(0))),
        ("errata_fingerprints", lambda d: d.fingerprints(PROBLEM)),
        ("errata_verify", lambda d: d.verify(CANDIDATE)),
    ],
)
def test_odd_answers_are_named(hook, call, odd):
    plugin = type("Odd", (), {hook: hookimpl(lambda self: odd)})()
    with pytest.raises(
        ExtensionError, match=f"domain odd: {hook} returned {type(odd).__name__}, not "
    ):
        call(_domain(plugin))


@pytest.mark.parametrize("odd", [["text"], [None], []])
def test_odd_verdicts_and_problems_are_named(odd):
    class Odd:
        @hookimpl
        def errata_check(self, problems):
            return odd

        @hookimpl
        def errata_problems(self):
            return iter(odd)

    with pytest.raises(ExtensionError, match="domain odd: errata_check "):
        _domain(Odd()).check([PROBLEM], ["r"])
    if odd:
        with pytest.raises(ExtensionError, match=r"errata_problems returned .*, not Problem"):
            next(_domain(Odd()).problems("x", "y", 0))


@pytest.mark.parametrize("hook", ["errata_check", "errata_target_prompt", "errata_steps"])
def test_raising_hooks_are_attributed(hook):
    def raises(self):
        raise ZeroDivisionError("slip")

    domain = _domain(type("Raises", (), {hook: hookimpl(raises)})())
    calls = {
        "errata_check": lambda: domain.check([PROBLEM], ["r"]),
        "errata_target_prompt": lambda: domain.target_prompt(PROBLEM),
        "errata_steps": lambda: domain.steps(PROBLEM, "s"),
    }
    with pytest.raises(
        ExtensionError, match=rf"domain odd failed while .*\({hook}\).*slip"
    ) as caught:
        calls[hook]()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("error", [KeyError("k"), ValueError("v"), FileNotFoundError("f")])
def test_a_source_that_raises_is_the_users_to_mend_and_anything_else_the_domains(error):
    class Raises:
        def __init__(self, error: Exception) -> None:
            self.error = error

        @hookimpl
        def errata_problems(self):
            yield PROBLEM
            raise self.error

    with pytest.raises(ProblemsError, match="source 's', split 't': "):
        list(_domain(Raises(error)).problems("s", "t", 0))
    with pytest.raises(ExtensionError, match="domain odd failed while reading problems"):
        list(_domain(Raises(TypeError("x"))).problems("s", "t", 0))


def test_the_boundary_knows_a_full_disk():
    with (
        pytest.raises(StorageFull, match=r"trainer x, training: .*errata resume"),
        boundary("trainer x", "training"),
    ):
        raise OSError(28, "No space left on device")
    with pytest.raises(KeyboardInterrupt), boundary("x", "y"):
        raise KeyboardInterrupt
