"""Images with captions: your own folder, a data set, or digits with their names."""

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import NETWORK, missing
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Captioned, Encoded, Examples, Rows
from kassandra.contracts.near import near
from kassandra.inputs.images.prepare import examples as labelled
from kassandra.inputs.images.prepare.alike import ALIKE, small
from kassandra.inputs.images.train import image_files
from kassandra.params.inputs.images import CaptionsPrepare, CaptionsSource
from kassandra.sources.own.captions import listing
from kassandra.sources.own.labelled import Labelled
from kassandra.sources.own.tolerated import usable
from kassandra.sources.own.unpacked import of_only_tar

SPELLED = {"mnist": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")}
PHOTOGRAPH = 224  # pixels a side of what the network reads
PICTURE = 112  # pixels a side of test images as they are shown
AT_ONCE = 256  # images that are in memory together


class Photograph(NamedTuple):
    """What is known of an image of which only the grid is kept. key: of its pixels. small: see alike."""

    key: bytes
    small: NDArray[np.float32]


def read(raw: Path, source: CaptionsSource, params: CaptionsPrepare) -> Captioned:
    """
    Raises:
        KassandraError: there are no images with captions, too many cannot be used, or the network is not said.
    """
    if not raw.is_dir():
        raise missing(raw)
    if (params.scan == "grid") != bool(source.network):
        if params.scan == "grid":
            raise KassandraError("prepare.scan: 'grid' needs source.network: efficientnet-lite0, which is then fetched")
        raise KassandraError(f"source.network: prepare.scan: {params.scan} does not use it; 'grid' does")
    if any(raw.glob("train-images-idx3-ubyte*")):
        return _spelled(raw, source, params)
    return _of_folder(raw, source, params)


def _spelled(raw: Path, source: CaptionsSource, params: CaptionsPrepare) -> Captioned:
    if source.dataset not in SPELLED or params.scan == "grid":
        why = "are small: scan rows or pixels" if params.scan == "grid" else f"have names in {list(SPELLED)} alone"
        raise KassandraError(f"{raw}: images of idx files {why}")
    read = labelled.of_idx(raw, params)
    return Captioned(read, [[SPELLED[source.dataset][int(label)]] for label in read.labels], "en")


def _of_folder(raw: Path, source: CaptionsSource, params: CaptionsPrepare) -> Captioned:
    packed = of_only_tar(raw, image_files.endings()) if source.dataset else None
    listed = listing(raw, source, image_files.endings(), None if packed is None else sorted(packed))
    texts, splits = dict[Path, list[str]](), dict[Path, str]()
    for row in listed.rows:
        texts.setdefault(row.file, []).append(row.text)
        splits[row.file] = row.split
    names = {row.file: row.name for row in listed.rows}
    decoded = _decoder(raw, packed, params)
    good = usable(
        [Labelled(file, names[file], "") for file in texts],
        (lambda path: _photograph(decoded(path))) if params.scan == "grid" else decoded,
        source.tolerate, "images",
    )  # fmt: skip
    files = [one.path for one in good.files]
    if params.scan == "grid":
        contents: Any = _Photographs(files, decoded, raw / NETWORK)
        keys, shrunk = [one.key for one in good.contents], [one.small for one in good.contents]
    else:
        contents, keys = np.stack(good.contents), [image.tobytes() for image in good.contents]
        shrunk = [small(image) for image in good.contents]
    masks = {name: np.array([splits[file] == name for file in files]) for name in ("valid", "test")}
    valid, test = (mask if mask.any() else None for mask in masks.values())
    meta = {"files_left_out": sum(listed.left_out.values()), "left_out": listed.left_out, **good.meta}
    examples = Examples(
        "images", contents, [""] * len(files), [one.name for one in good.files], keys, test, meta=meta,
        message="\n".join([*listed.message, *good.message]), valid=valid, near=near(np.stack(shrunk), ALIKE),
        nearly="what is left of them at 12 × 12 pixels",
    )  # fmt: skip
    return Captioned(examples, [texts[file] for file in files], source.language or "")


Decoder = Callable[[Path], NDArray[np.uint8]]


def _decoder(raw: Path, packed: dict[str, bytes] | None, params: CaptionsPrepare) -> Decoder:
    """Reads an image, of the folder or of an archive, as the scan wants it."""
    size, channels = (params.size, params.size), params.channels
    if params.scan == "grid":
        size, channels = (PHOTOGRAPH, PHOTOGRAPH), "rgb"

    def decoded(path: Path) -> NDArray[np.uint8]:
        content = None if packed is None else packed[path.relative_to(raw).as_posix()]
        return image_files.stretched(image_files.read(path, size, channels, content=content), None, channels)

    return decoded


def _photograph(pixels: NDArray[np.uint8]) -> Photograph:
    return Photograph(blake2b(pixels.tobytes(), digest_size=16).digest(), small(pixels))


class _Photographs:
    """Images that are decoded when they are asked for: thousands of them do not fit into memory."""

    def __init__(self, places: list[Path], decoded: Decoder, network: Path) -> None:
        self.places, self.decoded, self.network = places, decoded, network

    def __len__(self) -> int:
        return len(self.places)

    def take(self, rows: Rows) -> "_Photographs":
        return _Photographs([self.places[row] for row in rows], self.decoded, self.network)

    def __getitem__(self, row: int) -> NDArray[np.uint8]:
        return self.decoded(self.places[row])


def encode(examples: Examples, rows: dict[str, Rows], params: CaptionsPrepare, seed: int) -> Encoded:
    """The pixels of each split, or the grid that the network sees, in half precision; the network goes with train."""
    if params.scan != "grid":
        encoded = labelled.encode(examples, rows, params, seed)
        return encoded._replace(meta={"scan": params.scan, **encoded.meta})
    from kassandra.inputs.images.train import efficientnet  # here, as it needs PyTorch

    photographs: Any = examples.contents
    network = efficientnet.from_file(photographs.network)
    arrays: dict[str, dict[str, NDArray[Any]]] = {}
    for name, some in rows.items():
        grids, pictures = [], []
        for start in range(0, len(some), AT_ONCE):
            images = np.stack([photographs[row] for row in some[start : start + AT_ONCE]])
            grids.append(network.grids(images))
            if name == "test":
                pictures.append(images.reshape(-1, PICTURE, 2, PICTURE, 2, 3).mean((2, 4)).astype(np.uint8))
        arrays[name] = {"grid": np.concatenate(grids)}
        if pictures:
            arrays[name]["images"] = np.concatenate(pictures)
    mean, std = mean_and_std(arrays["train"]["grid"])  # fitted on train only
    arrays["train"]["network"] = efficientnet.flat(network)
    meta = {"scan": params.scan, "mean": mean, "std": std, "height": PHOTOGRAPH, "width": PHOTOGRAPH, "channels": "rgb"}
    message = f"{PHOTOGRAPH}×{PHOTOGRAPH} pixels, {grids[0].shape[1]} places of {grids[0].shape[2]} features each"
    return Encoded(arrays, {"features": grids[0].shape[2]}, meta, message)


def mean_and_std(grids: NDArray[np.float16]) -> tuple[list[float], list[float]]:
    """Of each feature, over all places of all images; rounded to what half precision can say."""
    total, squares, count = np.zeros(grids.shape[2]), np.zeros(grids.shape[2]), 0
    for grid in grids:
        places = grid.astype(np.float64)
        total, squares, count = total + places.sum(0), squares + (places**2).sum(0), count + len(places)
    mean = total / count
    std = np.sqrt(np.maximum(squares / count - mean**2, 1e-6))
    return [float(f"{one:.6g}") for one in mean], [float(f"{one:.6g}") for one in std]
