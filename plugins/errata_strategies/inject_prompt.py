"""The strategy ``inject-prompt``: the target's error types as guidance in its prompt, without training
(error-aware prompting, arXiv 2501.15581, §5).

It proposes nothing. What it has to say is put before every question (``errata_target_prompt`` with
``guidance``) of the checkpoint that it does not change.

Not covered: guidance for single problems (which types a question is likely to provoke).
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from errata.parts import Services, Settings, Wave
from errata.records import ErrorType, Objection, Proposal

NAME = "inject-prompt"


class InjectPromptSettings(Settings):
    """Settings of the strategy ``inject-prompt``."""

    types: int = Field(8, ge=1, description="error types named at most, the commonest first")
    described: bool = Field(True, description="whether descriptions follow the names")
    opening: str = Field(
        "Take care not to make these errors, which are easily made:",
        description="the words before the list",
    )
    closing: str = Field("", description="the words after it")


class InjectPrompt:
    """An ``errata.parts.Strategy`` that ``errata.parts.Guides``."""

    def __init__(self, settings: InjectPromptSettings, services: Services) -> None:  # noqa: ARG002 the factory signature
        self._settings = settings

    async def propose(self, wave: Wave) -> Sequence[Proposal | Objection]:  # noqa: ARG002 nothing is made
        """Nothing: there is no training."""
        return []

    def guidance(self, types: Sequence[ErrorType]) -> str:
        """The commonest types as a list, a line each; empty where there is none."""
        settings = self._settings
        ranked = sorted(types, key=lambda t: (-t.count, t.id))[: settings.types]
        if not ranked:
            return ""
        lines = [self._line(error_type) for error_type in ranked]
        return "\n".join(part for part in (settings.opening, *lines, settings.closing) if part)

    def _line(self, error_type: ErrorType) -> str:
        description = " ".join(error_type.description.split())
        if not self._settings.described or not description:
            return f"- {error_type.name}"
        return f"- {error_type.name}: {description}"
