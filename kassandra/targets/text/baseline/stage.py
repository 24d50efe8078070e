"""Baselines of translation and captions: no translation, that of the nearest sentence, or the captions of the nearest
images, of train or valid, and an LSTM that must keep all that it reads in its last state."""

from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits

from kassandra.contracts.artifacts import read_arrays
from kassandra.contracts.ragged import Ragged
from kassandra.targets.text.baseline import captions
from kassandra.vocabulary.languages import UNSPACED_SIGNS

WORD = rf"(?u)[{UNSPACED_SIGNS}]|(?:(?![{UNSPACED_SIGNS}])\w)+"  # where no spaces are written each sign is a word
AT_ONCE = 100  # test sentences that are compared with all others together
# The encoder-decoder of Sutskever et al. (2014) in small, what attention has to beat: two layers, the source from its
# end (section 3.3). The same sizes and the same training for every data set: sections of params.yaml.
MODEL = {
    "variant": "vanilla", "embedding_size": 192, "hidden_size": 192, "dropout": 0.1, "reverse_source": True,
    "decoder": {"attention": "none"},
}  # fmt: skip
TRAIN = {"epochs": 4, "batch_tokens": 512, "learning_rate": 0.002, "warmup": 0.1, "device": "cpu"}
# By stages/baseline.py; fewer epochs where they would take more than MOST_STEPS.
TRAINED = {"LSTM without attention": SimpleNamespace(MODEL=MODEL, TRAIN=TRAIN, MOST_STEPS=4000)}


def predictions(seen: ModuleType | None, prepared: Path, seed: int) -> pd.DataFrame:
    """One column of texts per baseline that is not trained, one row per test sentence, or image. Of these, `seen` is
    inputs/<kind>/baseline/captions.py."""
    if seen:
        return captions.predictions(seen, prepared)
    train, valid, test = (_pairs(prepared / f"{split}.npz") for split in ("train", "valid", "test"))
    sources, targets = train[0] + valid[0], train[1] + valid[1]
    return pd.DataFrame(
        {"copy of the source": test[0], "nearest train sentence": [targets[row] for row in nearest(sources, test[0])]}
    )


def nearest(seen: list[str], asked: list[str]) -> NDArray[np.intp]:
    """(asked,) the number of the text in `seen` that is most like each, the first of several, by the cosine of TF-IDF
    of words and pairs of words.

    Weights are those of `seen`, and words that it lacks count for nothing; where no word is known, the answer is 0.
    """
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), token_pattern=WORD, sublinear_tf=True, dtype=np.float64)
    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        known = vectorizer.fit_transform(seen).T.tocsr()  # (words and pairs, seen)
        rows = vectorizer.transform(asked)  # (asked, words and pairs)
        parts = (rows[start : start + AT_ONCE] @ known for start in range(0, len(asked), AT_ONCE))
        return np.concatenate([part.toarray().argmax(1) for part in parts])


def _pairs(path: Path) -> tuple[list[str], list[str]]:
    """Sources, and of each the first translation."""
    arrays = read_arrays(path)
    sources = Ragged(arrays["source_text"], arrays["source_text_offsets"])
    targets = Ragged(arrays["target_text"], arrays["target_text_offsets"])
    return sources.texts(), targets.take(arrays["references"][:-1]).texts()
