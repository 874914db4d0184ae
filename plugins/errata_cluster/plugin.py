"""What this plugin offers: the embedder ``sentence-transformers``, the groupers ``embedding`` and
``taxonomy``.

Not covered: groups that an instructor makes, and matching types over rounds.
"""

from __future__ import annotations

from collections.abc import Sequence

from errata.hooks import hookimpl
from errata.naming import NAMING
from errata.parts import Embedder, Grouper, Part, Services
from errata_cluster.embedder import SentenceEmbedder
from errata_cluster.grouper import EmbeddingGrouper
from errata_cluster.settings import EmbedderSettings, GroupSettings, TaxonomySettings
from errata_cluster.taxonomy import TaxonomyGrouper, read_taxonomy


def _names_are_asked_for(settings: GroupSettings) -> bool:
    return settings.names == "instructor"


class ClusterPlugin:
    """Entry object of the plugin."""

    @hookimpl
    def errata_parts(self) -> Sequence[Part]:
        """The embedder and the groupers."""
        return [
            Part(
                name="sentence-transformers",
                kind="embedder",
                settings=EmbedderSettings,
                make=make_embedder,
                summary="Sentence-transformers model as unit vectors; MiniLM by default.",
                requires=("sentence_transformers",),
                extra="cluster",
            ),
            Part(
                name="embedding",
                kind="grouper",
                settings=GroupSettings,
                make=make_grouper,
                summary="Folds duplicate keyphrases, embeds the rest, clusters them with HDBSCAN.",
                requires=("hdbscan", "numpy"),
                extra="cluster",
                needs_embedder=True,
                needs_instructor=_names_are_asked_for,
                prompts=(NAMING,),
            ),
            Part(
                name="taxonomy",
                kind="grouper",
                settings=TaxonomySettings,
                make=make_taxonomy,
                summary="Assigns keyphrases to a given list of types: LEMMA's, or a YAML file.",
                requires=("numpy",),
                extra="cluster",
                needs_embedder=True,
            ),
        ]


def make_embedder(settings: EmbedderSettings, services: Services) -> Embedder:
    """Load the model. Raises LookupError when its weights are not found, MissingExtra when the
    library is not installed."""
    return SentenceEmbedder(settings, services.cache, services.progress)


def make_grouper(settings: GroupSettings, services: Services) -> Grouper:
    """Build the grouper; the embedder is made when the first diagnoses need it."""
    return EmbeddingGrouper(settings, services)


def make_taxonomy(settings: TaxonomySettings, services: Services) -> Grouper:
    """Read the types. Raises FileNotFoundError, and PartError for a file that is no list of types."""
    return TaxonomyGrouper(read_taxonomy(settings.types), settings, services)
