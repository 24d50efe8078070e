"""Baselines of text classification: the majority class, and linear models on which words and pairs of words occur."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from kassandra.contracts.artifacts import read_arrays
from kassandra.contracts.ragged import Ragged

SMOOTHING = 1.0  # added to the count of each word in each class


def predictions(prepared: Path, seed: int) -> pd.DataFrame:
    """One column of predicted labels per baseline, one row per test text.

    Fitted on train and valid, as there is nothing that they choose on valid; not tuned. They read whole texts.
    """
    train, valid, test = (read_arrays(prepared / f"{split}.npz") for split in ("train", "valid", "test"))
    labels = np.concatenate([train["labels"], valid["labels"]])  # (texts,)
    seen, unseen = (
        [text for split in splits for text in Ragged(split["text"], split["text_offsets"]).texts()]
        for splits in ((train, valid), (test,))
    )
    # In double precision: where arrays lie in memory decides the last bits of sums; in single ones it changed answers.
    counter = CountVectorizer(ngram_range=(1, 2), min_df=2, token_pattern=r"(?u)\b\w+\b", dtype=np.float64)
    counts, unseen_counts = counter.fit_transform(seen), counter.transform(unseen)
    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        return pd.DataFrame(
            {
                "majority class": np.full(len(unseen), np.bincount(labels).argmax()),
                "TF-IDF of bigrams + logistic regression": _tf_idf(counts, labels, unseen_counts, seed),
                "NB-weighted bigrams + logistic regression": _nb_weighted(counts, labels, unseen_counts, seed),
            }
        )


def _tf_idf(counts: csr_matrix, labels: NDArray[np.int64], unseen: csr_matrix, seed: int) -> NDArray[np.int64]:
    weigh = TfidfTransformer(sublinear_tf=True)
    model = LogisticRegression(C=10, max_iter=1000, random_state=seed)
    answers: NDArray[np.int64] = model.fit(weigh.fit_transform(counts), labels).predict(weigh.transform(unseen))
    return answers


def _nb_weighted(counts: csr_matrix, labels: NDArray[np.int64], unseen: csr_matrix, seed: int) -> NDArray[np.int64]:
    """Wang & Manning (2012), eq. 2, with logistic regression in place of the SVM: presence of each bigram times the
    logarithm of how many times more frequent it is inside a class than outside; one model for each class.
    """
    there, unseen_there = counts.sign(), unseen.sign()
    scores = []
    for label in range(int(labels.max()) + 1):
        inside = labels == label
        p = SMOOTHING + np.asarray(there[inside].sum(0)).ravel()  # (bigrams,)
        q = SMOOTHING + np.asarray(there[~inside].sum(0)).ravel()  # (bigrams,)
        ratio = np.log((p / p.sum()) / (q / q.sum()))  # (bigrams,)
        model = LogisticRegression(C=1, max_iter=1000, random_state=seed)
        model.fit(there.multiply(ratio).tocsr(), inside)
        scores.append(model.decision_function(unseen_there.multiply(ratio).tocsr()))  # (texts,)
    answers: NDArray[np.int64] = np.stack(scores, axis=1).argmax(1)
    return answers
