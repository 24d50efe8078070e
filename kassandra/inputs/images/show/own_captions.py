"""Image files of a user's, read for `kassandra caption`."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.images.show import own_examples
from kassandra.inputs.images.show.own_examples import NAME, OPTIONS, is_one

__all__ = ["COMMAND", "NAME", "OPTIONS", "is_one", "read"]
COMMAND = "caption"


def read(given: list[str], meta: dict[str, Any], invert: bool = False) -> tuple[list[str], NDArray[np.uint8]]:
    """Names and images; of photographs `invert` is not used.

    Raises:
        KassandraError: there are none, or one cannot be read.
    """
    if meta["scan"] != "grid":
        return own_examples.read(given, meta, invert)
    if not given:
        raise KassandraError("caption: give one image file or several")
    return given, np.stack([own_examples.own_file(Path(path), meta, invert) for path in given])
