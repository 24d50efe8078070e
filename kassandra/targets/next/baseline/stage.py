"""Baselines of language modelling: how frequent a token is, and interpolated Kneser-Ney n-grams."""

from pathlib import Path

import numpy as np
import pandas as pd

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.targets.next.baseline.kneser_ney import KneserNey

ORDERS = {"characters": 7, "words": 5}  # longer ones gain nothing on texts of this size


def predictions(seen: object, prepared: Path, seed: int) -> pd.DataFrame:
    """One column of log-probabilities (nats) per baseline, one row per token of test but the first.

    Fitted on train alone, like the vocabulary, and not tuned; nothing is drawn, so `seed` is not used.
    """
    train, test = (read_arrays(prepared / f"{split}.npz")["ids"] for split in ("train", "test"))
    meta = read_json(prepared / "meta.json")
    models = {
        "unigram frequency": KneserNey(train, len(meta["vocabulary"]), 1),
        f"{ORDERS[meta['tokens']]}-grams, Kneser-Ney": KneserNey(
            train, len(meta["vocabulary"]), ORDERS[meta["tokens"]]
        ),
    }
    return pd.DataFrame({name: model.log_probabilities(test)[1:].astype(np.float32) for name, model in models.items()})
