"""Tables of models that name one class per example: predictions, each class by itself, and mistakes."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.judging.score import resample
from kassandra.targets.label.evaluate.rankings import Labels
from kassandra.targets.label.evaluate.scores import BY_CLASS, PREFIX, RESAMPLING, classes_of, precision_recall_f1


def predictions(
    examples: list[str], targets: Labels, log_probabilities: NDArray[np.float64], classes: list[str]
) -> pd.DataFrame:
    """One row per example: its id, what it is, what the model predicts, and the probability of each class."""
    columns = {f"{PREFIX}{name}": column for name, column in zip(classes, np.exp(log_probabilities).T, strict=True)}
    table = {"example": examples, "target": targets.astype(np.int64), "predicted": log_probabilities.argmax(1)}
    return pd.DataFrame(table | columns)


def per_class(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """class, examples, precision, recall, f1, and the interval of f1; f1 last, as `dvc plots` draws the last column."""
    (scored,) = resample([(BY_CLASS, table)], RESAMPLING.units(table), seed)
    assert scored
    precision, recall, f1 = precision_recall_f1(scored.observed)  # (classes,) each
    classes, (_, low, high) = classes_of(table), scored.estimate
    columns = {"class": classes, "examples": np.bincount(table["target"], minlength=len(classes))}
    columns |= {"precision": precision, "recall": recall, "f1_low": low, "f1_high": high, "f1": f1}
    return pd.DataFrame(columns)


def mistakes(table: pd.DataFrame) -> pd.DataFrame:
    """All wrong answers, those that the model was most sure of first: row, example, target, predicted, probability."""
    classes = np.array(classes_of(table), object)
    sure = table[[f"{PREFIX}{name}" for name in classes]].to_numpy().max(1)
    wrong = np.flatnonzero(table["target"] != table["predicted"])
    rows = wrong[np.argsort(-sure[wrong], kind="stable")]
    named = table.iloc[rows]
    columns = {"row": rows, "example": named["example"], "target": classes[named["target"]]}
    columns |= {"predicted": classes[named["predicted"]], "probability": sure[rows]}
    return pd.DataFrame(columns).reset_index(drop=True)
