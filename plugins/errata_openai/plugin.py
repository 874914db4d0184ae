"""Offers the instructor ``openai``.

Not covered: targets behind an endpoint, and providers with an interface of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

from errata.hooks import hookimpl
from errata.parts import Part, Services
from errata_openai.settings import OpenAISettings


def make_client(settings: OpenAISettings, _services: Services) -> object:
    """The instructor ``openai``."""
    from errata_openai.client import OpenAIClient

    return OpenAIClient(settings)


class OpenAIPlugin:
    """Offers the instructor ``openai``."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """One instructor."""
        return [
            Part(
                name="openai",
                kind="instructor",
                settings=OpenAISettings,
                make=make_client,
                summary="any OpenAI-style endpoint: OpenAI, vLLM, SGLang, llama.cpp, Ollama",
                requires=("aiohttp",),
                extra="openai",
            )
        ]
