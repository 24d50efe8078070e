"""Images in the rows of a table: their pixels as numbers, in one cell or a column each, or the bytes of image files."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Examples
from kassandra.contracts.section import unknown
from kassandra.contracts.splits import SPLITS, WHOLE
from kassandra.contracts.stored import digest
from kassandra.inputs.images.prepare.alike import alike
from kassandra.inputs.images.train import image_files
from kassandra.params.inputs.images import Prepare, Source
from kassandra.sources.own.labels import as_split, as_text
from kassandra.sources.own.refused import Refused, by_reason, check_share
from kassandra.sources.own.table_file import called, opened
from kassandra.sources.own.tables_of import by_split, tables_in

LARGEST = 1 << 33  # bytes, unpacked
LABELS = ("label", "class", "labels", "emotion", "target", "fine_label", "y", "category")
BETWEEN = re.compile(r"[\[\](),;\s]+")


class One(NamedTuple):
    """pixels: (size, size), or (…, 3) in colour; uint8, or float32 where they are no whole numbers up to 255."""

    pixels: NDArray[Any]
    label: str
    id: str
    split: str
    group: str


def read(raw: Path, source: Source, params: Prepare) -> Examples:
    """
    Raises:
        KassandraError: a table cannot be read, or has no such columns; or too many rows hold no image, or no label.
    """
    files, message = tables_in(raw)
    tables, aside = by_split(files, raw)
    images, left_out, notes = list[One](), dict[str, Any](), Counter[str]()
    for split, path in tables.items():
        own, refused, hint = _of_table(path, source, params, notes)
        if split != WHOLE and split != "train" and own and not any(one.label for one in own):
            message.append(f"{path}: has no labels, so it cannot be the {split} split, and is set aside")
            continue
        refused += [Refused(0, "no label") for one in own if not one.label]
        own = [one for one in own if one.label]
        message.append(check_share(refused, path, len(own) + len(refused), source.tolerate, hint))
        left_out |= {path.name: by_reason(refused)} if refused else {}
        images += own if split == WHOLE else [one._replace(split=split) for one in own]
    if not images:
        raise KassandraError(f"{raw}: no row holds an image with a label")
    images.sort(key=lambda one: SPLITS.index(one.split or "train"))  # stable
    return _examples(images, [*message, *aside], left_out, +notes)


def _examples(images: list[One], message: list[str], left_out: dict[str, Any], notes: Counter[str]) -> Examples:
    contents, said = _in_one_range([one.pixels for one in images])
    splits = np.array([one.split for one in images])
    valid, test = (splits == name if (splits == name).any() else None for name in ("valid", "test"))
    groups = [one.group for one in images] if any(one.group for one in images) else None
    message += [said, *(f"{count:,} images {what}" for what, count in notes.items())]
    meta = {"files_left_out": 0, "left_out": left_out, "read": notes}
    return Examples(
        "images", contents, [one.label for one in images], [one.id for one in images],
        [digest(image) for image in contents], test, groups, meta=meta, message="\n".join(filter(None, message)),
        valid=valid, together=True, near=alike(contents), nearly="what is left of them at 12 × 12 pixels",
    )  # fmt: skip


def _in_one_range(images: list[NDArray[Any]]) -> tuple[Any, str]:
    """All as uint8 where they are that, or fractions in [0, 1]; else a list, some of them of more than 8 bits."""
    floats = [image for image in images if image.dtype != np.uint8]
    if not floats:
        return np.stack(images), ""
    if len(floats) == len(images) and all(image.min() >= 0 and image.max() <= 1 for image in floats):
        return np.stack(
            [np.rint(image * 255).astype(np.uint8) for image in images]
        ), "pixels from 0 to 1 became 0 to 255"
    return images, f"{len(floats):,} images have pixels that are no whole numbers from 0 to 255"


def _of_table(path: Path, source: Source, params: Prepare, notes: Counter[str]) -> tuple[list[One], list[Refused], str]:
    """The images of a table, those without a label too; rows that hold none; and what may be wrong with the file."""
    roles: dict[str, str] = {}
    of_pixels: list[str] = []

    def choose(columns: list[str]) -> list[str]:
        roles.update(_roles(path, columns, source))
        of_pixels.extend(_of_pixels(path, [one for one in columns if one not in roles.values()], source))
        return [*roles.values(), *of_pixels]

    images, count = list[One](), 0
    with opened(path, source, choose, LARGEST) as (table, _, rows):
        for line, cells in rows:
            count += 1
            if isinstance(cells, str):
                table.refused.append(Refused(line, cells))
                continue
            said = dict(zip(roles, map(as_text, cells), strict=False))
            try:
                pixels = _pixels(cells[len(roles) :], f"{path.name}:{line}", params, notes)
            except KassandraError as error:
                table.refused.append(Refused(line, str(error).rpartition(": ")[2], said.get("label") or None))
                continue
            split = as_split(said.get("split"), f"{path}: {table.unit} {line}")
            images.append(One(pixels, said.get("label", ""), f"{path.name}:{line}", split, said.get("group", "")))
    if not count:
        raise KassandraError(f"{path}: holds no rows; expected an image in each")
    return images, table.refused, table.hint()


def _roles(path: Path, columns: list[str], source: Source) -> dict[str, str]:
    roles: dict[str, str] = {}
    for role in ("label", "split", "group"):
        name = getattr(source, role)
        if name is not None:
            roles[role] = called(name, columns)
            if roles[role] not in columns and role != "label":
                raise KassandraError(unknown(f"source.{role}: {path}", "column", name, columns[:20]))
    if "label" not in roles:
        usual = [name for name in columns if name.lower() in LABELS]
        if len(usual) != 1:
            raise KassandraError(f"source.label: {path} has the columns {columns[:20]}; say which it is")
        roles["label"] = usual[0]
    return {role: name for role, name in roles.items() if name in columns}  # test may have no labels


def _of_pixels(path: Path, columns: list[str], source: Source) -> list[str]:
    name = source.pixels or ""
    if name in columns:
        return [name]
    numbered = [one for one in columns if re.fullmatch(rf"{re.escape(name)}\s*[_.x-]?\d+([x_]\d+)?", one)]
    if not numbered:
        raise KassandraError(unknown(f"source.pixels: {path}", "column", name, columns[:20]))
    return numbered


def _pixels(cells: Sequence[Any], where: str, params: Prepare, notes: Counter[str]) -> NDArray[Any]:
    """(size, size), or (…, 3), of one row.

    Raises:
        KassandraError: it holds no image.
    """
    size, cell = (params.size, params.size), cells[0] if len(cells) == 1 else cells
    if isinstance(cell, dict):
        cell = cell.get("bytes")
    if isinstance(cell, bytes):
        return image_files.read(Path(where), size, params.channels, notes, cell)
    values = _numbers(cell, where)
    side, channels = math.isqrt(len(values)), 1
    if side * side != len(values):
        side, channels = math.isqrt(len(values) // 3), 3
    if side < 2 or side * side * channels != len(values):
        raise KassandraError(f"{where}: {len(values):,} pixels, which are no square image")
    image = values.reshape(side, side, channels)
    if channels == 1 and params.channels == "rgb":
        image = np.repeat(image, 3, axis=2)
    if channels == 3 and params.channels == "grey":
        notes[image_files.GREY] += 1
        image = (image * [0.299, 0.587, 0.114]).sum(axis=2, keepdims=True)  # ITU-R 601, as Pillow
        image = np.rint(image) if values.max() > 1 else image
    return _resized(image.astype(np.float32), params.size)


def _numbers(cell: Any, where: str) -> NDArray[np.float64]:
    """(pixels,) of a text of numbers, or of a list of them, or of lists."""
    try:
        texts = [one for one in BETWEEN.split(cell) if one] if isinstance(cell, str) else cell
        values = np.array(texts, np.float64).ravel()
    except (ValueError, TypeError):
        values = np.array([np.nan])
    if not np.isfinite(values).all() or not len(values):
        raise KassandraError(f"{where}: pixels that are no numbers")
    return values


def _resized(image: NDArray[np.float32], size: int) -> NDArray[Any]:
    """(height, width, channels) → (size, size), or (…, 3); in 8 bits where it holds whole numbers from 0 to 255."""
    shallow = image.min() >= 0 and image.max() <= 255 and bool((image == np.rint(image)).all())
    planes = [np.ascontiguousarray(plane, np.uint8 if shallow else np.float32) for plane in np.moveaxis(image, 2, 0)]
    planes = [np.asarray(Image.fromarray(one).resize((size, size), Image.Resampling.BILINEAR)) for one in planes]
    return planes[0] if len(planes) == 1 else np.stack(planes, axis=-1)
