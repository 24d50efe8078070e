"""Language models: the scores of two models on the same tokens."""

import math

import numpy as np
import pandas as pd

from kassandra.comparison.revisions import Predicted
from kassandra.judging.paired import Difference
from kassandra.judging.sums import Ratio, difference

COLUMNS = ["target", "log_probability"]
STRETCHES = 200  # of a text, at most, as in kassandra.targets.next.evaluate.report
SHORTEST = 100  # tokens of a stretch; of shorter ones, those that follow on each other have too much in common
TEST = "t-test of stretches of the text, long-run variance"


def differ(a: pd.DataFrame, b: pd.DataFrame) -> str:
    """Why two tables are not of the same tokens; empty if they are."""
    if len(a) != len(b):
        return f"{len(a):,} test tokens at A, {len(b):,} at B"
    return "" if (a["target"] == b["target"]).all() else "other tokens"


def compared(a: Predicted, b: Predicted) -> dict[str, tuple[float, float, Difference]]:
    """A's and B's loss, perplexity and bits per character, and the difference.

    Stretches that follow on each other are not quite independent: hence the long-run variance, and not the bootstrap of
    a single model's interval.
    """
    one, other = _ratios(a), _ratios(b)
    return {name: difference(one[name], other[name], 1, TEST) for name in one}


def _ratios(told: Predicted) -> dict[str, Ratio]:
    losses = -told.table["log_probability"].to_numpy(np.float64)  # (tokens,) nats
    pieces = np.array_split(losses, max(2, min(STRETCHES, len(losses) // SHORTEST)))
    sums, sizes = np.array([[piece.sum(), len(piece)] for piece in pieces], np.float64).T
    per_character = told.stored["bits_per_character"] / losses.mean()  # bits, of a nat per token
    return {
        "loss": Ratio(sums, sizes),
        "perplexity": Ratio(sums, sizes, math.exp),
        "bits_per_character": Ratio(per_character * sums, sizes),
    }
