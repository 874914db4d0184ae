"""Offers the instructor and the target ``openai``.

Not covered: training a target behind an endpoint, and providers with an interface of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

from errata.hooks import hookimpl
from errata.parts import Part, Services
from errata_openai.settings import OpenAISettings, OpenAITargetSettings, mistakes


def make_client(settings: OpenAISettings, _services: Services) -> object:
    """The instructor ``openai``."""
    from errata_openai.client import OpenAIClient

    return OpenAIClient(settings)


def make_target(settings: OpenAITargetSettings, services: Services) -> object:
    """The target ``openai``."""
    from errata.calls.target import EndpointTarget
    from errata_openai.client import OpenAIClient

    return EndpointTarget(OpenAIClient(settings), settings, settings, services)


class OpenAIPlugin:
    """Offers the instructor ``openai``."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """One instructor, one target."""
        return [
            Part(
                name="openai",
                kind="instructor",
                settings=OpenAISettings,
                make=make_client,
                summary="any OpenAI-style endpoint: OpenAI, vLLM, SGLang, llama.cpp, Ollama",
                requires=("aiohttp",),
                extra="openai",
                check=mistakes,
            ),
            Part(
                name="openai",
                kind="target",
                settings=OpenAITargetSettings,
                make=make_target,
                summary="a model behind an OpenAI-style endpoint: evaluated, not trained",
                requires=("aiohttp",),
                extra="openai",
                provides=frozenset({"generate", "sample"}),
                check=mistakes,
            ),
        ]
