"""Images that are nearly the same: of another size, brighter, or saved again; by what is left of them when small."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kassandra.contracts.near import near
from kassandra.contracts.stored import Stored

SIZE = 12  # pixels a side of what is compared
ALIKE = 0.998  # cosine: copies saved as JPEG of low quality lie above, further photographs of the same thing below


def alike(images: Iterable[NDArray[Any]]) -> list[int]:
    """Of each image the number of the first that it is nearly the same as; its own where there is none."""
    return near(Stored(small(image) for image in images).stacked(), ALIKE)


def small(image: NDArray[Any]) -> NDArray[np.float32]:
    """(SIZE², ) its pixels in grey, without their mean; the length says how bright it is, and is not compared."""
    grey = image.mean(axis=-1) if image.ndim == 3 else image
    small = Image.fromarray(grey.astype(np.float32)).resize((SIZE, SIZE), Image.Resampling.BOX)
    values = np.asarray(small, np.float32).ravel()
    return np.asarray(values - values.mean(), np.float32)
