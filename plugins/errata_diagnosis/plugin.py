"""Offers the diagnoser ``instructor`` and the grouper ``instructor-batches``."""

from __future__ import annotations

from collections.abc import Sequence

from errata.hooks import hookimpl
from errata.parts import Part
from errata_diagnosis.analysis import ANALYSIS, InstructorDiagnoser, InstructorSettings
from errata_diagnosis.batches import BatchesSettings, InstructorBatches
from errata_diagnosis.batches_replies import BY_NAME, MERGE, TYPES


class DiagnosisPlugin:
    """Entry object of the plugin."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """One diagnoser and one grouper."""
        return [
            Part(
                name="instructor",
                kind="diagnoser",
                settings=InstructorSettings,
                make=InstructorDiagnoser,
                summary="asks the instructor for the first wrong step and a keyphrase",
                needs_instructor=True,
                prompts=(ANALYSIS,),
            ),
            Part(
                name="instructor-batches",
                kind="grouper",
                settings=BatchesSettings,
                make=InstructorBatches,
                summary="has the instructor sort the keyphrases into types, batch by batch",
                needs_instructor=True,
                prompts=(TYPES, MERGE, BY_NAME),
            ),
        ]
