"""Images with a class each: idx files such as MNIST's, or one folder of images per class."""

import gzip
import math
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kassandra.contracts.artifacts import missing
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Encoded, Examples, Rows
from kassandra.inputs.images.train.image_files import grey
from kassandra.params.inputs.images import Prepare
from kassandra.params.sections.kind import Source

IDX = {"train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
       "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")}  # fmt: skip
LARGEST = 4 << 30  # bytes of an idx file once it is unpacked; MNIST has 47 million
ENDINGS = {".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"}


class Part(NamedTuple):
    """images: (examples, height, width) uint8. ids: file and row, or name of the file without its class.

    left_out: files that are no images by their ending.
    """

    images: NDArray[np.uint8]
    labels: list[str]
    ids: list[str]
    classes: list[str]
    left_out: int = 0


def read(raw: Path, source: Source, params: Prepare) -> Examples:
    """What was downloaded, or copied from your own folder.

    Raises:
        KassandraError: there are no images, they cannot be read, or they differ in size; or train and test in classes.
    """
    if not raw.is_dir():
        raise missing(raw)
    if any(raw.glob("train-images-idx3-ubyte*")):
        parts = [_read_idx(raw, "train"), _read_idx(raw, "test")]
        if parts[0].images.shape[1:] != parts[1].images.shape[1:]:
            sizes = " and ".join("×".join(map(str, part.images.shape[1:])) for part in parts)
            raise KassandraError(f"{raw}: images of train and test differ in size: {sizes}")
        if len(parts[1].classes) > len(parts[0].classes):
            last = [part.classes[-1] for part in parts]
            raise KassandraError(f"{raw}: test has label {last[1]}, train ends with {last[0]}")
    elif (raw / "train").is_dir() and (raw / "test").is_dir():
        parts = [_read_folder(raw / name, params.size) for name in ("train", "test")]
        train, test = (part.classes for part in parts)
        if train != test:
            raise KassandraError(f"{raw}: classes of train {train} are not those of test {test}")
    else:
        parts = [_read_folder(raw, params.size)]
    images, left_out = np.concatenate([part.images for part in parts]), sum(part.left_out for part in parts)
    labels, ids = [one for part in parts for one in part.labels], [one for part in parts for one in part.ids]
    held_out = np.arange(len(images)) >= len(parts[0].images) if len(parts) > 1 else None
    message = f"{raw}: {left_out} files left out, as they do not end like images" if left_out else ""
    keys, classes, meta = [image.tobytes() for image in images], parts[0].classes, {"files_left_out": left_out}
    return Examples("images", images, labels, ids, keys, held_out, classes=classes, meta=meta, message=message)


def encode(examples: Examples, rows: dict[str, Rows], params: Prepare, seed: int) -> Encoded:
    """The images of each split as they are, in meta how they become sequences; `seed` draws the order of pixels."""
    images = {name: np.asarray(examples.contents)[some] for name, some in rows.items()}
    height, width = images["train"].shape[1:]
    mean, std = mean_and_std(images["train"])  # fitted on train only
    steps, features = (height, width) if params.scan == "rows" else (height * width, 1)
    order = np.random.default_rng(seed).permutation(height * width).tolist() if params.permute else None
    meta = {"height": height, "width": width, "steps": steps, "order": order, "mean": mean, "std": std}
    arrays = {name: {"images": some} for name, some in images.items()}
    return Encoded(arrays, {"features": features}, meta, f"{height}×{width} pixels")


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


def _read_folder(folder: Path, size: int) -> Part:
    """One folder per class; files in it that do not end like an image are left out, and counted."""
    folders = (path for path in sorted(folder.iterdir()) if path.is_dir())
    everything = {path.name: [file for file in path.rglob("*") if file.is_file()] for path in folders}
    for some in everything.values():
        some.sort(key=lambda file: file.parts)
    by_class = {name: [file for file in files if file.suffix.lower() in ENDINGS] for name, files in everything.items()}
    if empty := [name for name, files in by_class.items() if not files] or ([] if by_class else ["no folder"]):
        lacks = f"{', '.join(empty)}: no {', '.join(sorted(ENDINGS))}"
        raise KassandraError(f"{folder}: expected idx files or one folder of images per class ({lacks})")
    files = [(label, file) for label, some in by_class.items() for file in some]
    images = [np.asarray(grey(file).resize((size, size), Image.Resampling.BILINEAR)) for _, file in files]
    ids = [file.relative_to(folder / label).as_posix() for label, file in files]
    left_out = sum(map(len, everything.values())) - len(files)
    return Part(np.stack(images), [label for label, _ in files], ids, list(by_class), left_out)


def mean_and_std(images: NDArray[np.uint8]) -> tuple[float, float]:
    """Of a pixel, as a fraction in [0, 1].

    In whole numbers to the end: sums of floats end in other digits when NumPy happens to align its memory otherwise.
    """
    each = (np.bincount(image.ravel(), minlength=256) for image in images)
    counts: list[int] = sum(each, np.zeros(256, np.int64)).tolist()  # (256,)
    pixels, total = sum(counts), sum(count * value for value, count in enumerate(counts))
    squares = sum(count * value**2 for value, count in enumerate(counts))
    return total / (255 * pixels), math.sqrt(pixels * squares - total**2) / (255 * pixels)
