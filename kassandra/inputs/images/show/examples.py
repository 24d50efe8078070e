"""Evaluation of image classifiers on the test split: scores, tables, and what the model got wrong or looked at."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kassandra.contracts.artifacts import read_arrays
from kassandra.contracts.tables import write_table
from kassandra.inference import Predictor
from kassandra.judging import figures
from kassandra.targets.label.evaluate import classification


def evaluate(
    predictor: Predictor, test: Path, baselines: pd.DataFrame, history: pd.DataFrame, plots: Path, pages: Path,
    seed: int,
) -> tuple[classification.ClassReport, pd.DataFrame]:  # fmt: skip
    """Writes pictures and a table into `plots`, nothing into `pages`; returns the scores, and one row per image."""
    classes = predictor.meta["classes"]
    arrays = read_arrays(test)
    images, targets = arrays["images"], arrays["labels"]
    log_probabilities, attention = predictor.outputs(predictor.task.read(test))
    answers = {str(name): column.to_numpy() for name, column in baselines.items()}
    report = classification.report(targets, log_probabilities, answers, classes, seed)

    figures.learning_curves(history, plots / "learning_curves.png")
    figures.confusion(report.confusion, classes, plots / "confusion.png")
    figures.per_class(report.per_class, plots / "per_class.png")
    write_table(plots / "per_class.csv", report.per_class)
    _mistakes(images, targets, log_probabilities, classes, plots / "mistakes.png")
    if attention is not None:
        _attention(images, targets, log_probabilities, _as_images(np.stack(attention), predictor.meta), classes, plots)
    return report, classification.predictions(targets, log_probabilities, classes)


def _mistakes(
    images: NDArray[np.uint8], targets: classification.Labels, log_probabilities: NDArray[np.float64],
    classes: list[str], path: Path,
) -> None:  # fmt: skip
    """The wrong answers that the model was most sure of."""
    predicted, sure = log_probabilities.argmax(1), np.exp(log_probabilities.max(1))
    wrong = np.flatnonzero(predicted != targets)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:32]
    figure = Figure(figsize=(9, 1.3 * max(1, -(-len(worst) // 8)) + 0.4), layout="constrained")
    figure.suptitle(
        f"The {len(worst)} most confidently wrong of {len(wrong)} wrong answers: what it is → what the model says"
    )
    for place, row in enumerate(worst):
        axis = figure.add_subplot(-(-len(worst) // 8), 8, place + 1)
        axis.imshow(images[row], cmap="gray_r", vmin=0, vmax=255)
        axis.set_title(f"{classes[targets[row]]} → {classes[predicted[row]]}  {sure[row]:.2f}", fontsize=8)
        axis.set_axis_off()
    figures.save(figure, path)


def _attention(
    images: NDArray[np.uint8], targets: classification.Labels, log_probabilities: NDArray[np.float64],
    weights: NDArray[np.float32], classes: list[str], plots: Path,
) -> None:  # fmt: skip
    """The first test image of each class, and where the weights lie that made its summary."""
    shown = [int(np.flatnonzero(targets == label)[0]) for label in range(len(classes)) if (targets == label).any()][:16]
    columns = min(len(shown), 5)
    figure = Figure(figsize=(2.2 * columns, 1.9 * -(-len(shown) // columns) + 0.4), layout="constrained")
    figure.suptitle("Attention: the share of each step in the summary that the answer is read from")
    for place, row in enumerate(shown):
        axis = figure.add_subplot(-(-len(shown) // columns), columns, place + 1)
        axis.imshow(images[row], cmap="gray_r", vmin=0, vmax=255)
        height, width = images[row].shape
        share = weights[row].sum(1)  # (height,): of each row of pixels
        if np.allclose(weights[row], share[:, None] / width):  # steps are rows: bars beside the image
            axis.barh(range(height), share / share.max() * width * 0.5, left=width, color=figures.ORANGE, height=0.9)
            axis.set_xlim(-0.5, width * 1.5)
        else:
            axis.imshow(weights[row], cmap="Oranges", alpha=0.6)
        said = classes[log_probabilities[row].argmax()]
        axis.set_title(f"{classes[targets[row]]} → {said}", fontsize=8)
        axis.set_axis_off()
    figures.save(figure, plots / "attention.png")


def _as_images(attention: NDArray[np.float32], meta: dict[str, object]) -> NDArray[np.float32]:
    """(examples, time) weights of steps as (examples, height, width) weights of pixels; each image sums to 1."""
    height, width = int(str(meta["height"])), int(str(meta["width"]))
    flat = np.repeat(attention, height * width // attention.shape[1], axis=1)
    flat = flat / flat.sum(1, keepdims=True)
    if meta["order"] is not None:  # put permuted pixels back
        unpermuted = np.empty_like(flat)
        unpermuted[:, meta["order"]] = flat
        flat = unpermuted
    return np.reshape(flat, (-1, height, width))
