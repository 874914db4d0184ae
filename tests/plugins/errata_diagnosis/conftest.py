"""Instructors behind real HTTP, asked through the real call layer with its ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from errata.domain import Domain
from errata.instructing import Instructing
from errata.parts import Grouping, Services
from errata.plugins import Active
from errata.prompting import Purpose, resolve
from errata.recipe import InstructorUse
from errata.records import Diagnosis
from errata.seeds import stream
from errata_diagnosis.batches import BatchesSettings, InstructorBatches
from errata_diagnosis.plugin import DiagnosisPlugin
from errata_openai.plugin import OpenAIPlugin
from scripted.typing import SortingInstructor

PURPOSES = [purpose for part in DiagnosisPlugin().errata_parts() for purpose in part.prompts]


@dataclass
class Asking:
    """What a part is given, and how its work is run; one ledger in ``directory``."""

    services: Services
    instructing: Instructing

    def group(
        self, diagnoses: Sequence[Diagnosis], **settings: Any
    ) -> tuple[Grouping, InstructorBatches]:
        """Group with the settings given."""
        grouper = InstructorBatches(BatchesSettings(**settings), self.services)
        return self.instructing.together("group", grouper.group(diagnoses)), grouper


MakeAsking = Callable[..., Asking]
MakeInstructor = Callable[..., SortingInstructor]


@pytest.fixture
def make_instructor() -> Iterator[MakeInstructor]:
    servers = []

    def make(*faults: str) -> SortingInstructor:
        servers.append(SortingInstructor(faults))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def make_asking(tmp_path: Path) -> MakeAsking:
    [part] = [p for p in OpenAIPlugin().errata_parts() if p.kind == "instructor"]

    def make(
        server: SortingInstructor,
        more: Sequence[Purpose[Any]] = (),
        supplied: Callable[[str], Path | None] = lambda name: None,
    ) -> Asking:
        settings = part.settings(model="scripted", base_url=server.url, api_key_env="")
        instructing = Instructing(
            InstructorUse(use="openai", **settings.model_dump(exclude_unset=True)),
            lambda: part.make(settings, None),  # type: ignore[arg-type,return-value]  # it needs no services
            tmp_path,
            Random(0),
            lambda *args, **kwargs: None,
        )
        mistakes: list[str] = []
        asked = [("group", purpose) for purpose in (*PURPOSES, *more)]
        prompts = resolve(asked, {}, supplied, mistakes)
        assert mistakes == []
        services = Services(
            domain=Domain("none", Active({})),
            random=lambda name: stream(0, name),
            problems=lambda name: [],
            sets=(),
            target=lambda: None,
            embedder=lambda: None,  # type: ignore[arg-type,return-value]  # nobody embeds here
            cache=tmp_path,
            progress=lambda done, total: None,
            ask=instructing.ask,
            prompts=prompts,
        )
        return Asking(services, instructing)

    return make
