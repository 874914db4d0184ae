"""The public test kit: conformance suites for domains and for every kind of part, a target that follows
a script, students with planted faults, a trainer that only counts. No heavy library; the recipes' names
are ``scripted``.
"""

from errata.testing.domain_suite import DomainSuite
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
    "DomainSuite",
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
