"""A recipe against what is installed: every mistake at once."""

from __future__ import annotations

import pytest

from errata.errors import RecipeError
from errata.hooks import hookimpl
from errata.parts import Part, Settings
from errata.plugins import Installed
from errata.records import Message, Problem, TargetPrompt, Verdict


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


class Backwards(Minimal):
    """Works a problem backwards where its number is even."""

    @hookimpl
    def errata_problems(self, source, split, seed):
        for number in range(4):
            yield Problem(id=str(number), question=f"{number}?", answer=str(number), solution="s")

    @hookimpl
    def errata_styles(self, problem):
        return {"backwards": "s"} if int(problem.answer) % 2 else {}


def test_a_style_that_the_domain_does_not_know(roman, tmp_path):
    roman.plugins.append(_installed("backwards", Backwards))
    own = ["domain=backwards", "problems.train.source=any", "problems.test.source=any"]
    found = _mistakes(roman, tmp_path, *own, "synthesize.styles=[usual, bakwards]")
    (mistake,) = [each for each in found if "style" in each]
    assert mistake == (
        "synthesize.styles: style 'bakwards': the domain backwards works none of the first 4 train"
        " problems so (did you mean 'backwards'?); styles that it knows for them: usual, backwards"
    )
    found = _mistakes(roman, tmp_path, *own, "synthesize.styles=[usual, backwards]", "x=1")
    assert not [each for each in found if "style" in each]
    (mistake,) = _mistakes(roman, tmp_path, "synthesize.styles=[steps]")
    assert mistake.endswith("train problems so; styles that it knows for them: usual")


def test_a_choice_that_there_is_not_is_told_with_the_nearest(roman, tmp_path):
    (mistake,) = _mistakes(roman, tmp_path, "select={use: one-shot, style: bset}")
    assert "did you mean 'best'" in mistake


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
            "train: trainer 'heavy' of pack-lacking needs no_such_library, which is not installed:"
            " pip install 'pack-lacking[heavy]'"
        ),
        (
            "select: selector 'picky' needs a target that can materialise; target 'scripted' can"
            " generate, sample, score"
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


# --- triage, error sources, second opinion ----------------------------------------------------------


class MuteTarget:
    """Offers a target that cannot sample."""

    @hookimpl
    def errata_parts(self):
        can = frozenset({"generate"})
        return [Part("mute", "target", Settings, lambda settings, services: None, provides=can)]


def test_samples_need_a_target_that_samples(roman, tmp_path):
    roman.plugins.append(_installed("mute", MuteTarget))
    wanted = ("triage.samples=4", "target={use: mute}")
    (mistake,) = _mistakes(roman, tmp_path, *wanted)
    assert mistake.startswith(
        "triage.samples: samples need a target that can sample; target 'mute' can generate"
    )
    roman.prepared(tmp_path / "run", ["triage.samples=0", "target={use: mute}"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("triage.samples=-1", "triage.samples: Input should be greater than or equal to 0"),
        ("triage.bad_luck=1.5", "triage.bad_luck: Input should be less than or equal to 1"),
        ("triage.suspect_gold.agree=0.4", "triage.suspect_gold.agree: Input should be greater"),
        ("triage.sampels=4", "triage.sampels: unknown key (did you mean 'samples'?)"),
        ("diagnose.second=romans", "diagnose.second.use: no diagnoser 'romans' (did you mean"),
        ("diagnose={use: roman, seconds: roman}", "diagnose.seconds: unknown setting (did you"),
        ("diagnose.second={use: roman, k: 1}", "diagnose.second.k: unknown setting"),
        ("error_sources=[nowhere.jsonl]", "error_sources: nowhere.jsonl: no such file"),
        ("error_sources=[{sources: x.jsonl}]", "error_sources.0."),
        ("instructor.stages={train: {max_usd: 1}}", "instructor.use: missing"),
    ],
)
def test_what_is_wrong_with_the_sections_of_wrong_answers(roman, tmp_path, change, said):
    mistakes = _mistakes(roman, tmp_path, change)
    assert mistakes[0].startswith(said), mistakes


def test_recipes_from_before_these_sections_are_the_same_recipe(roman, tmp_path):
    plain = roman.prepared(tmp_path / "run").recipe
    spelled_out = ["triage={samples: 0}", "error_sources=[]", "diagnose={use: roman, second: null}"]
    assert roman.prepared(tmp_path / "run", spelled_out).recipe.digest() == plain.digest()
    for change in ("triage.samples=1", "triage.suspect_gold=null", "diagnose.second=roman"):
        assert roman.prepared(tmp_path / "run", [change]).recipe.digest() != plain.digest()
