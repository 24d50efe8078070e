"""Pictures of classified images: what a model got wrong, and where it looked."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kassandra.contracts.artifacts import map_arrays
from kassandra.judging import figures


def pictures(
    test: Path, meta: dict[str, Any], targets: NDArray[np.int64], log_probabilities: NDArray[np.float64],
    attention: list[NDArray[np.float32]] | None, plots: Path, pages: Path,
) -> None:  # fmt: skip
    """Of the images of a test split, whose targets and predictions are classes of `meta`; see targets/label."""
    images, classes = map_arrays(test)["images"], meta["classes"]
    _mistakes(images, targets, log_probabilities, classes, plots / "mistakes.png")
    if attention is not None:
        _attention(images, targets, log_probabilities, as_images(np.stack(attention), meta), classes, plots)


def _mistakes(
    images: NDArray[np.uint8], targets: NDArray[np.int64], log_probabilities: NDArray[np.float64],
    classes: list[str], path: Path,
) -> None:  # fmt: skip
    """The wrong answers that the model was most sure of."""
    predicted, sure = log_probabilities.argmax(1), np.exp(log_probabilities.max(1))
    wrong = np.flatnonzero(predicted != targets)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:32]
    figure = Figure(figsize=(9, 1.3 * max(1, -(-len(worst) // 8)) + 0.4), layout="constrained")
    counts = f"The {len(worst)} most confidently wrong of {len(wrong)} wrong answers"
    figure.suptitle(f"{counts}: what it is → what the model predicts")
    for place, row in enumerate(worst):
        axis = figure.add_subplot(-(-len(worst) // 8), 8, place + 1)
        axis.imshow(images[row], cmap="gray_r", vmin=0, vmax=255)
        one, other = (figures.name(classes[label]) for label in (targets[row], predicted[row]))
        axis.set_title(f"{one} → {other}  {sure[row]:.2f}", fontsize=8)
        axis.set_axis_off()
    figures.save(figure, path)


def _attention(
    images: NDArray[np.uint8], targets: NDArray[np.int64], log_probabilities: NDArray[np.float64],
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
        height, width = images[row].shape[:2]
        share = weights[row].sum(1)  # (height,): of each row of pixels
        if np.allclose(weights[row], share[:, None] / width):  # steps are rows: bars beside the image
            axis.barh(range(height), share / share.max() * width * 0.5, left=width, color=figures.ORANGE, height=0.9)
            axis.set_xlim(-0.5, width * 1.5)
        else:
            axis.imshow(weights[row], cmap="Oranges", alpha=0.6)
        one, other = (figures.name(classes[label]) for label in (targets[row], log_probabilities[row].argmax()))
        axis.set_title(f"{one} → {other}", fontsize=8)
        axis.set_axis_off()
    figures.save(figure, plots / "attention.png")


def as_images(attention: NDArray[np.float32], meta: dict[str, object]) -> NDArray[np.float32]:
    """(examples, time) weights of steps as (examples, height, width) weights of pixels; each image sums to 1."""
    height, width = int(str(meta["height"])), int(str(meta["width"]))
    flat = np.repeat(attention, height * width // attention.shape[1], axis=1)
    flat = flat / flat.sum(1, keepdims=True)
    if meta["order"] is not None:  # put permuted pixels back
        flat = flat[:, np.argsort(np.asarray(meta["order"]))]
    return np.reshape(flat, (-1, height, width))
