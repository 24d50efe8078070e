"""Folders of tables recognised that are a series, or a recording, each, in a folder for each label."""

from collections import Counter
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from kassandra.contracts.errors import KassandraError
from kassandra.detection import numbers
from kassandra.detection.name_parts import by_name
from kassandra.detection.proposal import Look, Proposal
from kassandra.detection.table import Table, preview, table_of
from kassandra.detection.words import some
from kassandra.inputs.series.detect.clock import clock_of
from kassandra.sources.own.file_names import labels_of
from kassandra.sources.own.labelled import label_folders
from kassandra.sources.own.tables_of import ENDINGS

MOST_OF = 0.8  # share of the files of a folder that are tables
FEWEST = 3  # tables of a label, on average, from which each is a series rather than a recording
LOOKED_AT = 5  # tables, which have to have the same columns
WINDOW = 128  # rows of a window, at most


class Seen(NamedTuple):
    """files: the tables. first: one of them. keys: of `source`, that say what each is. labels: of the tables."""

    files: list[str]
    first: Table
    keys: dict[str, Any]
    labels: Counter[str]
    splits: Counter[str]


def seen_in(look: Look) -> Seen | None:
    """Of folders named as labels; of one folder whose files are so named, if the user asks for labels."""
    tree = look.tree
    if look.form != "folder" or tree is None or look.answer is not None or look.tables or look.wish.target:
        return None
    files = [name for name in tree.files if PurePosixPath(name).suffix.lower() in ENDINGS]
    if len(files) < max(4, MOST_OF * len(tree.files)) and not (look.wish.kind == "label" and len(files) > 1):
        return None
    said = label_folders([PurePosixPath(name) for name in files])
    keys: dict[str, Any] = {"files": "series"}
    labels, splits = Counter(label for label, _ in said if label), Counter(split for _, split in said if split)
    if len(labels) < 2 and look.wish.kind == "label":
        keys, labels = _by_names(look, files)
    if len(labels) < 2 or labels.total() < 0.9 * len(files):
        return None
    tables = [table_of(tree.path / name, look.wish.asked) for name in files[:: max(1, len(files) // LOOKED_AT)]]
    first = tables[0]
    if first is None or not all(one is not None and len(one.names) == len(first.names) for one in tables):
        return None
    if not _values(first) or any(first.kind(one) == "text" and one.words >= 3 for one in first.columns):
        return None
    return Seen(files, first, keys, labels, splits)


def _by_names(look: Look, files: list[str]) -> tuple[dict[str, Any], Counter[str]]:
    """Of files in one folder: a part of their names is the label of each; or each is called by its label."""
    try:
        named = by_name(files, look.wish.target)
        if named:
            return {"files": "series", "label_pattern": named[0]}, Counter(named[1])
        paths = [look.path / name for name in files]
        return {"files": "labels"}, Counter(dict.fromkeys(labels_of(paths), 1))
    except KassandraError:
        return {}, Counter()


def _values(table: Table) -> list[str]:
    times = clock_of(table).columns
    return [one.name for one in table.numeric if not one.counts_up and one.name not in times]


def propose(look: Look, seen: Seen) -> Proposal:
    """The section of such a folder."""
    table, values = seen.first, _values(seen.first)
    columns = [table.column(name) for name in values]
    written = table.written(columns)
    proposal = Proposal("series", "label", {**seen.keys, **table.keys, **written.keys()}, seen=list(table.notes))
    proposal.guessed += [written.note] if written.note else []
    if marks := list(dict.fromkeys(mark for one in columns for mark in numbers.marks_of(one.cells, written))):
        proposal.source["missing_values"] = marks
    if marks or any(len(one.held) < len(one.cells) for one in columns):
        proposal.prepare["missing"] = "interpolate"
        proposal.guessed.append("missing values are interpolated within a series; `missing: mask` is the other way")
    proposal.source["values"] = values
    clock = clock_of(table)
    proposal.source |= clock.keys if clock.columns else {}
    proposal.classes, proposal.splits = dict(seen.labels.most_common()), frozenset(seen.splits) - {"train"}
    proposal.seen.append(f"{len(seen.files):,} tables of the columns {some(table.names)}")
    proposal.examples, proposal.steps = len(seen.files), table.rows
    where = {"labels": "the files' names"}.get(seen.keys["files"], "their folders")
    where = "the files' names (label_pattern)" if "label_pattern" in seen.keys else where
    whole = seen.keys["files"] == "series" and len(seen.files) >= FEWEST * len(seen.labels)
    if not whole:
        window = max(8, min(WINDOW, table.rows // 8))
        proposal.prepare["window"] = window
        proposal.examples, proposal.steps = 2 * table.rows * len(seen.files) // window, window
        proposal.prepare |= {"block": 5} if seen.keys["files"] == "series" else {}
        proposal.classes = {label: count * 2 * table.rows // window for label, count in proposal.classes.items()}
    what = "a series each" if whole else f"recordings, which are cut into windows of {proposal.steps} rows"
    proposal.guessed.append(f"tables are {what}; labels are those of {where}: {some(list(seen.labels))}")
    proposal.rows = preview(table, [table.names.index(name) for name in values][:7])
    return proposal
