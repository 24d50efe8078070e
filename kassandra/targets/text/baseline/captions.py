"""Baselines of captions: the most frequent one, and those of the nearest images."""

from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits

from kassandra.contracts.artifacts import Arrays, read_arrays, read_json
from kassandra.contracts.ragged import Ragged

NEIGHBOURS = 60  # images of whose captions the one is taken that is most like the others (Devlin et al. 2015)
AT_ONCE = 500  # test images


def predictions(seen: ModuleType, prepared: Path) -> pd.DataFrame:
    """One column of texts per baseline, one row per test image."""
    splits = {name: read_arrays(prepared / f"{name}.npz") for name in ("train", "valid", "test")}
    texts = _of_images(splits["train"]) + _of_images(splits["valid"])
    count = len(splits["test"]["references"]) - 1
    (most, _), *_ = Counter(text for some in texts for text in some).most_common(1)
    columns = {"most frequent caption": [most] * count}
    known = [splits["train"], splits["valid"]]
    for view in seen.views(known, splits["test"], read_json(prepared / "meta.json")):
        near = nearest(view.known, view.unknown, NEIGHBOURS)
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+", sublinear_tf=True, dtype=np.float64)
        vectorizer.fit([text for some in texts for text in some])
        for name, some in ((f"nearest image, {view.name}", near[:, :1]), (f"{NEIGHBOURS} nearest images", near)):
            columns[name] = [
                middle([text for place in row for text in texts[place]], vectorizer) for row in some.tolist()
            ]
    return pd.DataFrame(columns)


def nearest(known: NDArray[np.floating], unknown: NDArray[np.floating], count: int) -> NDArray[np.intp]:
    """(unknown, count) the rows of `known` with the largest cosine to each of `unknown`, the nearest first."""
    unit, other = (each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-9) for each in (known, unknown))
    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        parts = [other[start : start + AT_ONCE] @ unit.T for start in range(0, len(other), AT_ONCE)]
    return np.concatenate([np.argsort(-part, axis=1, kind="stable")[:, :count] for part in parts])


def middle(texts: list[str], vectorizer: TfidfVectorizer) -> str:
    """The text that is most like all the others, by the cosine of TF-IDF of words and pairs of words.

    >>> texts = ["two dogs sleep", "the dog runs", "the dog barks", "a dog runs"]
    >>> middle(texts, TfidfVectorizer(token_pattern=r"\\S+").fit(texts))
    'the dog runs'
    """
    rows = vectorizer.transform(texts)
    with threadpool_limits(1):
        likeness = np.asarray(rows @ np.asarray(rows.sum(0)).T).ravel()  # (texts,)
    return texts[int(likeness.argmax())]


def _of_images(split: Arrays) -> list[list[str]]:
    """All captions of each image of a split."""
    texts = Ragged(split["target_text"], split["target_text_offsets"]).texts()
    of_rows = [texts[a:b] for a, b in zip(split["references"][:-1], split["references"][1:], strict=True)]
    images: list[list[str]] = [[] for _ in range(int(split["input"].max()) + 1)]
    for image, some in zip(split["input"].tolist(), of_rows, strict=True):
        images[image] += some
    return images
