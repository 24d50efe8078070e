"""Image files of any kind that Pillow reads, in grey or in colour; what is transparent is white, as on paper."""

import math
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.foreign import foreign

PIXELS = 64_000_000  # of an image file; four bytes and more each while it is read
# EPS is a program, which Pillow has Ghostscript run; the others need what Pillow does not bring.
NOT_READ = {"EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG"}
CLAIMS = {".heic", ".heif", ".avif", ".jxl", ".svg", ".psd", ".dng", ".cr2", ".nef", ".arw", ".raw"}  # not all are read
COLOURED = 8  # of 255, by which red, green and blue differ somewhere in an image that is coloured

# What is done to images that is worth a line; counted by `read`.
TURNED = "turned as their EXIF orientation says"
PAPER = "with transparent parts, which are white"
FIRST = "of several frames, of which the first is read"
GREY = "in colour, read in grey (`prepare.channels: rgb` reads colour)"
DEEP = "of more than 8 bits"


def read(
    path: Path, size: tuple[int, int], channels: Literal["grey", "rgb"] = "grey", notes: Counter[str] | None = None,
    content: bytes | None = None,
) -> NDArray[Any]:  # fmt: skip
    """An image resized to `size`, (width, height); of the `content` of a file in an archive, if that is given.

    Returns:
        (height, width) uint8, or (height, width, 3) in colour; of an image of more than 8 bits (height, width) float32,
        in its own unit: see `stretched`.

    Raises:
        KassandraError: it cannot be read as an image, or has more than PIXELS.
    """
    notes = Counter() if notes is None else notes
    with _readable(path), Image.open(path if content is None else BytesIO(content), formats=_formats()) as image:
        if math.prod(image.size) > PIXELS:
            raise ValueError(f"{image.width}×{image.height} pixels; at most {PIXELS:,} in all")
        notes[FIRST] += getattr(image, "n_frames", 1) > 1
        image.load()
        upright = ImageOps.exif_transpose(image)
        notes[TURNED] += image.getexif().get(0x0112, 1) in range(2, 9)
        if upright.mode.startswith("I") or upright.mode == "F":
            notes[DEEP] += 1
            return _deep(upright, size)
        return _shallow(upright, size, channels, notes)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """One sentence, whatever a reader of some format trips over in a damaged file."""
    try:
        with warnings.catch_warnings(action="ignore"):  # as of 100 million pixels
            yield
    except FileNotFoundError:
        raise KassandraError(f"{path}: no such file") from None
    except Exception as error:
        raise KassandraError(f"{path}: not an image that can be read ({_why(path, error)})") from None


def _why(path: Path, error: Exception) -> str:
    if path.is_file() and not path.stat().st_size:
        return "an empty file"
    return (path.is_file() and foreign(path)) or str(error) or type(error).__name__


def is_image(path: Path) -> bool:
    """By how the file begins."""
    try:
        with _readable(path), Image.open(path, formats=_formats()):
            return True
    except KassandraError:
        return False


@cache
def endings() -> set[str]:
    """Of the names of files that claim to be images."""
    Image.init()
    return CLAIMS | {ending for ending, kind in Image.registered_extensions().items() if kind in _formats()}


@cache
def _formats() -> list[str]:
    Image.init()
    return [name for name in Image.OPEN if name not in NOT_READ]


def _shallow(image: Image.Image, size: tuple[int, int], channels: str, notes: Counter[str]) -> NDArray[np.uint8]:
    if image.has_transparency_data:
        notes[PAPER] += 1
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    if channels == "rgb":
        return np.asarray(image.convert("RGB").resize(size, Image.Resampling.BILINEAR))
    if image.mode not in ("1", "L"):
        colours = np.asarray(image.convert("RGB").resize((16, 16)), np.int16)
        notes[GREY] += bool(np.ptp(colours, axis=2).max() > COLOURED)
    return np.asarray(image.convert("L").resize(size, Image.Resampling.BILINEAR))


def _deep(image: Image.Image, size: tuple[int, int]) -> NDArray[np.float32]:
    values = np.asarray(image).astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError("values that are no numbers")
    return np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BILINEAR))


def stretched(image: NDArray[Any], span: list[float] | None, channels: str = "grey") -> NDArray[np.uint8]:
    """An image as `read` gives it, in 8 bits: where it has more, the values from span[0] to span[1] become 0 to 255.

    None, as where no image of train had more, takes the whole range of 16 bits.

    Raises:
        KassandraError: it has more, there is no `span`, and they are not within 16 bits.
    """
    if image.dtype == np.uint8:
        return image
    if span is None and not 0 <= image.min() <= image.max() <= 65535:
        what = f"values from {image.min():g} to {image.max():g}"
        raise KassandraError(f"{what}, but the model was trained on images of 8 bits; convert it to such")
    span = span or [0, 65535]
    low, high = span
    shares = ((image.astype(np.float64) - low) / (high - low)).clip(0, 1)
    grey = np.rint(shares * 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1) if channels == "rgb" else grey
