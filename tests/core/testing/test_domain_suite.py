"""The conformance suite of domains: sound ones pass, and each fault is caught by exactly one test."""

from __future__ import annotations

import sys

import pytest

from conforming.running import failed, outcomes
from conforming.sums import FAULTS, Sums, Unordered, broken
from errata.hooks import hookimpl
from errata.records import Message, TargetPrompt, Verdict
from errata.testing import DomainSuite


class TestSums(DomainSuite):
    """A sound domain that answers every hook."""

    domain = Sums
    source = "sums"


def suite_of(domain: type, **attributes: object) -> type:
    """A suite for ``domain`` that is quick: fewer odd responses, less patience."""
    quick = {"domain": domain, "source": "sums", "limit": 12, "fuzzed": 120, "patience": 2.0}
    return type("Suite", (DomainSuite,), {**quick, **attributes})


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_caught_by_one_test(fault):
    found = failed(suite_of(broken(fault)))
    assert list(found) == [f"test_{FAULTS[fault][2]}"], found
    [said] = found.values()
    lines = said.strip().splitlines()
    assert lines[0].startswith("expected: ")
    assert any(line.startswith("found:    ") for line in lines)
    assert lines[-1].startswith("change:   ")


def test_the_order_of_a_set_is_found_out():
    assert list(failed(suite_of(Unordered))) == ["test_results_are_equal_under_a_fixed_seed"]


TEMPLATES = {
    "asks for what is not on offer": "[user]\n{{ question }} {{ hint }}",
    "cannot be rendered": "[user]\n{{ question.nothing.at.all }}",
    "is no template": "[user]\n{{ question",
    "does not show the question": "[user]\n{% if question == '' %}{{ question }}{% endif %}Well?",
}


@pytest.mark.parametrize("what", TEMPLATES)
def test_a_template_that(what, tmp_path):
    path = tmp_path / "analysis.md"
    path.write_text(TEMPLATES[what])

    class Prompting(Sums):
        @hookimpl
        def errata_prompt(self, purpose):
            return path if purpose == "analysis" else None

    found = failed(suite_of(Prompting))
    assert list(found) == ["test_templates_render_and_read_replies"]
    assert str(path) in next(iter(found.values()))


def test_a_template_that_is_not_there(tmp_path):
    class Prompting(Sums):
        @hookimpl
        def errata_prompt(self, purpose):
            return tmp_path / "nothing.md" if purpose == "analysis" else None

    assert list(failed(suite_of(Prompting))) == ["test_templates_render_and_read_replies"]


@pytest.mark.parametrize("where", ["at the top", "in the options", "in the parts"])
def test_a_heavy_import_is_found(where, tmp_path, monkeypatch):
    name = f"heavy_{where.replace(' ', '_')}"
    made = {
        "at the top": "import sympy\n\n\nclass Heavy(Sums):\n    pass\n",
        "in the options": "class Heavy(Sums):\n    def __init__(self):\n        import sympy\n",
        "in the parts": "class Heavy(Sums):\n    @hookimpl\n    def errata_parts(self):\n"
        "        import sympy\n        return []\n",
    }
    text = f"from conforming.sums import Sums\nfrom errata.hooks import hookimpl\n{made[where]}"
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    heavy = __import__(name).Heavy
    with pytest.raises(AssertionError, match=f"{name}:Heavy imports sympy"):
        suite_of(heavy)().test_its_module_imports_nothing_heavy()


class Small:
    """Two hooks, whole responses as answers: the smallest domain there is."""

    @hookimpl
    def errata_target_prompt(self, problem, demonstration, guidance):
        shown = [demonstration] if demonstration else []
        turns = [m for d in shown for m in (("user", d.question), ("assistant", d.answer))]
        turns.append(("user", f"{guidance or ''} {problem.question}".strip()))
        return TargetPrompt(messages=tuple(Message(role=r, content=c) for r, c in turns))

    @hookimpl
    def errata_check(self, problems, responses):
        return [
            Verdict(
                problem_id=p.id,
                outcome="right" if r.strip() == p.answer else "wrong",
                extracted=r.strip() or None,
            )
            for p, r in zip(problems, responses, strict=True)
        ]


def test_what_a_domain_leaves_out_is_skipped(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = ['{"question": "The plural of mouse?", "answer": "mice"}']
    path.write_text("\n".join([*rows, '{"question": "The plural of ox?", "answer": "oxen"}\n']))
    found = outcomes(suite_of(Small, source=str(path)))
    said = {name: text for name, text in found.items() if text}
    assert {text.split(":")[0] for text in said.values()} == {"skipped"}, said
    assert sorted(said) == [
        "test_recomputation_accepts_references",
        "test_recomputation_objects_to_planted_errors",
        "test_variants_are_right",
    ]


def test_a_suite_without_a_source_says_what_to_set():
    found = failed(suite_of(Sums, source=""))
    assert "set `source`" in found["test_problems_can_be_used"]


def test_domain_without_a_check():
    class Silent:
        errata_target_prompt = Sums.errata_target_prompt
        errata_problems = Sums.errata_problems

    found = failed(suite_of(Silent))
    assert "no errata_check" in found["test_it_registers_as_a_domain"]
