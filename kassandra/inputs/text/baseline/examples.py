"""What a linear model sees of texts: which words and pairs of words occur. It reads whole texts.

Of texts without words that come twice (Chinese, emoji, ids), and where the tokens are characters, it sees which
characters, and sequences of two and three of them, occur.
"""

from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from kassandra.contracts.artifacts import Arrays
from kassandra.contracts.examples import View
from kassandra.contracts.ragged import Ragged
from kassandra.vocabulary.tokens import are_characters


def views(known: list[Arrays], unknown: Arrays, meta: dict[str, Any]) -> list[View]:
    """Of `known` splits, to fit to, and of the `unknown` one, to predict.

    None, and a line that says so, where nothing of the known texts comes twice.
    """
    each = [Ragged(split["text"], split["text_offsets"]).texts() for split in (*known, unknown)]
    texts, unknown_texts = [text for split in each[:-1] for text in split], each[-1]
    grams, counter, counts = _counted(texts, "tokenizer" in meta and are_characters(meta["tokenizer"]))
    if counts is None:
        print("baselines: no word and no character of train comes twice, so the majority class is the only one")
        return []
    unknown_counts = counter.transform(unknown_texts)
    weigh = TfidfTransformer(sublinear_tf=True)
    weighed, unknown_weighed = weigh.fit_transform(counts), weigh.transform(unknown_counts)
    features, options = f"TF-IDF of {grams}", {"C": 10, "max_iter": 1000}
    return [
        View(f"{features} + logistic regression", weighed, unknown_weighed, options, features=features),
        View(f"NB-weighted {grams} + logistic regression", counts, unknown_counts, {"C": 1, "max_iter": 1000}, True),
    ]


def _counted(texts: list[str], by_characters: bool) -> tuple[str, Any, Any]:
    """What is counted, the fitted vectorizer, and the counts (texts, features) in double precision: where arrays lie in
    memory decides the last bits of sums; in single ones it changed answers. None where nothing comes twice."""
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("bigrams", {"ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"}),
        ("characters", {"ngram_range": (1, 3), "analyzer": "char"}),
    ]
    for grams, options in kinds[by_characters:]:
        counter = CountVectorizer(min_df=2, dtype=np.float64, **options)
        try:
            return grams, counter, counter.fit_transform(texts)
        except ValueError:  # an empty vocabulary
            continue
    return "", None, None
