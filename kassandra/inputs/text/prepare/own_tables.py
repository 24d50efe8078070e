"""Your own tables of labelled texts: one, or one for each split, in a folder that may hold others too."""

import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import printable
from kassandra.contracts.splits import WHOLE
from kassandra.inputs.text.prepare.line_files import read_lines
from kassandra.inputs.text.prepare.table import Texts, read_table_of_texts
from kassandra.params.inputs.text import ExamplesSource
from kassandra.params.sections.table_file import EVERYWHERE
from kassandra.sources.own.file_names import labels_of
from kassandra.sources.own.refused import by_reason, check_share
from kassandra.sources.own.table_file import first_rows
from kassandra.sources.own.tables_of import by_split, tables_in

WHOLE_NUMBER, DECIMAL = re.compile(r"-?\d+", re.ASCII), re.compile(r"(-?\d+)\.0+", re.ASCII)
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
READ_AS_SPACES = "<br>, <p>, <i>, <b> and <em> are read as spaces, other tags as they stand"


class Own(NamedTuple):
    """parts: by split, in the order train, valid, test; or one as WHOLE: texts, labels, and file and line of each.
    refused: rows. meta: for meta.json. message: what was left out, and what is odd."""

    parts: dict[str, list[tuple[str, str, str]]]
    refused: int
    meta: dict[str, Any]
    message: str


def read_own(raw: Path, source: ExamplesSource, many: bool = False) -> Own:
    """
    Args:
        many: whether a text may have any number of labels, joined as contracts.label_sets has it.

    Raises:
        KassandraError: there is no table, or several of which none is called train; one cannot be read; or more rows
            are refused than `source.tolerate` allows.
    """
    tables, messages = _tables(raw, source)
    parts, left_out, refused = dict[str, list[tuple[str, str, str]]](), dict[str, Any](), 0
    set_aside: list[str] = []
    for split, path, label in tables:
        if split not in ("train", WHOLE) and (why := _without_labels(path, source, many)):
            set_aside.append(path.name)
            messages.append(f"{path}: {why}, so it cannot be the {split} split, and is set aside; one is drawn instead")
            continue
        table = _read(path, source, label, many)
        if not source.layout:
            known = ("text", "label") if label is None else ("text",)
            source = source.model_copy(update=dict(zip(known, table.columns, strict=False)))
        total = len(table.texts) + len(table.refused)
        messages += [check_share(table.refused, path, total, source.tolerate, table.hint), *table.remarks]
        refused += len(table.refused)
        left_out |= {path.name: by_reason(table.refused)} if table.refused else {}
        ids = [f"{path.name}:{line}" for line in table.lines]
        parts.setdefault(split, []).extend(zip(table.texts, table.labels, ids, strict=True))
        messages.append(_of_tags(path, table))
    parts, said = _with_one_spelling(parts)
    described = source.model_dump(exclude=EVERYWHERE, exclude_defaults=True)
    meta = {"source": described, "left_out": left_out, "set_aside": set_aside}
    return Own(parts, refused, meta, "\n".join(filter(None, [*messages, said])))


def _tables(raw: Path, source: ExamplesSource) -> tuple[list[tuple[str, Path, str | None]], list[str]]:
    """Each table with its split, or WHOLE, and the label of all its texts, if its name says that; what to report."""
    files, messages = tables_in(raw)
    if source.files == "labels" or source.layout == "lines":
        labels = labels_of(files)
        messages.append(f"{raw}: a file for each label: {', '.join(map(printable, labels))}")
        return [(WHOLE, path, label) for path, label in zip(files, labels, strict=True)], messages
    if source.files == "parts":
        return [(WHOLE, path, None) for path in files], [*messages, f"{raw}: {len(files):,} tables, read as one"]
    tables, aside = by_split(files, raw)
    return [(split, path, None) for split, path in tables.items()], [*messages, *aside]


def _read(path: Path, source: ExamplesSource, label: str | None, many: bool) -> Texts:
    """The texts of one table, or of one file of lines, with their labels, or that of all of them."""
    if source.layout:
        return read_lines(path, source, label, many)
    table = read_table_of_texts(path, source, texts_alone=label is not None, many=many)
    return table if label is None else table._replace(labels=[label] * len(table.texts))


def _without_labels(path: Path, source: ExamplesSource, many: bool) -> str:
    """Why a table cannot be a split: it has no column of labels, or nothing in it."""
    if source.layout:
        return ""
    assert source.label is not None  # it is known once train is read
    names, _ = first_rows(path, source, 0)
    labels = [source.label] if isinstance(source.label, str) else source.label
    if lacking := [name for name in labels if name not in names]:
        return f"has no column {lacking[0]!r}"
    try:
        if not any(read_table_of_texts(path, source, many=many).labels):
            return f"has nothing in column {labels[0]!r}"
    except KassandraError:
        rows = read_table_of_texts(path, source, texts_alone=True)
        return f"has nothing in column {labels[0]!r}" if rows.texts else ""
    return ""


def _of_tags(path: Path, table: Texts) -> str:
    count = sum(bool(TAG.search(text)) for text in table.texts)
    return f"{path}: {count:,} of {len(table.texts):,} texts hold HTML tags; {READ_AS_SPACES}" if count else ""


def _with_one_spelling(
    parts: dict[str, list[tuple[str, str, str]]],
) -> tuple[dict[str, list[tuple[str, str, str]]], str]:
    """Where all labels are whole numbers, some of them written as 5.0 and others as 5, those are one label."""
    labels = Counter(label for part in parts.values() for _, label, _ in part)
    decimal = {label: match[1] for label in labels if (match := DECIMAL.fullmatch(label))}
    if not decimal or not all(label in decimal or WHOLE_NUMBER.fullmatch(label) for label in labels):
        return parts, ""
    if not set(decimal.values()) & set(labels):
        return parts, ""
    merged = {
        split: [(text, decimal.get(label, label), one) for text, label, one in part] for split, part in parts.items()
    }
    both = ", ".join(f"{printable(old)} ({labels[old]:,}) is {new}" for old, new in sorted(decimal.items()))
    return merged, f"labels that are one number are one label: {both}"
