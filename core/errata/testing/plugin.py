"""The test kit as a plugin: parts named ``scripted``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from errata.hooks import hookimpl
from errata.parts import Part, Services, Settings
from errata.testing.phrases import PhraseGrouper
from errata.testing.recorded import RecordedStudent, recorded
from errata.testing.scripted import CarelessStudent, ScriptedTarget, ScriptedTrainer, Student


class ScriptedTargetSettings(Settings):
    """The careless student, or what was recorded of a model, and its pace."""

    skill: float = Field(0.3, ge=0, le=1, description="chance of a right answer without practice")
    gain: float = Field(0.002, ge=0, description="what each training example adds to it")
    attempts: str | None = Field(
        None,
        description="file with attempts of a run, which are replayed instead; they never improve",
    )
    batch_size: int = Field(8, ge=1, description="problems answered at a time")
    latency: float = Field(0.0, ge=0, description="seconds per batch")


class NoSettings(Settings):
    """Nothing to set."""


def _target(settings: ScriptedTargetSettings, services: Services) -> ScriptedTarget:
    student: Student = CarelessStudent(settings.skill, settings.gain)
    if settings.attempts is not None:
        student = RecordedStudent(recorded(Path(settings.attempts)))
    return ScriptedTarget(student, services, settings.batch_size, settings.latency)


def _grouper(settings: NoSettings, services: Services) -> PhraseGrouper:  # noqa: ARG001 no settings
    return PhraseGrouper()


def _trainer(settings: NoSettings, services: Services) -> ScriptedTrainer:  # noqa: ARG001 no settings
    return ScriptedTrainer(services)


class TestingPlugin:
    """Offers the scripted target and trainer, and the grouper ``phrases``."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """See ``errata.hooks``."""
        return [
            Part(
                name="scripted",
                kind="target",
                settings=ScriptedTargetSettings,
                make=_target,
                summary="follows a script, for tests without a model",
                provides=frozenset({"generate", "sample", "score"}),
            ),
            Part(
                name="scripted",
                kind="trainer",
                settings=NoSettings,
                make=_trainer,
                summary="counts examples, for tests without a model",
                takes=frozenset({"completions", "preferences"}),
            ),
            Part(
                name="phrases",
                kind="grouper",
                settings=NoSettings,
                make=_grouper,
                summary="each distinct keyphrase is a type, for tests without embeddings",
            ),
        ]
