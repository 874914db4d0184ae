"""The public test kit: a target that follows a script, students with planted faults, a trainer that
only counts. Deterministic, domain-free, no heavy library; the recipes' names are ``scripted``.
"""

from errata.testing.doubtful import DoubtfulStudent
from errata.testing.phrases import PhraseGrouper
from errata.testing.planted import Fault, PlantedStudent
from errata.testing.recorded import RecordedStudent, recorded
from errata.testing.scripted import (
    Answer,
    CarelessStudent,
    Moody,
    ScriptedTarget,
    ScriptedTrainer,
    Student,
)

__all__ = [
    "Answer",
    "CarelessStudent",
    "DoubtfulStudent",
    "Fault",
    "Moody",
    "PhraseGrouper",
    "PlantedStudent",
    "RecordedStudent",
    "ScriptedTarget",
    "ScriptedTrainer",
    "Student",
    "recorded",
]
