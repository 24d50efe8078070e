"""Evaluation of text classifiers on the test split: scores, calibration, and the words that a model looked at."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.contracts.tables import write_table
from kassandra.inference import Predictor
from kassandra.judging import figures, highlight
from kassandra.targets.label.evaluate import calibration, classification, curves
from kassandra.vocabulary.tokens import display

SHOWN = 6  # texts whose weights are drawn
READABLE = 150  # tokens of a text that is shown, at most


def evaluate(
    predictor: Predictor,
    test: Path,
    baselines: pd.DataFrame,
    history: pd.DataFrame,
    plots: Path,
    pages: Path,
    seed: int,
) -> tuple[classification.ClassReport, pd.DataFrame]:
    """Writes pictures and tables into `plots`, pages to read into `pages`; returns the scores, and one row per text."""
    classes, split = predictor.meta["classes"], predictor.task.read(test)
    targets = split.labels
    log_probabilities, attention = predictor.outputs(split)
    answers = {str(name): column.to_numpy() for name, column in baselines.items()}
    report = classification.report(targets, log_probabilities, answers, classes, seed)
    predicted, confidence = log_probabilities.argmax(1), np.exp(log_probabilities.max(1))
    right = predicted == targets
    report.scores.update(curves.area_scores(targets, log_probabilities, seed))
    report.scores["calibration_error"] = calibration.calibration_error_score(confidence, right, seed)

    figures.learning_curves(history, plots / "learning_curves.png")
    figures.confusion(report.confusion, classes, plots / "confusion.png")
    figures.per_class(report.per_class, plots / "per_class.png")
    write_table(plots / "per_class.csv", report.per_class)
    calibration.reliability(confidence, right, plots / "reliability.png", seed)
    curves.roc_and_precision_recall(targets, log_probabilities, classes, plots / "roc_and_precision_recall.png")
    curves.accuracy_by_length(split.ids.lengths, right, plots / "accuracy_by_length.png")
    mistakes, texts = classification.mistakes(targets, log_probabilities, classes), split.texts.texts()
    mistakes["text"] = [display(texts[row]) for row in mistakes["row"]]
    write_table(pages / "mistakes.csv", mistakes)
    if attention is not None:
        shown = _some_of_each(targets, right, split.ids.lengths)
        passages = [
            _passage(predictor, text, attention[row], targets[row], log_probabilities[row])
            for row, text in zip(shown, split.texts.take(shown).texts(), strict=True)
        ]
        explanation = (
            "The stronger the colour, the larger the token's share in the summary that the answer is read from."
        )
        highlight.html(passages, "What the model attends to", explanation, pages / "attention.html")
        highlight.png(passages, "Attention: the stronger, the larger the share in the summary", plots / "attention.png")
    return report, classification.predictions(targets, log_probabilities, classes)


def _some_of_each(
    targets: classification.Labels, right: NDArray[np.bool_], lengths: NDArray[np.int64]
) -> NDArray[np.intp]:
    """Short texts: the first that are right of each class in turn, and the first that are wrong."""
    short = np.flatnonzero(lengths <= max(READABLE, np.quantile(lengths, 0.2)))
    by_class = [short[right[short] & (targets[short] == label)] for label in np.unique(targets)]
    taken = [rows[place] for place in range(SHOWN) for rows in by_class if place < len(rows)][: SHOWN - 2]
    return np.array([*taken, *short[~right[short]][: SHOWN - len(taken)]], np.intp)


def _passage(
    predictor: Predictor, text: str, weights: NDArray[np.float32], target: int, log_probabilities: NDArray[np.float64]
) -> highlight.Passage:
    classes = predictor.meta["classes"]
    pieces, token_of = predictor.task.pieces(text)
    said, sure = classes[log_probabilities.argmax()], np.exp(log_probabilities.max())
    shares = np.array([0.0 if token is None else float(weights[token]) for token in token_of])
    heading = f"{classes[target]}, the model says {said} ({sure:.2f})"
    return highlight.Passage(heading, [display(piece) for piece in pieces], shares)
