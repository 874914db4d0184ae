"""The suites of parts: a shipped part of each kind passes its own, and broken parts are found out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest

from conforming.broken_parts import (
    BROKEN,
    SOUND,
    Blocking,
    Loose,
    Loses,
    Mute,
    Phrase,
    Speaks,
    planting,
    plugin_of,
    wrapped,
)
from conforming.running import failed
from errata import testing as kit
from errata.parts import Kind, Settings
from errata.stages.verdict_reason import VerdictReasonPlugin
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
from errata.testing.plugin import TestingPlugin
from errata_cluster.plugin import ClusterPlugin
from errata_openai.plugin import OpenAIPlugin
from errata_selection.plugin import SelectionPlugin
from errata_strategies.plugin import StrategiesPlugin
from scripted.instructor import ScriptedInstructor


class TestScriptedTarget(TargetSuite):
    plugin, name = TestingPlugin, "scripted"


class TestScriptedTrainer(TrainerSuite):
    plugin, name = TestingPlugin, "scripted"


class TestPhrases(GrouperSuite):
    plugin, name = TestingPlugin, "phrases"


class TestVerdictReason(DiagnoserSuite):
    plugin, name = VerdictReasonPlugin, "verdict-reason"


class TestRedraw(StrategySuite):
    plugin, name, most_waves = StrategiesPlugin, "redraw", 5


class TestCorrectOnly(StrategySuite):
    plugin, name = StrategiesPlugin, "correct-only"


class TestLength(VerifierSuite):
    plugin, name = StrategiesPlugin, "length"

    def planted(self):
        problem = addition(1, 2, "long")
        long = problem.model_copy(update={"question": "Well, " * 5000})
        return [wrapped(long)]


class TestRecompute(VerifierSuite):
    plugin, name = StrategiesPlugin, "recompute"

    def planted(self):
        return [wrapped(addition(1, 2, "wrong").model_copy(update={"answer": "4"}))]


class TestAll(SelectorSuite):
    plugin, name = SelectionPlugin, "all"


class TestRandom(SelectorSuite):
    plugin, name = SelectionPlugin, "random"


class TestOpenAI(InstructorSuite):
    plugin, name = OpenAIPlugin, "openai"

    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        server = ScriptedInstructor()
        self.settings = {"model": "scripted", "base_url": server.url, "api_key_env": ""}
        yield
        server.stop()


@pytest.mark.model
class TestSentenceTransformers(EmbedderSuite):
    plugin, name = ClusterPlugin, "sentence-transformers"


def suite_of(suite: type, make: object, settings: type[Settings] = Settings, **more) -> type:
    plugin = plugin_of(suite.kind, make, settings, **more)  # type: ignore[attr-defined]  # suites have one
    return type("Suite", (suite,), {"plugin": plugin, "name": "mine", "planted": planting})


@pytest.mark.parametrize("suite", SOUND, ids=lambda s: s.__name__)
def test_a_sound_part_passes(suite):
    texts = {"texts": ("a", "bb", "a")} if suite is EmbedderSuite else {}
    made = suite_of(suite, SOUND[suite])
    assert failed(type("Suite", (made,), texts)) == {}


@pytest.mark.parametrize(
    ("suite", "part", "test"),
    [(suite, part, test) for suite, parts in BROKEN.items() for part, test in parts.items()],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_broken_part_is_caught_by_one_test(suite, part, test):
    found = failed(suite_of(suite, part))
    assert list(found) == [f"test_{test}"], found
    assert "change:   " in found[f"test_{test}"]


@pytest.mark.parametrize(
    ("make", "settings", "more", "test"),
    [
        (Phrase, Mute, {}, "its_settings_are_sound"),
        (Phrase, Loose, {}, "its_settings_are_sound"),
        (Phrase, Settings, {"name": "other"}, "it_is_offered"),
        (Blocking, Settings, {}, "it_can_be_made"),
    ],
)
def test_a_broken_offer_is_caught(make, settings, more, test):
    found = failed(suite_of(DiagnoserSuite, make, settings, **more))
    assert f"test_{test}" in found, found
    if make is Phrase:
        assert list(found) == [f"test_{test}"]


def test_every_kind_of_part_has_a_suite_with_broken_parts():
    """A kind that is added to errata.parts without one fails here."""
    suites = {value.kind: value for value in vars(kit).values() if hasattr(value, "kind")}
    assert set(suites) == set(get_args(Kind))
    assert set(BROKEN) == set(suites.values())
    assert set(SOUND) == set(BROKEN) - {VerifierSuite}  # sound ones: TestLength, TestRecompute


def test_a_selector_that_loses_candidates_is_caught():
    assert "test_every_candidate_is_decided_on" in failed(suite_of(SelectorSuite, Loses))


def test_a_target_that_promises_too_much_is_caught():
    found = failed(suite_of(TargetSuite, Speaks, provides=frozenset({"score"})))
    assert "capability 'score'" in found["test_it_says_what_it_is"]
