"""Images with a label each: idx files such as MNIST's, or your own folder of image files."""

import gzip
import math
import zlib
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import missing
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Encoded, Examples, Rows
from kassandra.contracts.label_sets import many
from kassandra.contracts.stored import Stored, digest
from kassandra.inputs.images.prepare import tables
from kassandra.inputs.images.prepare.alike import alike
from kassandra.inputs.images.train import image_files
from kassandra.params.inputs.images import Prepare, Source
from kassandra.sources.own.labelled import Kind, Labelled, groups, listing, masks
from kassandra.sources.own.tolerated import usable

IDX = {"train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
       "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")}  # fmt: skip
LARGEST = 4 << 30  # bytes of an idx file once it is unpacked; MNIST has 47 million
OUTSIDE = 0.001  # share of pixels: a few that are hot, or dead, do not decide how bright an image is
LOOKED_AT = 1000  # images


class Part(NamedTuple):
    """images: (examples, height, width) uint8. ids: file and row."""

    images: NDArray[np.uint8]
    labels: list[str]
    ids: list[str]
    classes: list[str]


def read(raw: Path, source: Source, params: Prepare) -> Examples:
    """What was downloaded, or copied from your own folder, or table.

    Raises:
        KassandraError: there are no images, too many cannot be read, or those of idx files differ in size or labels.
    """
    if not raw.is_dir():
        raise missing(raw)
    if source.pixels:
        return tables.read(raw, source, params)
    return of_idx(raw, params) if any(raw.glob("train-images-idx3-ubyte*")) else _of_folder(raw, source, params)


def of_idx(raw: Path, params: Prepare) -> Examples:
    if params.channels != "grey":
        raise KassandraError(f"prepare.channels: {params.channels!r} is of image files; idx files hold grey alone")
    train, test = _read_idx(raw, "train"), _read_idx(raw, "test")
    if train.images.shape[1:] != test.images.shape[1:]:
        sizes = " and ".join("×".join(map(str, part.images.shape[1:])) for part in (train, test))
        raise KassandraError(f"{raw}: images of train and test differ in size: {sizes}")
    if len(test.classes) > len(train.classes):
        raise KassandraError(f"{raw}: test has label {test.classes[-1]}, train ends with {train.classes[-1]}")
    images = Stored([train.images, test.images]).joined()
    held_out, keys = np.arange(len(images)) >= len(train.images), [digest(image) for image in images]
    labels, ids, meta = train.labels + test.labels, train.ids + test.ids, {"files_left_out": 0}
    return Examples(
        "images", images, labels, ids, keys, held_out, classes=train.classes, meta=meta, near=alike(images),
        nearly="what is left of them at 12 × 12 pixels",
    )  # fmt: skip


def _of_folder(raw: Path, source: Source, params: Prepare) -> Examples:
    """Image files of one's own; those of more than 8 bits stay as they are until train is known."""
    listed = listing(raw, source, Kind("images", image_files.endings(), image_files.is_image, _named, many(params)))
    images = Stored()
    notes, size = Counter[str](), (params.size, params.size)
    good = usable(
        listed.files, lambda path: image_files.read(path, size, params.channels, notes), source.tolerate, "images",
        contents=images,
    )  # fmt: skip
    valid, test = masks(good.files)
    notes = +notes
    meta = {"files_left_out": sum(listed.left_out.values()), "left_out": listed.left_out, "read": notes, **good.meta}
    message = [*listed.message, *good.message, *(f"{count} images {what}" for what, count in notes.items())]
    deep = bool(notes[image_files.DEEP])
    labels, ids = [one.label for one in good.files], [_id(one) for one in good.files]
    keys = [digest(image) for image in good.contents]
    contents = good.contents if deep else images.stacked()
    return Examples(
        "images", contents, labels, ids, keys, test, groups(good.files), meta=meta, message="\n".join(message),
        valid=valid, together=True, near=alike(good.contents), nearly="what is left of them at 12 × 12 pixels",
    )  # fmt: skip


def _named(path: PurePosixPath, labelled: bool) -> tuple[str, str]:
    if not labelled:
        advice = "give each label a folder, or say `source.labels` (a table) or `source.label_pattern`"
        raise KassandraError(f"source.path: no folder says the label of {path}; {advice}")
    return path.parts[0], ""


def _id(one: Labelled) -> str:
    """The name of its file, without a folder that is its label."""
    return one.name.removeprefix(f"{one.label}/")


def encode(examples: Examples, rows: dict[str, Rows], params: Prepare, seed: int) -> Encoded:
    """The images of each split, in meta how they become sequences; `seed` draws the order of pixels."""
    span = _span(examples, rows["train"])  # fitted on train only
    images = {name: _of_rows(examples, some, span, params.channels) for name, some in rows.items()}
    height, width = images["train"].shape[1:3]
    mean, std = mean_and_std(images["train"])  # fitted on train only
    channels = 3 if params.channels == "rgb" else 1
    steps, features = (height, width * channels) if params.scan == "rows" else (height * width, channels)
    order = np.random.default_rng(seed).permutation(height * width).tolist() if params.permute else None
    meta = {"height": height, "width": width, "steps": steps, "order": order, "mean": mean, "std": std}
    message = f"{height}×{width} pixels"
    if channels > 1:
        meta["channels"], message = params.channels, f"{message} in colour"
    if span is not None:
        meta["range"] = span
        message += f"; of images of more than 8 bits, values from {span[0]:g} to {span[1]:g} became 0 to 255"
    arrays = {name: {"images": some} for name, some in images.items()}
    return Encoded(arrays, {"features": features}, meta, message)


def _of_rows(examples: Examples, rows: Rows, span: list[float] | None, channels: str) -> NDArray[np.uint8]:
    return Stored(image_files.stretched(examples.contents[row], span, channels) for row in rows).stacked()


def _span(examples: Examples, train: Rows) -> list[float] | None:
    """What becomes 0 and 255 of images of more than 8 bits: all but OUTSIDE of the pixels of train lie between, at
    either end; of at most LOOKED_AT of its images. None where there are no such images in train."""
    if isinstance(examples.contents, np.ndarray):
        return None
    deep = [examples.contents[row] for row in train if examples.contents[row].dtype != np.uint8]
    if not deep:
        return None
    pixels = np.concatenate([image.ravel() for image in deep[:: -(-len(deep) // LOOKED_AT)]])
    low, high = np.quantile(pixels, [OUTSIDE, 1 - OUTSIDE], method="nearest").tolist()
    if low == high:
        low, high = float(pixels.min()), float(pixels.max())
    return [low, high if high > low else low + 1]


def _read_idx(raw: Path, split: str) -> Part:
    images, labels = (_parse_idx(raw, name) for name in IDX[split])
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels) or not images.size:
        shapes = f"images of {images.shape} and labels of {labels.shape}"
        raise KassandraError(f"{raw}: {split} has {shapes}; counts must agree and not be 0")
    ids = [f"{IDX[split][0]} {row}" for row in range(len(images))]
    return Part(images, list(map(str, labels)), ids, [str(label) for label in range(int(labels.max()) + 1)])


def _parse_idx(raw: Path, name: str) -> NDArray[np.uint8]:
    """idx: two zero bytes, 8 for uint8, the number of axes, each axis as a big-endian int32, then the values."""
    path = next((raw / file for file in (f"{name}.gz", name) if (raw / file).is_file()), raw / name)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            begin = file.read(4)
            axes = begin[3] if begin[:3] == b"\0\0\x08" and len(begin) == 4 else 0
            sizes = file.read(4 * axes).ljust(4 * axes, b"\xff")  # 2^32 - 1 where cut off
            shape = np.frombuffer(sizes, ">u4").tolist()
            size = math.prod(shape) if 0 < axes < 4 and math.prod(shape) <= LARGEST else -1
            values = file.read(size + 1)  # and no more: a small gzip file may unpack to more than there is memory
    except FileNotFoundError:
        four = sorted(sum(IDX.values(), ()))
        raise KassandraError(f"{raw}: no {name} or {name}.gz; the four idx files are {four}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise KassandraError(f"{path}: not a whole gzip file ({error})") from None
    if len(values) != size:
        raise KassandraError(f"{path}: not an idx file of uint8, or cut short ({4 + 4 * axes + len(values)} bytes)")
    return np.frombuffer(values, np.uint8).reshape(shape)


def mean_and_std(images: NDArray[np.uint8]) -> tuple[float, float]:
    """Of a pixel, as a fraction in [0, 1].

    In whole numbers to the end: sums of floats end in other digits when NumPy happens to align its memory otherwise.
    """
    each = (np.bincount(image.ravel(), minlength=256) for image in images)
    counts: list[int] = sum(each, np.zeros(256, np.int64)).tolist()  # (256,)
    pixels, total = sum(counts), sum(count * value for value, count in enumerate(counts))
    squares = sum(count * value**2 for value, count in enumerate(counts))
    return total / (255 * pixels), math.sqrt(pixels * squares - total**2) / (255 * pixels)
