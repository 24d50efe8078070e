"""Pictures of images with captions: where a model looked for each word, and small images for a page."""

import io
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from kassandra.contracts.artifacts import map_arrays
from kassandra.inputs.images.show.examples import as_images
from kassandra.judging import figures

Words = Sequence[tuple[str, NDArray[np.float32]]]  # of a caption, each with its weights (steps,)
COLUMNS = 8  # words in a line


def as_html(test: Path) -> Callable[[int], str]:
    """Of the image of a row of a test split."""
    images = map_arrays(test)["images"]

    def element(row: int) -> str:
        content = io.BytesIO()
        Image.fromarray(np.asarray(images[row])).save(content, "PNG")
        return f'<img alt="" src="data:image/png;base64,{b64encode(content.getvalue()).decode()}">'

    return element


def attention(test: Path, meta: dict[str, Any], rows: NDArray[np.intp], captions: Sequence[Words], path: Path) -> None:
    """Of some rows of a test split, one below the other: the image, and for each word where the weights lie (Xu et al.
    2015, figure 3)."""
    images = np.asarray(map_arrays(test)["images"][rows])
    lines = [-(-len(words) // COLUMNS) for words in captions]
    figure = Figure(figsize=(1.35 * (COLUMNS + 1), 1.5 * sum(lines) + 0.4), layout="constrained")
    figure.suptitle("Attention: where the model looked in the image for each word", fontsize=10)
    first = 0
    for image, words, own in zip(images, captions, lines, strict=True):
        axis = figure.add_subplot(sum(lines), COLUMNS + 1, first * (COLUMNS + 1) + 1)
        axis.imshow(image, cmap="gray_r")
        axis.set_axis_off()
        for number, (word, weights) in enumerate(words):
            line, column = divmod(number, COLUMNS)
            axis = figure.add_subplot(sum(lines), COLUMNS + 1, (first + line) * (COLUMNS + 1) + column + 2)
            _weighed(axis, image, weights, meta)
            axis.set_title(figures.drawable(word), fontsize=8, parse_math=False)
            axis.set_axis_off()
        first += own
    figures.save(figure, path)


def _weighed(axis: Any, image: NDArray[np.uint8], weights: NDArray[np.float32], meta: dict[str, Any]) -> None:
    height, width = image.shape[:2]
    if meta["scan"] == "grid":
        side = round(len(weights) ** 0.5)
        places = weights.reshape(side, side)
    else:
        places = as_images(weights[None], meta)[0]
    grey = image.mean(2) if image.ndim == 3 else 255 - image.astype(np.float64)
    axis.imshow(grey, cmap="gray", vmin=0, vmax=255)
    axis.imshow(places, cmap="Oranges", alpha=0.6, extent=(-0.5, width - 0.5, height - 0.5, -0.5),
                interpolation="bilinear", vmin=0, vmax=max(float(places.max()), 1e-9))  # fmt: skip
