"""Evaluation on the test split of models that name one class per example."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.examples import example_ids
from kassandra.contracts.tables import write_table
from kassandra.judging import figures
from kassandra.judging.judge import Report, judge
from kassandra.targets.label.evaluate import figures as label_figures
from kassandra.targets.label.evaluate.classification import mistakes, per_class, predictions
from kassandra.targets.label.evaluate.scores import RESAMPLING, SCORES


def evaluate(
    predictor: Any, test: Path, show: ModuleType | None, baselines: pd.DataFrame, history: pd.DataFrame, plots: Path,
    pages: Path, seed: int,
) -> tuple[Report, pd.DataFrame]:  # fmt: skip
    """Writes pictures and tables into `plots`, pages to read into `pages`; returns the scores, and one row per example.

    Args:
        predictor: the model; `outputs` of a split has `log_probabilities` (examples, classes) and `attention`.
        show: how the input shows examples. Of its functions, if it has them, `pictures(test, meta, targets,
            log_probabilities, attention, plots, pages)` draws those of the split, and `in_words(test, rows)` describes
            some rows.
        baselines: the class that each predicts, a column each.
    """
    meta, arrays = predictor.meta, map_arrays(test)
    classes, targets = meta["classes"], np.array(arrays["labels"], np.int64)
    log_probabilities, attention = predictor.outputs(predictor.pair.read(test))
    table = predictions(example_ids(arrays, len(targets)), targets, log_probabilities, classes)
    others = {str(name): pd.DataFrame({"target": targets, "predicted": baselines[name]}) for name in baselines}
    report, by_class = judge(SCORES, table, others, RESAMPLING, seed), per_class(table, seed)

    figures.learning_curves(history, SCORES, plots / "learning_curves.png")
    confusion = confusion_matrix(targets, table["predicted"], labels=range(len(classes)))
    label_figures.confusion(confusion, classes, plots / "confusion.png")
    label_figures.per_class(by_class, plots / "per_class.png")
    write_table(plots / "per_class.csv", by_class)
    confidence, right = np.exp(log_probabilities.max(1)), (table["predicted"] == table["target"]).to_numpy()
    label_figures.reliability(confidence, right, report.scores["calibration_error"], plots / "reliability.png")
    label_figures.roc_and_precision_recall(targets, log_probabilities, classes, plots / "roc_and_precision_recall.png")
    wrong = mistakes(table)
    if show and hasattr(show, "in_words"):
        wrong["in words"] = show.in_words(test, wrong["row"].to_numpy())
    write_table(pages / "mistakes.csv", wrong)
    if show and hasattr(show, "pictures"):
        show.pictures(test, meta, targets, log_probabilities, attention, plots, pages)
    return report, table
