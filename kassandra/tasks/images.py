"""Images read as sequences: row by row (28 steps of 28 features for MNIST) or pixel by pixel (784 steps of one)."""

import gzip
import math
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.contracts.artifacts import missing, read_arrays, write_arrays, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.params.pipeline import Source
from kassandra.params.tasks.images import Distortion, ImagesPrepare, ImagesTrain
from kassandra.tasks import Batch, class_loss, class_scores

IDX = {"train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
       "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")}  # fmt: skip
LARGEST = 4 << 30  # bytes of an idx file once it is unpacked; MNIST has 47 million
PIXELS = 64_000_000  # of an image file; four bytes and more each while it is read
EVALUATION_BATCH = 500  # scores do not depend on it; the speed does


class Images(NamedTuple):
    """images: (examples, height, width) uint8; labels: (examples,) int64; classes: a name per label."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: list[str]


def prepare(raw: Path, folder: Path, params: ImagesPrepare, seed: int, _source: Source | None = None) -> str:
    """Raw images → train.npz, valid.npz, test.npz and meta.json in `folder`; returns a line that says what was done.

    Whatever is fitted (mean and standard deviation of a pixel) is fitted on train only.

    Raises:
        KassandraError: there are no images, they differ in size, or a class is too small to be split.
    """
    train, test = _read_raw(raw, params, seed)
    if params.limit:
        train = _at_most(train, params.limit, seed)
        test = _at_most(test, math.ceil(params.limit / 6), seed)
    if len(train.classes) < 2:
        raise KassandraError(f"{raw}: every image is of class {train.classes[0]!r}; there is nothing to tell apart")
    train, repeated = _without_rows_of(train, test)
    train, valid = _split(train, params.valid_fraction, seed, "prepare.valid_fraction")
    height, width = train.images.shape[1:]
    mean, std = _mean_and_std(train.images)  # fitted on train only
    steps = (height, width) if params.scan == "rows" else (height * width, 1)
    order = np.random.default_rng(seed).permutation(height * width).tolist() if params.permute else None
    meta = {
        "task": "images",
        "spec": ModelSpec("many_to_one", outputs=len(train.classes), features=steps[1]).to_json(),
        "classes": train.classes,
        "height": height,
        "width": width,
        "steps": steps[0],
        "order": order,
        "mean": mean,
        "std": max(std, 1e-6),
        "examples": {"train": len(train.labels), "valid": len(valid.labels), "test": len(test.labels)},
        "dropped_from_train_because_in_test": repeated,
    }
    for name, split in (("train", train), ("valid", valid), ("test", test)):
        write_arrays(folder / f"{name}.npz", images=split.images, labels=split.labels)
    write_json(folder / "meta.json", meta, sealed=True)
    sizes = ", ".join(f"{count} {name}" for name, count in meta["examples"].items())
    said = f"{sizes} images of {height}×{width} in {len(train.classes)} classes"
    return f"{said}; {repeated} dropped from train (in test)"


class Split(NamedTuple):
    images: Tensor  # (examples, height, width) uint8
    labels: Tensor  # (examples,) int64


class Task:
    """See kassandra.tasks.Task. Images stay uint8 in memory and are normalised one batch at a time."""

    unit = "images"

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.height, self.width, self.time = int(meta["height"]), int(meta["width"]), int(meta["steps"])
        self.mean, self.std = float(meta["mean"]), float(meta["std"])
        self.order = None if meta["order"] is None else torch.tensor(meta["order"], device=device)

    def read(self, split: Path) -> Split:
        arrays = read_arrays(split)
        return Split(*(torch.from_numpy(arrays[name]).to(self.device) for name in ("images", "labels")))

    def size(self, split: Split) -> int:
        return len(split.labels)

    def steps(self, split: Split, params: ImagesTrain) -> int:
        return math.ceil(len(split.labels) / params.batch_size)

    def train_batches(self, split: Split, params: ImagesTrain, generator: torch.Generator) -> Iterator[Batch]:
        shuffled = torch.randperm(len(split.labels), generator=generator).to(self.device)
        for rows in shuffled.split(params.batch_size):
            pixels = split.images[rows].float().div_(255)  # (batch, height, width) in [0, 1]
            if params.distort:
                pixels = distort(pixels, params.distort, generator)
            yield Batch(self._sequences(pixels), None, split.labels[rows])

    def numbered_batches(self, split: Split) -> Iterator[tuple[NDArray[np.intp], Batch]]:
        for start in range(0, len(split.labels), EVALUATION_BATCH):
            rows = slice(start, start + EVALUATION_BATCH)
            pixels, labels = split.images[rows].float().div_(255), split.labels[rows]
            yield np.arange(start, start + len(labels)), Batch(self._sequences(pixels), None, labels)

    def loss(self, model: nn.Module, batch: Batch, params: ImagesTrain) -> tuple[Tensor, int]:
        return class_loss(model, batch, params.label_smoothing)

    def scores(self, model: nn.Module, split: Split) -> dict[str, float]:
        return class_scores(model, (batch for _, batch in self.numbered_batches(split)))

    def own_input(self, images: NDArray[Any]) -> Split:
        """Somebody's array as a split without labels.

        Args:
            images: (height, width) or (examples, height, width); whole numbers in [0, 255] or fractions in [0, 1].

        Raises:
            KassandraError: another shape, type or range.
        """
        images = np.asarray(images)
        if images.ndim not in (2, 3) or images.shape[-2:] != (self.height, self.width):
            expected = f"({self.height}, {self.width}) or (n, {self.height}, {self.width})"
            raise KassandraError(f"images: expected {expected}, got an array of {images.shape}")
        images = images.reshape(-1, self.height, self.width)
        if images.dtype.kind == "f":
            if not (np.isfinite(images).all() and images.min(initial=0) >= 0 and images.max(initial=0) <= 1):
                raise KassandraError("images: fractions must lie in [0, 1]; whole numbers may lie in [0, 255]")
            images = np.rint(images * 255)
        elif images.dtype.kind not in "iu" or images.min(initial=0) < 0 or images.max(initial=0) > 255:
            raise KassandraError(
                f"images: expected whole numbers in [0, 255] or fractions in [0, 1], got {images.dtype}"
            )
        pixels = torch.from_numpy(images.astype(np.uint8)).to(self.device)
        return Split(pixels, torch.zeros(len(pixels), dtype=torch.int64, device=self.device))

    def own_file(self, path: Path, invert: bool = False) -> NDArray[np.uint8]:
        """An image file in grey, resized to the size that the model was trained on; (height, width)."""
        grey = np.asarray(_grey(path).resize((self.width, self.height), Image.Resampling.BILINEAR))
        return np.uint8(255) - grey if invert else grey

    def _sequences(self, pixels: Tensor) -> Tensor:  # (batch, height, width) in [0, 1] → (batch, time, features)
        pixels = (pixels - self.mean) / self.std
        flat = pixels.flatten(1)  # (batch, height · width)
        if self.order is not None:
            flat = flat[:, self.order]
        return flat.reshape(len(flat), self.time, flat.shape[1] // self.time)  # (batch, time, features)


def distort(pixels: Tensor, by: Distortion, generator: torch.Generator) -> Tensor:
    """Each image moved, turned, scaled and sheared by its own random amount; (batch, height, width) as given."""
    size = len(pixels)
    shift_x, shift_y, turn, scale, shear = torch.rand(5, size, generator=generator) * 2 - 1  # each (batch,) in [-1, 1)
    turn, shear, scale = torch.deg2rad(turn * by.rotate), torch.deg2rad(shear * by.shear).tan(), 1 + scale * by.scale
    cos, sin = turn.cos() * scale, turn.sin() * scale
    height, width = pixels.shape[1:]
    tall = height / width  # the grid runs from -1 to 1 along both axes, whatever their lengths
    across = torch.stack([cos, (cos * shear - sin) * tall, shift_x * by.shift * 2 / width], dim=1)  # (batch, 3)
    down = torch.stack([sin / tall, sin * shear + cos, shift_y * by.shift * 2 / height], dim=1)  # (batch, 3)
    where = torch.stack([across, down], dim=1).to(pixels.device)  # (batch, 2, 3)
    grid = F.affine_grid(where, [size, 1, height, width], align_corners=False)
    return F.grid_sample(pixels[:, None], grid, padding_mode="border", align_corners=False)[:, 0]


def _read_raw(raw: Path, params: ImagesPrepare, seed: int) -> tuple[Images, Images]:
    if not raw.is_dir():
        raise missing(raw)
    if any(raw.glob("train-images-idx3-ubyte*")):
        train, test = _read_idx(raw, "train"), _read_idx(raw, "test")
        if train.images.shape[1:] != test.images.shape[1:]:
            sizes = " and ".join("×".join(map(str, split.images.shape[1:])) for split in (train, test))
            raise KassandraError(f"{raw}: images of train and test differ in size: {sizes}")
        if len(test.classes) > len(train.classes):
            raise KassandraError(f"{raw}: test has label {test.classes[-1]}, train ends with {train.classes[-1]}")
        return train, test
    if (raw / "train").is_dir() and (raw / "test").is_dir():
        train, test = _read_folder(raw / "train", params.size), _read_folder(raw / "test", params.size)
        if train.classes != test.classes:
            raise KassandraError(f"{raw}: classes of train {train.classes} are not those of test {test.classes}")
        return train, test
    return _split(_read_folder(raw, params.size), params.test_fraction, seed, "prepare.test_fraction")


def _read_idx(raw: Path, split: str) -> Images:
    images, labels = (_parse_idx(raw, name) for name in IDX[split])
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels) or not images.size:
        raise KassandraError(
            f"{raw}: {split} has images of {images.shape} and labels of {labels.shape}; counts must agree and not be 0"
        )
    return Images(images, labels.astype(np.int64), [str(label) for label in range(int(labels.max()) + 1)])


def _parse_idx(raw: Path, name: str) -> NDArray[np.uint8]:
    """idx: two zero bytes, 8 for uint8, the number of axes, each axis as a big-endian int32, then the values."""
    path = next((raw / file for file in (f"{name}.gz", name) if (raw / file).is_file()), raw / name)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            begin = file.read(4)
            axes = begin[3] if begin[:3] == b"\0\0\x08" and len(begin) == 4 else 0
            shape = np.frombuffer(
                file.read(4 * axes).ljust(4 * axes, b"\xff"), ">u4"
            ).tolist()  # 2^32 - 1 where cut off
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


def _read_folder(folder: Path, size: int) -> Images:
    """One folder per class; files in it that do not end like an image (.png, .jpg, …: see ImageFolder) are left out."""
    from torchvision.datasets import ImageFolder  # here, as its import takes seconds that training and predicting save

    try:
        found = ImageFolder(str(folder))
    except FileNotFoundError as error:
        raise KassandraError(f"{folder}: expected idx files or one folder of images per class ({error})") from None
    square = (size, size)
    images = [np.asarray(_grey(Path(path)).resize(square, Image.Resampling.BILINEAR)) for path, _ in found.samples]
    return Images(np.stack(images), np.array(found.targets, dtype=np.int64), found.classes)


def _grey(path: Path) -> Image.Image:
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


def _mean_and_std(images: NDArray[np.uint8]) -> tuple[float, float]:
    """Of a pixel, as a fraction in [0, 1].

    In whole numbers to the end: sums of floats end in other digits when NumPy happens to align its memory otherwise.
    """
    counts: list[int] = np.sum(
        [np.bincount(image.ravel(), minlength=256) for image in images], axis=0
    ).tolist()  # (256,)
    pixels, total = sum(counts), sum(count * value for value, count in enumerate(counts))
    squares = sum(count * value**2 for value, count in enumerate(counts))
    return total / (255 * pixels), math.sqrt(pixels * squares - total**2) / (255 * pixels)


def _at_most(split: Images, count: int, seed: int) -> Images:
    return split if count >= len(split.labels) else _split(split, count, seed, "prepare.limit")[1]


def _without_rows_of(train: Images, test: Images) -> tuple[Images, int]:
    """Train without the images that stand in test too, and how many those were."""
    known = {image.tobytes() for image in test.images}
    new = np.array([image.tobytes() not in known for image in train.images])
    return train._replace(images=train.images[new], labels=train.labels[new]), int((~new).sum())


def _split(whole: Images, part: float | int, seed: int, key: str) -> tuple[Images, Images]:
    """The rest, and a part (share or number of the images) drawn by class and seed."""
    from sklearn.model_selection import train_test_split  # here, as ImageFolder above

    try:
        drawn = train_test_split(np.arange(len(whole.labels)), test_size=part, random_state=seed, stratify=whole.labels)
    except ValueError as error:
        raise KassandraError(
            f"{key}: {part:g} of {len(whole.labels)} images cannot be drawn by class ({error})"
        ) from None
    first, second = (np.sort(rows) for rows in drawn)
    return (
        whole._replace(images=whole.images[first], labels=whole.labels[first]),
        whole._replace(images=whole.images[second], labels=whole.labels[second]),
    )
