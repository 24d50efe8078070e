"""Image files of a user's, read for `kassandra predict`."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.images.train import image_files
from kassandra.inputs.images.train.image_files import read as read_image
from kassandra.inputs.images.train.image_files import stretched

NAME = "image"
OPTIONS = {"invert"}
is_one = image_files.is_image


def read(given: list[str], meta: dict[str, Any], invert: bool = False) -> tuple[list[str], NDArray[np.uint8]]:
    """Names, and (images, height, width), or (…, 3) in colour; a hint goes to standard error where dark and bright seem
    the wrong way round.

    Raises:
        KassandraError: there are none, or one cannot be read.
    """
    if not given:
        raise KassandraError("predict: give one image file or several")
    images = np.stack([own_file(Path(path), meta, invert) for path in given])
    usual, here = float(meta["mean"]), float(images.mean()) / 255
    if abs((1 - here) - usual) < abs(here - usual):  # nearer to the train images when inverted
        brightness = f"Mean brightness is {here:.2f}, in the train images it was {usual:.2f}"
        print(f"{brightness}: perhaps {'without ' if invert else ''}--invert is right here.", file=sys.stderr)
    return given, images


def own_file(path: Path, meta: dict[str, Any], invert: bool = False) -> NDArray[np.uint8]:
    """An image file as those that the model was trained on: of their size and channels."""
    size, channels = (int(meta["width"]), int(meta["height"])), meta.get("channels", "grey")
    try:
        pixels = stretched(read_image(path, size, channels), meta.get("range"), channels)
    except KassandraError as error:
        raise KassandraError(str(error) if str(error).startswith(str(path)) else f"{path}: {error}") from None
    return np.uint8(255) - pixels if invert else pixels
