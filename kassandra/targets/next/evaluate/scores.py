"""The scores of language models: how surprised they are by each token of a text."""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.judging.resampling import Stretches
from kassandra.judging.score import Numbers, Score, per_row, ratio

KEYS = ["example"]
RESAMPLING = Stretches()


def asked(table: pd.DataFrame) -> NDArray[Any]:
    """(rows,) the id of each token."""
    return table["target"].to_numpy()


def predictions(targets: NDArray[np.int64], losses: Numbers, characters: int) -> pd.DataFrame:
    """One row per token, of their ids (tokens,), their losses (tokens,) in nats, and the number of characters of all
    together, spaces and ends of lines among them."""
    columns = {"example": np.arange(len(losses)), "target": targets, "log_probability": -losses}
    return pd.DataFrame(columns | {"characters": characters / len(losses)})


def _nats(table: pd.DataFrame) -> Numbers:
    return per_row(-table["log_probability"].to_numpy(np.float64))


def _bits(table: pd.DataFrame) -> Numbers:
    columns = [-table["log_probability"] / math.log(2), table["characters"]]
    return np.stack([each.to_numpy(np.float64) for each in columns], 1)


TOKENS = ("source", "prepare.tokens", "prepare.vocab_size")
SCORES = [
    Score("loss", "lower", "nats per token", sums=_nats, depends_on=TOKENS),
    Score("perplexity", "lower", "per token", sums=_nats, value=lambda sums: np.exp(ratio(sums)), depends_on=TOKENS),
    Score("bits_per_character", "lower", "bits per character", sums=_bits),  # however a text is cut into tokens
]
