"""Translations: the corpus BLEU of two models on the same sentences."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.comparison.revisions import Predicted
from kassandra.judging.paired import REPLICATES, Difference, Numbers, bootstrap

COLUMNS = ["correct", "total", "hypothesis_length", "reference_length"]
ORDERS = 4  # n-grams of 1 to 4 tokens


def differ(a: pd.DataFrame, b: pd.DataFrame) -> str:
    """Why two tables of predictions are not of the same sentences; empty if they are."""
    if len(a) != len(b):
        return f"{len(a):,} test sentences at A, {len(b):,} at B"
    # Of several references the one nearest in length counts, so `reference_length` may differ for the same sentence.
    sources = "source" in a and "source" in b
    return "other sentences" if sources and not (a["source"] == b["source"]).all() else ""


def compared(a: Predicted, b: Predicted, replicates: int = REPLICATES) -> dict[str, tuple[float, float, Difference]]:
    """A's and B's BLEU and the difference, by the paired bootstrap that sacrebleu documents."""
    counts = [_counts(side.table) for side in (a, b)]  # (sentences, 2 * ORDERS + 2) each
    one, other = (float(corpus_bleu(each.sum(0))) for each in counts)

    def statistic(times: NDArray[np.int64]) -> Numbers:
        return np.array([[float(corpus_bleu(times @ each))] for each in counts])

    (difference,) = bootstrap(len(a.table), statistic, replicates)
    return {"bleu": (one, other, difference)}


def corpus_bleu(sums: Numbers) -> Numbers:
    """In [0, 100]: the geometric mean of n-gram precisions, times the brevity penalty (Papineni et al. 2002).

    An order of which nothing matched counts as half a match, the next such order as a quarter (sacrebleu's smoothing
    `exp`); where no word matched at all, or there are no n-grams of an order, BLEU is 0.

    Args:
        sums: (…, 10) over sentences: matched n-grams of each order, n-grams of each order, tokens of the translations,
            tokens of the references.

    >>> float(corpus_bleu(np.array([4.0, 3, 2, 1, 4, 3, 2, 1, 4, 4]))), float(corpus_bleu(np.zeros(10)))
    (100.0, 0.0)
    """
    correct, total = sums[..., :ORDERS], sums[..., ORDERS : 2 * ORDERS]
    hypotheses, references = sums[..., -2], sums[..., -1]
    smoothed = np.where(correct == 0, 0.5 ** np.cumsum(correct == 0, -1), correct)  # (…, ORDERS)
    defined = (correct[..., 0] > 0) & (total > 0).all(-1)
    precisions = np.log(np.where(defined[..., None], smoothed, 1) / np.where(total > 0, total, 1)).mean(-1)
    short = np.minimum(0.0, 1 - references / np.maximum(hypotheses, 1))
    return np.asarray(np.where(defined, 100 * np.exp(precisions + short), 0.0))


def _counts(table: pd.DataFrame) -> Numbers:
    lists = [np.array(table[name].tolist()) for name in ("correct", "total")]  # (sentences, ORDERS) each
    lengths = table[["hypothesis_length", "reference_length"]].to_numpy()
    return np.concatenate([*lists, lengths], axis=1).astype(np.float64)
