"""The tasks of reasoning-gym through the hooks: sources, verifiers, what is left out and why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from errata.domain import Domain
from errata.errors import ProblemsError
from errata.plugins import Active
from errata.records import QA, Candidate, Lineage, Objection, Problem
from errata.seeds import stream
from errata_logic.plugin import LogicDomain, LogicOptions
from errata_logic.tasks import LEFT_OUT, available, made, tasks_of
from house.checkout import ROOT

DATA = ROOT / "../shared/data"


def logic(**options: float) -> Domain:
    return Domain("logic", Active({"logic": LogicDomain(LogicOptions(**options))}))


def some(source: str, count: int, seed: int = 0) -> list[Problem]:
    return list(islice(logic().problems(source, "train", seed), count))


@pytest.mark.slow
@pytest.mark.parametrize("task", available())
def test_the_own_answer_of_a_task_is_right(task):
    domain = logic()
    first, second = some(f"gym:{task}", 2)
    for problem in (first, second):
        again = Problem.model_validate_json(problem.model_dump_json())
        prompt = domain.target_prompt(again)
        assert problem.question.strip() in prompt.messages[0].content
        [found] = domain.check([again], [problem.solution])
        assert (found.outcome, found.explicit) == ("right", True), found
        [nothing] = domain.check([again], ["I do not know."])
        assert nothing.outcome != "right" or not nothing.explicit
        candidate = Candidate(
            id="c", wave=0, body=QA(problem=again), lineage=Lineage(strategy="test")
        )
        assert domain.verify(candidate) is None
    variant = domain.variant(first, stream(0, "variant"))
    if isinstance(variant, Objection):
        assert "hardly any others" in variant.detail
        return
    assert (variant.kind, variant.data["settings"]) == (first.kind, first.data["settings"])
    [found] = domain.check([variant], [variant.solution])
    assert found.outcome == "right"


def test_what_is_left_out_exists_and_is_named_with_its_reason():
    from reasoning_gym.factory import DATASETS

    assert set(LEFT_OUT) <= set(DATASETS)
    assert len(available()) == len(DATASETS) - len(LEFT_OUT) >= 80
    with pytest.raises(ProblemsError, match="'codeio' is left out: it executes programs"):
        some("gym:codeio", 1)
    with pytest.raises(ProblemsError, match=r"no task 'leg_count'; available: .*leg_counting"):
        some("gym:leg_count", 1)


def test_no_verifier_of_an_allowed_task_evaluates_an_answer():
    """Every call of ``eval`` and ``parse_expr`` in the library stands in a task that is left out, or
    evaluates what the library itself wrote."""
    import reasoning_gym

    own = {"gsm_symbolic", "number_sorting", "bitwise_arithmetic", "basic_arithmetic", "bf"}
    folder = Path(reasoning_gym.__file__).parent
    callers = {
        next(part for part in (path.parent.name, path.stem) if part in {*LEFT_OUT, *own, path.stem})
        for path in folder.rglob("*.py")
        if "contrib" not in path.parts
        for line in path.read_text(encoding="utf-8").splitlines()
        if " eval(" in line or "(eval(" in line or "parse_expr(" in line or "exec(" in line
    }
    assert callers - own <= set(LEFT_OUT), callers


def test_answers_that_would_do_something_do_nothing(tmp_path):
    canary = tmp_path / "executed"
    harm = f"__import__('pathlib').Path({str(canary)!r}).touch()"
    names = ["number_sorting", "bitwise_arithmetic", "basic_arithmetic", "polynomial_equations"]
    for problem in some(f"gym:{','.join(names)}", 8):
        logic().check([problem] * 2, [f"Answer: {harm}", f"Answer: [{harm}]"])
    assert not canary.exists()


def test_tasks_take_turns_with_their_settings():
    found = some("gym:chain_sum?max_terms=2&max_digits=1,leg_counting@0", 6)
    assert [p.kind for p in found] == ["chain_sum", "leg_counting"] * 3
    assert all(len(p.question.split("State")[-1]) < 120 for p in found[::2])
    assert json.loads(str(found[0].data["settings"])) == {"max_digits": 1, "max_terms": 2}
    easy, hard = (json.loads(tasks_of(f"gym:chain_sum@{n}")[0].settings) for n in (0, 3))
    assert easy["max_terms"] < hard["max_terms"]
    assert some("gym:chain_sum", 3, seed=1) != some("gym:chain_sum", 3, seed=2)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("gym:", "is no task"),
        ("gym:chain_sum?max_termz=2", "max_termz"),
        ("gym:chain_sum?min_terms=5&max_terms=2", "max_terms must be >= min_terms"),
        ("gym:chain_sum?seed=3", "not seed or size"),
        ("gym:gsm_symbolic@1", "has no levels"),
        ("riddles", "there are gym:TASK"),
    ],
)
def test_a_source_that_cannot_be(source, said):
    with pytest.raises(ProblemsError, match=said):
        some(source, 1)


def test_the_threshold_is_the_rule():
    [problem] = some("gym:word_sorting?min_words=4&max_words=4", 1)
    half = "Answer: " + problem.answer.replace(",", ", and", 1)
    made_again = made(tasks_of("gym:word_sorting?min_words=4&max_words=4")[0], problem.data["seed"])  # type: ignore[arg-type]  # an int
    score = made_again.score(half.removeprefix("Answer: "))
    for threshold in (0.005, 0.5, 1.0):
        [found] = logic(threshold=threshold).check([problem], [half])
        assert (found.outcome == "right") == (score >= threshold)


def test_a_problem_of_another_version_is_undecided():
    [problem] = some("gym:chain_sum", 1)
    other = problem.model_copy(update={"question": "State the answer to 1 + 1."})
    [found] = logic().check([other], ["Answer: 2"])
    assert (found.outcome, "verifier raised" in found.reason) == ("undecided", True)


def test_problems_do_not_depend_on_the_hash_seed():
    program = (
        "from errata_logic.tasks import problems; from itertools import islice; import sys\n"
        "print([p.question for p in islice(problems(sys.argv[1], 'train', 0), 12)])"
    )
    source = "gym:chain_sum,word_ladder,word_sorting,zebra_puzzles,knights_knaves,syllogism"
    printed = {
        subprocess.run(
            [sys.executable, "-c", program, source],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(printed) == 1


@pytest.mark.parametrize("name", ["folio.validation", "prontoqa.dev", "logicaldeduction.dev"])
def test_rows_of_published_sets(name):
    path = DATA / f"logic.{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not here: these sets are not shipped")
    domain = logic()
    rows = list(domain.problems(str(path), "test", 0))
    right = domain.check(rows, [f"So it is.\nAnswer: {p.answer}." for p in rows])
    assert {v.outcome for v in right} == {"right"}
    others = {a: next(p.answer for p in rows if p.answer != a) for a in {p.answer for p in rows}}
    wrong = domain.check(rows, [f"Answer: {others[p.answer]}" for p in rows])
    assert {v.outcome for v in wrong} == {"wrong"}
    if isinstance(rows[0].data.get("options"), list):
        texts = []
        for p in rows:
            options = p.data["options"]
            assert isinstance(options, list)
            texts.append(next(str(o) for o in options if str(o).startswith(p.answer)))
        for shown in (texts, [t.partition(")")[2] for t in texts]):
            found = domain.check(rows, [f"Answer: {t}" for t in shown])
            assert [v.outcome for v in found].count("right") == len(rows)
