"""Tables with an image in each row recognised: fer2013, MNIST as .csv, .parquet of the Hugging Face hub."""

import math
import re
from collections import Counter
from typing import NamedTuple

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.splits import SPLIT_OF
from kassandra.detection.proposal import Look, Proposal
from kassandra.detection.table import IMAGE, Column, Table

FEWEST = 196  # columns of whole numbers that are pixels whatever they are called: 14 × 14
LABELS = {"label", "class", "labels", "emotion", "target", "fine_label", "y", "category"}
NAMED = re.compile(r"(pixel|px|pix|p)[ _]?\d+([x_]\d+)?|\d+x\d+", re.IGNORECASE)
ONE_CELL = re.compile(r"[\[(]?\s*\d{1,3}(\.\d*)?([\s,;]+\d{1,3}(\.\d*)?){63,}\s*[\])]?")
PREFIX = re.compile(r"(.*?)\d+$")


class Seen(NamedTuple):
    """pixels: of `source`. side: pixels of one side, 0 where image files say it. colour: whether each has three."""

    pixels: str
    side: int
    colour: bool
    label: Column
    split: Column | None


def seen_in(look: Look) -> Seen | None:
    table = look.table
    if table is None or look.alike:
        return None
    pixels, side, colour, taken = _in_one_column(table) or _in_columns(table) or ("", 0, False, set[str]())
    if not pixels:
        return None
    rest = [one for one in table.columns if one.name not in taken]
    few = [one for one in rest if 2 <= len(one.values) <= max(2, len(one.held) // 2)]
    split = next((one for one in few if {value.lower() for value in one.values} <= SPLIT_OF.keys()), None)
    if look.wish.target:
        return Seen(pixels, side, colour, table.column(look.wish.target), split)
    likely = [one for one in few if one is not split]
    label = next((one for one in likely if one.name.lower() in LABELS), likely[0] if len(likely) == 1 else None)
    return Seen(pixels, side, colour, label, split) if label else None


def _in_one_column(table: Table) -> tuple[str, int, bool, set[str]] | None:
    for column in table.columns:
        some = column.held[:20]
        if some and all(cell == IMAGE for cell in some):
            return column.name, 0, True, {column.name}
        if some and all(ONE_CELL.fullmatch(cell) for cell in some):
            count = len(re.findall(r"[\d.]+", some[0]))
            if shape := _square(count):
                return column.name, *shape, {column.name}
    return None


def _in_columns(table: Table) -> tuple[str, int, bool, set[str]] | None:
    numbered = Counter(match[1] for name in table.names if (match := PREFIX.fullmatch(name)))
    for prefix, _ in numbered.most_common(1):
        columns = [one for one in table.columns if (match := PREFIX.fullmatch(one.name)) and match[1] == prefix]
        beside = [one for one in table.columns if one not in columns]
        named = all(NAMED.fullmatch(one.name) for one in columns)
        if not beside and table.keys.get("header") == "none":  # the label is numbered too
            columns, beside = columns[1:], columns[:1]
        shape = _square(len(columns))
        if not shape or not beside or not (named or len(columns) >= FEWEST):
            continue
        if all(_is_pixel(one) for one in columns[:: max(1, len(columns) // 50)]):
            return prefix.strip(" _.x") or prefix, *shape, {one.name for one in columns}
    return None


def _is_pixel(column: Column) -> bool:
    return all(cell.isdigit() and int(cell) <= 255 for cell in column.cells[:200])


def _square(count: int) -> tuple[int, bool] | None:
    """Pixels of a side, and whether each has three values."""
    side = math.isqrt(count)
    if side * side == count:
        return side, False
    side = math.isqrt(count // 3)
    return (side, True) if 3 * side * side == count else None


def propose(look: Look, seen: Seen) -> Proposal:
    table = look.table
    assert table is not None
    if len(seen.label.values) < 2:
        raise KassandraError(f"{table.path}: {seen.label.name!r} says the same of all images; --target names another")
    source = {**table.keys, "pixels": seen.pixels, "label": seen.label.name}
    source |= {"split": seen.split.name} if seen.split else {}
    proposal = Proposal(
        "images", "label", source, seen=list(table.notes), classes=dict(seen.label.values.most_common())
    )
    scale = table.rows / max(len(table.lines), 1)
    proposal.classes = {label: max(1, round(count * scale)) for label, count in proposal.classes.items()}
    what = f"{seen.side}×{seen.side} pixels" if seen.side else "image files"
    proposal.seen.append(
        f"an image in each row ({seen.pixels}): {what}{' in colour' if seen.side and seen.colour else ''}"
    )
    if seen.split:
        said = {value: SPLIT_OF[value.lower()] for value in seen.split.values}
        proposal.splits = frozenset(said.values()) - {"train"}
        named = ", ".join(f"{value} is {split}" if value.lower() != split else value for value, split in said.items())
        proposal.seen.append(f"splits by {seen.split.name!r}: {named}")
    if look.tables:
        proposal.splits = frozenset(look.tables) - {"train"}
        proposal.seen.append(f"tables of splits: {', '.join(path.name for path in look.tables.values())}")
    elif look.path.is_dir():
        proposal.source["path"] = table.path
    proposal.guessed.append(f"labels in {seen.label.name!r}; --target names another column")
    size = min(max(seen.side, 4), 64) or 32
    proposal.prepare["size"] = size if seen.side else 32
    proposal.prepare |= {"channels": "rgb"} if seen.colour else {}
    proposal.model["variant"] = "attention"
    proposal.examples, proposal.steps = table.rows, proposal.prepare["size"]
    proposal.train["batch_size"] = 16 if proposal.examples < 2000 else 64
    proposal.rows = [{"label": label} for label in seen.label.cells[:5]]
    return proposal
