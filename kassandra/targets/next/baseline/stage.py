"""Baselines of language modelling: how frequent a token is, and interpolated modified Kneser-Ney n-grams over ids."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.contracts.artifacts import map_arrays, read_json
from kassandra.vocabulary.kneser_ney import KneserNey

ORDERS = {"characters": 7, "words": 5}  # longer ones gain nothing on texts of this size
LARGEST = 10_000_000  # tokens of train that are counted: 7-grams of as many characters take 700 MB
BLOCK = 1 << 20  # tokens of test at a time


def predictions(seen: object, prepared: Path, seed: int) -> pd.DataFrame:
    """One column of log-probabilities (nats) per baseline, one row per token of test but the first.

    Fitted on train alone, like the vocabulary, and not tuned; nothing is drawn, so `seed` is not used. Of a train of
    more than LARGEST tokens the last ones are counted, and the names of the columns say so.
    """
    train, test = (map_arrays(prepared / f"{split}.npz")["ids"] for split in ("train", "test"))
    meta = read_json(prepared / "meta.json")
    order, counted = ORDERS[meta["tokens"]], train[-LARGEST:]
    of = f", of the last {LARGEST:,} {meta['tokens']} of train" if len(train) > LARGEST else ""
    columns = {}
    for name, longest in (("unigram frequency", 1), (f"{order}-grams, Kneser-Ney", order)):
        model = KneserNey(counted, len(meta["vocabulary"]), longest)
        columns[f"{name}{of}"] = _log_probabilities(model, test)[1:]
    return pd.DataFrame(columns)


def _log_probabilities(model: KneserNey, tokens: NDArray[np.integer]) -> NDArray[np.float32]:
    """(time,) of all tokens, each block after the few that its first tokens look back at."""
    logs = np.empty(len(tokens), np.float32)
    for first in range(0, len(tokens), BLOCK):
        before = min(first, model.order - 1)
        logs[first : first + BLOCK] = model.log_probabilities(tokens[first - before : first + BLOCK])[before:]
    return logs
