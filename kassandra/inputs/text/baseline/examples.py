"""What a linear model sees of texts: which words and pairs of words occur. It reads whole texts."""

from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from kassandra.contracts.artifacts import Arrays
from kassandra.contracts.examples import View
from kassandra.contracts.ragged import Ragged


def views(known: list[Arrays], unknown: Arrays, meta: dict[str, Any]) -> list[View]:
    """Of `known` splits, to fit to, and of the `unknown` one, to predict."""
    each = [Ragged(split["text"], split["text_offsets"]).texts() for split in (*known, unknown)]
    texts, unknown_texts = [text for split in each[:-1] for text in split], each[-1]
    # In double precision: where arrays lie in memory decides the last bits of sums; in single ones it changed answers.
    counter = CountVectorizer(ngram_range=(1, 2), min_df=2, token_pattern=r"(?u)\b\w+\b", dtype=np.float64)
    counts, unknown_counts = counter.fit_transform(texts), counter.transform(unknown_texts)
    weigh = TfidfTransformer(sublinear_tf=True)
    weighed, unknown_weighed = weigh.fit_transform(counts), weigh.transform(unknown_counts)
    features, options = "TF-IDF of bigrams", {"C": 10, "max_iter": 1000}
    return [
        View(f"{features} + logistic regression", weighed, unknown_weighed, options, features=features),
        View("NB-weighted bigrams + logistic regression", counts, unknown_counts, {"C": 1, "max_iter": 1000}, True),
    ]
