"""Baselines of transcripts: one text for all, and that of the recording of train or valid that sounds most alike."""

from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from threadpoolctl import threadpool_limits

from kassandra.contracts.artifacts import Arrays, read_arrays, read_json
from kassandra.contracts.ragged import Ragged

TRIED = 300  # texts that all could be: the most frequent ones, and the shortest
TRIED_ON = 500  # texts


def predictions(seen: ModuleType | None, prepared: Path, seed: int) -> pd.DataFrame:
    """One column of texts per baseline, one row per test example. `seen` is inputs/<kind>/baseline/transcripts.py, of
    whose `views` recordings are compared by Euclid's distance; None where the input has none."""
    splits = {name: read_arrays(prepared / f"{name}.npz") for name in ("train", "valid", "test")}
    texts = [text for name in ("train", "valid") for text in _texts(splits[name])]
    count = len(splits["test"]["text_offsets"]) - 1
    columns = {"one text for all": [safest(texts)] * count}
    if seen:
        known = [splits["train"], splits["valid"]]
        for view in seen.views(known, splits["test"], read_json(prepared / "meta.json")):
            columns[f"nearest recording, {view.name}"] = [texts[row] for row in _nearest(view.known, view.unknown)]
    return pd.DataFrame(columns)


def safest(texts: list[str]) -> str:
    """The text with the fewest edits of words from all others; the first of several.

    >>> safest(["so it is", "so it was", "never"])
    'so it is'
    """
    frequent = [text for text, _ in Counter(texts).most_common(TRIED // 2)]
    short = sorted(set(texts), key=lambda text: (len(text.split()), text))[: TRIED - len(frequent)]
    others = [text.split() for text in texts[:: max(1, len(texts) // TRIED_ON)]]

    def edits(text: str) -> int:
        words = text.split()
        return sum(Levenshtein.distance(words, other) for other in others)

    return min([*frequent, *short], key=edits)


def _nearest(known: NDArray[np.float64], unknown: NDArray[np.float64]) -> NDArray[np.intp]:
    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        distances = (known**2).sum(1) - 2 * unknown @ known.T  # (unknown, known), but for the length of `unknown`
    return np.asarray(distances.argmin(1))


def _texts(split: Arrays) -> list[str]:
    return Ragged(split["text"], split["text_offsets"]).texts()
