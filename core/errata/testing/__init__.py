"""The public test kit: conformance suites for domains and for every kind of part, a target that follows
a script, students with planted faults, a trainer that only counts. No heavy library; the recipes' names
are ``scripted``.
"""

from errata.testing.domain_suite import DomainSuite
from errata.testing.doubtful import DoubtfulStudent
from errata.testing.model_suites import EmbedderSuite, InstructorSuite, TargetSuite, TrainerSuite
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
from errata.testing.work_suites import (
    DiagnoserSuite,
    GrouperSuite,
    Memory,
    SelectorSuite,
    StrategySuite,
    VerifierSuite,
)

__all__ = [
    "Answer",
    "CarelessStudent",
    "DiagnoserSuite",
    "DomainSuite",
    "DoubtfulStudent",
    "EmbedderSuite",
    "Fault",
    "GrouperSuite",
    "InstructorSuite",
    "Memory",
    "Moody",
    "PhraseGrouper",
    "PlantedStudent",
    "RecordedStudent",
    "ScriptedTarget",
    "ScriptedTrainer",
    "SelectorSuite",
    "StrategySuite",
    "Student",
    "TargetSuite",
    "TrainerSuite",
    "VerifierSuite",
    "recorded",
]
