"""Offers the instructor and the target ``litellm``.

Not covered: training a target behind a provider, and LiteLLM's proxy, router, caches and callbacks.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from errata.hooks import hookimpl
from errata.parts import Part, Services
from errata_litellm.settings import LiteLLMSettings, LiteLLMTargetSettings, unset_key


def make_client(settings: LiteLLMSettings, _services: Services) -> object:
    """The instructor ``litellm``."""
    from errata_litellm.client import LiteLLMClient

    return LiteLLMClient(settings)


def mistakes(settings: LiteLLMSettings) -> Sequence[str]:
    """A key that is not set, or a provider that LiteLLM does not know; this imports LiteLLM."""
    from errata_litellm.library import mistakes_of

    own = settings.api_key_env
    unset = () if not own or os.environ.get(own) else (unset_key(own),)
    return (*unset, *mistakes_of(settings.model, settings.api_base, keys=own is None))


def make_target(settings: LiteLLMTargetSettings, services: Services) -> object:
    """The target ``litellm``."""
    from errata.calls.target import EndpointTarget
    from errata_litellm.client import LiteLLMClient

    return EndpointTarget(LiteLLMClient(settings), settings, settings, services)


class LiteLLMPlugin:
    """Offers the instructor ``litellm``."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """One instructor, one target."""
        return [
            Part(
                name="litellm",
                kind="instructor",
                settings=LiteLLMSettings,
                make=make_client,
                summary="any provider that LiteLLM speaks to: Anthropic, Gemini, Mistral, Bedrock, …",
                requires=("litellm",),
                extra="litellm",
                check=mistakes,
            ),
            Part(
                name="litellm",
                kind="target",
                settings=LiteLLMTargetSettings,
                make=make_target,
                summary="a model behind any provider of LiteLLM: evaluated, not trained",
                requires=("litellm",),
                extra="litellm",
                provides=frozenset({"generate", "sample"}),
                check=mistakes,
            ),
        ]
