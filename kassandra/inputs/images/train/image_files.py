"""Image files of any kind, in grey."""

import math
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from kassandra.contracts.errors import KassandraError

PIXELS = 64_000_000  # of an image file; four bytes and more each while it is read


def grey(path: Path) -> Image.Image:
    """An image file in 8 bits of grey; what is transparent is white, as on paper."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as image:  # as of 100 million pixels
            if math.prod(image.size) > PIXELS:
                raise ValueError(f"{image.width}×{image.height} pixels; at most {PIXELS:,} in all")
            if image.mode.startswith("I"):  # 16 bits of grey: `convert` would cut off what is above 255
                return Image.fromarray((np.asarray(image) // 257).clip(0, 255).astype(np.uint8))
            paper = Image.new("RGBA", image.size, "white")
            seen = Image.alpha_composite(paper, image.convert("RGBA")) if image.has_transparency_data else image
            return seen.convert("L")
    except FileNotFoundError:
        raise KassandraError(f"{path}: no such file") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise KassandraError(f"{path}: not an image that can be read ({error})") from None
