"""A recipe against what is installed: every mistake at once."""

from __future__ import annotations

import pytest

from errata.errors import RecipeError
from errata.hooks import hookimpl
from errata.parts import Part, Settings
from errata.plugins import Installed
from errata.records import Message, TargetPrompt, Verdict


def _installed(name: str, factory: object, package: str = "") -> Installed:
    return Installed(name, f"mod_{name}:Plugin", package or f"pack-{name}", factory)  # type: ignore[arg-type]  # broken ones have none


class Minimal:
    """A whole domain."""

    @hookimpl
    def errata_target_prompt(self, problem):
        return TargetPrompt(messages=(Message(role="user", content=problem.question),))

    @hookimpl
    def errata_check(self, problems, responses):
        return [Verdict(problem_id=p.id, outcome="right") for p in problems]


def _mistakes(roman, tmp_path, *changes: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        roman.prepared(tmp_path / "run", changes)
    assert caught.value.exit_code == 2
    assert not (tmp_path / "run").exists()
    return caught.value.mistakes


def test_every_mistake_at_once(roman, tmp_path):
    mistakes = _mistakes(
        roman, tmp_path,
        "target.skil=1", "target.skill=2", "diagnose=romans", "train=sft", "plugins=[nothing]",
        "problems.test.source=letters", "synthesize.verify=[recomput]", "synthesize.totl=1",
    )  # fmt: skip
    assert [mistake.split(":")[0] for mistake in mistakes] == [
        "target.skill", "target.skil", "diagnose.use", "synthesize.totl", "train.use",
        "synthesize.verify.0.use", "plugins", "set test",
    ]  # fmt: skip
    assert "did you mean 'skill'" in mistakes[1]
    assert "did you mean 'total'" in mistakes[3]
    assert mistakes[-1] == (
        "set test: source 'letters', split 'test': no source 'letters'; available: numerals"
    )


def test_a_domain_that_is_none(roman, tmp_path):
    (mistake,) = _mistakes(roman, tmp_path, "domain=testing")
    assert mistake.startswith(
        "domain: plugin 'testing' is not a domain: it must answer errata_check"
    )
    (mistake,) = _mistakes(roman, tmp_path, "domain=romans")
    assert "no plugin 'romans' is installed (did you mean 'roman'?)" in mistake


def test_a_plugin_named_twice(roman, tmp_path):
    (mistake,) = _mistakes(roman, tmp_path, "plugins=[roman]")
    assert "'roman' stands twice" in mistake


def test_options_of_a_domain_without_any(roman, tmp_path):
    (mistake,) = _mistakes(roman, tmp_path, "domain.options={a: 1}")
    assert mistake == "domain.options: domain 'roman' has no options"


def test_a_verifier_named_twice(roman, tmp_path):
    (mistake,) = _mistakes(roman, tmp_path, "synthesize.verify=[leak, {use: leak, run: 5}]")
    assert mistake == "synthesize.verify: verifier 'leak' stands 2 times"


class Lacking:
    @hookimpl
    def errata_parts(self):
        return [
            Part(
                name="heavy", kind="trainer", settings=Settings, make=lambda s, v: None,
                requires=("no_such_library",), extra="heavy",
            ),
            Part(
                name="picky", kind="selector", settings=Settings, make=lambda s, v: None,
                needs=frozenset({"materialise"}), needs_embedder=True,
            ),
        ]  # fmt: skip


def test_a_missing_extra_and_needs(roman, tmp_path):
    roman.plugins.append(_installed("lacking", Lacking))
    mistakes = _mistakes(roman, tmp_path, "train=heavy", "select=picky")
    assert mistakes == [
        (
            "train: trainer 'heavy' needs no_such_library, which is not installed:"
            " pip install 'errata[heavy]'"
        ),
        (
            "select: selector 'picky' needs a target that can materialise; target 'scripted' can"
            " generate, score"
        ),
        (
            "select: selector 'picky' needs an embedder: add a section `embed`, for instance"
            " `embed: sentence-transformers`"
        ),
    ]


class Epochs(Settings):
    epochs: int = 1


class TwoTrainers:
    @hookimpl
    def errata_parts(self):
        return [Part(name="deep", kind="trainer", settings=Epochs, make=lambda s, v: None)]


def test_a_warm_up_has_its_trainers_settings_and_no_others(roman, tmp_path):
    roman.plugins.append(_installed("two", TwoTrainers))
    run = roman.prepared(
        tmp_path, ["train={use: deep, epochs: 3}", "warmup={use: scripted, examples: 2}"]
    )
    assert run.prepared.parts["warmup"].use == "scripted"
    run = roman.prepared(tmp_path, ["train={use: deep, epochs: 3}", "warmup={examples: 2}"])
    assert run.prepared.parts["warmup"].settings == Epochs(epochs=3)
    run = roman.prepared(
        tmp_path, ["train={use: deep, epochs: 3}", "warmup={examples: 2, epochs: 9}"]
    )
    assert run.prepared.parts["warmup"].settings == Epochs(epochs=9)


def test_a_domain_that_cannot_be_made(roman, tmp_path):
    class Stubborn(Minimal):
        def __init__(self) -> None:
            raise RuntimeError("not today")

    roman.plugins.append(_installed("stubborn", Stubborn))
    (mistake,) = _mistakes(roman, tmp_path, "domain=stubborn")
    assert "not today" in mistake


def test_options_of_a_domain_are_checked(roman, tmp_path):
    class Optional(Minimal):
        class Options(Settings):
            percent: int = 0

        def __init__(self, options: Options) -> None:
            self.options = options

    roman.plugins.append(_installed("optional", Optional))
    (mistake,) = _mistakes(roman, tmp_path, "domain={use: optional, options: {percnt: 1}}")
    assert mistake == (
        "domain.options.percnt: unknown setting (did you mean 'percent'?); settings: percent"
    )
