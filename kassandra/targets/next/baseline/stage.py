"""Baselines of language modelling: how frequent a token is, and interpolated modified Kneser-Ney n-grams over ids."""

from pathlib import Path

import numpy as np
import pandas as pd

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.vocabulary.kneser_ney import KneserNey

ORDERS = {"characters": 7, "words": 5}  # longer ones gain nothing on texts of this size


def predictions(seen: object, prepared: Path, seed: int) -> pd.DataFrame:
    """One column of log-probabilities (nats) per baseline, one row per token of test but the first.

    Fitted on train alone, like the vocabulary, and not tuned; nothing is drawn, so `seed` is not used.
    """
    train, test = (read_arrays(prepared / f"{split}.npz")["ids"] for split in ("train", "test"))
    meta = read_json(prepared / "meta.json")
    order = ORDERS[meta["tokens"]]
    models = {
        name: KneserNey(train, len(meta["vocabulary"]), longest)
        for name, longest in (("unigram frequency", 1), (f"{order}-grams, Kneser-Ney", order))
    }
    return pd.DataFrame({name: model.log_probabilities(test)[1:].astype(np.float32) for name, model in models.items()})
