"""A folder of images recognised by their content: their classes, sizes and colours."""

import warnings
from collections import Counter
from pathlib import Path, PurePosixPath

from kassandra.detection.content import unpacked
from kassandra.detection.folder import Tree
from kassandra.detection.labels import described
from kassandra.detection.proposal import Look, Proposal
from kassandra.inputs.images.detect import tables

ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".jfif")
LEAST = 0.3  # share of files: transcripts, or sketches of regions, may stand beside each
LOOKED_AT = 200
COLOUR = 12  # mean difference of the channels, of 255, from which an image has colours


def evidence(look: Look) -> float:
    """How likely these are images with a label each, from 0 to 1: the share of files that are images."""
    if look.answer is None and tables.seen_in(look):
        return 0.96
    if look.tree is None:
        return 0.0
    if _is_idx(look.tree):
        return 0.95
    return 0.95 if len(_files(look)) >= LEAST * len(look.tree.files) else 0.0


def _files(look: Look) -> list[str]:
    """The images among the files of a folder."""
    return look.files_of(lambda path: looked_at(path) is not None, ENDINGS, LOOKED_AT)


def propose(look: Look) -> Proposal:
    """The section of labelled images.

    Raises:
        KassandraError: nothing says their labels.
    """
    if seen := tables.seen_in(look):
        return tables.propose(look, seen)
    tree = look.tree
    assert tree is not None
    if _is_idx(tree):
        return _of_idx(look)
    files = _files(look)
    some = files[:: max(1, len(files) // LOOKED_AT)][:LOOKED_AT]
    proposal = described(look, Proposal("images", "label"), "images", files)
    sizes, modes, coloured = Counter[tuple[int, int]](), Counter[str](), 0.0
    known = 0
    for name in some if look.form == "folder" else []:
        image = looked_at(tree.path / name)
        if image is not None:
            sizes[image[0]] += 1
            modes[image[1]] += 1
            coloured += image[2] > COLOUR
            known += 1
    smallest = min((min(size) for size in sizes), default=28)
    size = 28 if smallest < 64 else 48
    proposal.prepare["size"] = size
    if known:
        largest = max(sizes)
        proposal.seen.append(
            f"{smallest} to {max(largest)} pixels a side, modes {', '.join(modes)}; resized to {size}×{size}"
        )
    if known and coloured > 0.5 * known:
        proposal.prepare["channels"] = "rgb"
        proposal.guessed.append("most images have colours: all three channels are read (channels: rgb)")
    proposal.model["variant"] = "attention"
    proposal.train["batch_size"] = 16 if proposal.examples < 2000 else 64
    proposal.steps = size
    return proposal


def _is_idx(tree: Tree) -> bool:
    return any(PurePosixPath(name).name.startswith("train-images-idx3-ubyte") for name in tree.files)


def _of_idx(look: Look) -> Proposal:
    """Four files as MNIST has them; their headers say how many images of which size."""
    assert look.tree is not None
    name = next(one for one in look.tree.files if "train-images-idx3-ubyte" in one)
    count, size = 60_000, 28
    if look.form == "folder":
        with unpacked(look.path / name) as file:
            header = file.read(16)
        count, size = (int.from_bytes(header[at : at + 4], "big") for at in (4, 8))
    proposal = Proposal("images", "label", examples=count, steps=size, splits=frozenset({"test"}))
    proposal.seen.append(f"idx files: {count:,} images of train, {size} pixels high; test is beside them")
    proposal.rows = [{"file": one} for one in look.tree.files]
    proposal.model["variant"] = "attention"
    proposal.train["batch_size"] = 16 if count < 2000 else 64
    return proposal


def looked_at(path: Path) -> tuple[tuple[int, int], str, float] | None:
    """Size, mode, and how much the colours differ; None of what is no image."""
    import numpy as np
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                size, mode = image.size, image.mode
                image.draft("RGB", (64, 64))
                if size[0] * size[1] > 50_000_000 or mode in ("I;16", "I", "F", "L", "1"):
                    return size, mode, 0.0
                small = np.asarray(image.convert("RGB").resize((16, 16)), np.int16)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        return None
    return size, mode, float(np.abs(small.max(axis=2) - small.min(axis=2)).mean())
