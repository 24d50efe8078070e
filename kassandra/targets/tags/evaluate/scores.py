"""Predictions of models that tag each step, and their scores: of spans, of steps, of whole sequences.

A span is right where its steps and its type are (Tjong Kim Sang & De Meulder 2003; the definition of conlleval and of
seqeval). Micro F1 counts every span once; macro F1 is the mean over types. Plain tags have no spans: their macro F1 is
over tags, and counts steps.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.contracts.spans import spans
from kassandra.judging.resampling import Rows
from kassandra.judging.score import Numbers, Score, Share, per_row

KEYS = ["example"]
RESAMPLING = Rows()  # sequences are drawn whole
COUNTS = ["spans_right", "spans_predicted", "spans_observed"]


def predictions(
    examples: Sequence[str], observed: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], are_spans: bool,
    nats: NDArray[np.float64] | None = None, known: NDArray[np.int64] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """One row per sequence: its id, its tags as observed and predicted, and what each adds to the scores.

    Args:
        nats: (sequences,) the sum over steps of -log p of the observed tag, where there is such a tag in train; `known`
            says of how many steps. None of what gives no probabilities.
    """
    table = {"example": list(examples), "target": [list(each) for each in observed]}
    table["predicted"] = [list(each) for each in predicted]
    right = [
        sum(a == b for a, b in zip(one, other, strict=True)) for one, other in zip(observed, predicted, strict=True)
    ]
    columns: dict[str, Any] = {"steps": [len(one) for one in observed], "steps_right": right}
    if are_spans:
        both = [(set(spans(one)), set(spans(other))) for one, other in zip(predicted, observed, strict=True)]
        counts = [(len(one & other), len(one), len(other)) for one, other in both]
        columns |= dict(zip(COUNTS, np.array(counts, np.int64).T, strict=True))
    if nats is not None:
        columns |= {"nats": nats, "steps_known": known}
    return pd.DataFrame(table | columns)


def asked(table: pd.DataFrame) -> NDArray[Any]:
    """(rows,) the tags that were observed, in one text."""
    return np.array(["\n".join(tags) for tags in table["target"]], object)


def types_of(table: pd.DataFrame) -> list[str]:
    """Of spans that were observed; of plain tags all that were."""
    return sorted({name for tags in table["target"] for name in _named(table, tags)})


def _named(table: pd.DataFrame, tags: Sequence[str]) -> list[str]:
    return [span.type for span in spans(tags)] if COUNTS[0] in table else list(tags)


def by_type(table: pd.DataFrame) -> Numbers | None:
    """(rows, 3 * types): of each type of `types_of` how many spans (of plain tags: steps) are right, predicted,
    observed."""
    if "target" not in table:
        return None
    types = {name: place for place, name in enumerate(types_of(table))}
    counts = np.zeros((len(table), 3, len(types)))
    for row, (observed, predicted) in enumerate(zip(table["target"], table["predicted"], strict=True)):
        if COUNTS[0] in table:
            one, other = set(spans(predicted)), set(spans(observed))
            each: list[list[str]] = [[span.type for span in some] for some in (one & other, one, other)]
        else:
            each = [[a for a, b in zip(observed, predicted, strict=True) if a == b], list(predicted), list(observed)]
        for which, names in enumerate(each):
            for name in names:
                if name in types:
                    counts[row, which, types[name]] += 1
    return counts.reshape(len(table), -1)


def precision_recall_f1(sums: Numbers) -> Numbers:
    """(…, 3, types) of (…, 3 * types): how often each was right, predicted, observed. 0 where it never is."""
    right, predicted, observed = np.split(np.asarray(sums, np.float64), 3, axis=-1)
    parts = [right / np.maximum(predicted, 1), right / np.maximum(observed, 1)]
    return np.stack([*parts, 2 * right / np.maximum(predicted + observed, 1)], axis=-2)


def _spans(table: pd.DataFrame) -> Numbers | None:
    """(rows, 3)"""
    return table[COUNTS].to_numpy(np.float64) if COUNTS[0] in table else None


def _micro(which: int) -> Callable[[Numbers], Numbers]:
    return lambda sums: np.asarray(precision_recall_f1(sums)[..., which, 0])


def _columns(*names: str) -> Callable[[pd.DataFrame], Numbers | None]:
    return lambda table: table[[*names]].to_numpy(np.float64) if set(names) <= set(table) else None


SCORES = [
    Score("f1", "higher", "of spans, micro", largest=1, sums=_spans, value=_micro(2)),
    Score("precision", "higher", "of spans", largest=1, sums=_spans, value=_micro(0)),
    Score("recall", "higher", "of spans", largest=1, sums=_spans, value=_micro(1)),
    Score("macro_f1", "higher", "mean over types", largest=1, sums=by_type,
          value=lambda sums: np.asarray(precision_recall_f1(sums)[..., 2, :].mean(-1))),
    Score("accuracy", "higher", "share of steps", largest=1, sums=_columns("steps_right", "steps")),
    Share("exact", "higher", "share of sequences", largest=1,
          sums=lambda table: per_row((table["steps_right"] == table["steps"]).to_numpy())),
    Score("loss", "lower", "nats per step", sums=_columns("nats", "steps_known")),
]  # fmt: skip
BY_TYPE = Score("f1_by_type", "higher", sums=by_type, value=lambda sums: precision_recall_f1(sums)[..., 2, :])
