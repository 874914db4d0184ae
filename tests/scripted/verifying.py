"""Verifiers that ask, with scripted replies by purpose."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from errata.parts import Services
from errata.prompting import Prompts, Template
from errata.records import QA, Body, Candidate, Lineage, Objection, Problem
from errata.seeds import stream
from errata_strategies.verifier_parts import ASKING_VERIFIERS
from scripted.asking import Instructor, math_domain

SUM = Problem(id="p", question="2+3?", answer="5", solution="2+3=5\n#### 5")


def candidate(body: Body | None = None, name: str = "c") -> Candidate:
    return Candidate(
        id=name, wave=0, body=body or QA(problem=SUM), lineage=Lineage(strategy="test")
    )


def made(
    name: str, replies: dict[str, object] | None = None, target: Any = None, **settings: object
) -> tuple[Any, Instructor]:
    domain = math_domain()
    offer = next(part for part in ASKING_VERIFIERS if part.name == name)
    templates = {
        purpose.name: Template((domain.prompt(purpose.name) or purpose.template).read_text())
        for purpose in offer.prompts
    }
    asked = Instructor(replies or {}, {t.digest: n for n, t in templates.items()})
    services = Services(
        domain=domain,
        random=lambda stream_name: stream(0, stream_name),
        problems=lambda set_name: iter(()),
        sets=(),
        target=lambda: target,
        embedder=lambda: None,  # type: ignore[arg-type,return-value]  # nothing is embedded here
        cache=Path("/nonexistent"),
        progress=lambda done, total: None,
        prompts=Prompts(templates),
        ask=asked,
    )
    verifier = offer.make(offer.settings(**settings), services)
    return verifier, asked


def verified(
    name: str,
    replies: dict[str, object] | None = None,
    target: Any = None,
    body: Body | None = None,
    **settings: object,
) -> tuple[Objection | None, Instructor]:
    verifier, asked = made(name, replies, target, **settings)
    return asyncio.run(verifier.verify(candidate(body))), asked
