"""BERTopic's default pipeline on given texts and vectors; runs in a Python that has it.

    PYTHON grouping_peer.py TEXTS.json VECTORS.npy SEEDS

prints a list of labels per seed (-1: outlier). The seed is UMAP's ``random_state``, which is None by
default; everything else is as BERTopic sets it.
"""

import json
import sys
import warnings

warnings.simplefilter("ignore")


def main() -> None:
    import numpy as np
    from bertopic import BERTopic
    from umap import UMAP

    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123 as short as can be
        texts = json.load(file)
    vectors = np.load(sys.argv[2])
    found = []
    for seed in range(int(sys.argv[3])):
        # These are the arguments of BERTopic's own default UMAP, and a seed.
        umap = UMAP(
            n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=seed
        )
        labels, _ = BERTopic(umap_model=umap).fit_transform(texts, embeddings=vectors)
        found.append([int(label) for label in labels])
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
