"""The rows of a JSON file: a line for each object, or one list of them; what else may be JSON is named."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from kassandra.contracts.errors import KassandraError
from kassandra.detection.content import Lines, unpacked
from kassandra.sources.own.json_file import flattened
from kassandra.sources.own.unpacked import LARGEST

LIST = re.compile(r"\s*\[\s*\{")
LISTS = re.compile(r"\s*\[\s*\[")
SPANS = (
    "marks spans of texts by where they begin and end, as doccano, Label Studio, Prodigy and spaCy do; write the words "
    "of each text and a tag for each, in lists `tokens` and `tags` of JSON lines, or in columns (CoNLL 2003)"
)
OBJECT = re.compile(r'\s*\{\s*("|$)')


class Rows(NamedTuple):
    """rows: a sample. where: the line, or the place in the list, of each. total: how many there are."""

    rows: list[dict[str, Any]]
    where: list[int]
    total: int


def rows_of(path: Path, lines: Lines) -> Rows | None:
    """None of a file that is no JSON.

    Raises:
        KassandraError: it is JSON in another form.
    """
    if by_line := _by_line(lines):
        return by_line
    start = "\n".join(lines.first[:100])
    if not (LIST.match(start) or LISTS.match(start) or OBJECT.match(start)):
        return None
    if lines.size > LARGEST:
        raise KassandraError(f"{path}: holds more than {LARGEST >> 20} MiB of JSON; write an object per line (.jsonl)")
    with unpacked(path) as file:
        content = file.read(LARGEST + 1)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict):
        raise KassandraError(f"{path}: {_described(value, path.name)}")
    if isinstance(value, list) and value and all(isinstance(one, list) for one in value):
        if any(isinstance(cell, dict) for cell in value[0]):
            raise KassandraError(f"{path}: {SPANS}")
        raise KassandraError(
            f"{path}: a list of {len(value):,} lists, whose columns have no names; write a table: "
            f"`pandas.read_json({path.name!r}).to_csv('table.csv', index=False)`"
        )
    rows = [flattened(one) for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    return Rows(rows, list(range(1, len(rows) + 1)), len(rows)) if rows else None


def _by_line(lines: Lines) -> Rows | None:
    rows, where = list[dict[str, Any]](), list[int]()
    for number, text in [*enumerate(lines.first, 1), *lines.later]:
        if not text.strip():
            continue
        try:
            value = json.loads(text) if text.lstrip().startswith("{") else None
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            if len(rows) < 3:
                return None
            continue
        rows.append(flattened(value))
        where.append(number)
    return Rows(rows, where, lines.total) if len(rows) > 1 else None


def _are_columns(value: dict[str, Any]) -> bool:
    """Whether it holds lists of one length, or an object of numbers and texts, as pandas writes columns."""
    lists = [one for one in value.values() if isinstance(one, list)]
    if lists:
        return len(lists) == len(value) and len({len(one) for one in lists}) == 1
    return (
        len(value) > 2
        and all(key.isdigit() for key in value)
        and not any(isinstance(one, dict) for one in value.values())
    )


def _described(value: dict[str, Any], file: str) -> str:
    """What one object holds, and how it becomes a table."""
    table, load = "to_csv('table.csv', index=False)", f"json.load(open({file!r}))"
    lists = {key: one for key, one in value.items() if isinstance(one, list)}
    of_objects = {key: one for key, one in lists.items() if one and all(isinstance(row, dict) for row in one)}
    begin = "one JSON object, and no table"
    if of_objects:
        key = max(of_objects, key=lambda name: len(of_objects[name]))
        return (
            f"{begin}; its key {key!r} holds {len(of_objects[key]):,} rows: write that list alone into a file: "
            f"`pandas.json_normalize({load}[{key!r}]).{table}`"
        )
    if {"columns", "data"} <= lists.keys():
        return f"{begin}, but what pandas writes: `pandas.read_json({file!r}, orient='split').{table}`"
    within = {key: one for key, one in value.items() if isinstance(one, dict) and _are_columns(one)}
    if within and not lists:
        key = max(within, key=lambda name: len(within[name]))
        if len(within) == len(value):
            return f"{begin}, but columns: `pandas.read_json({file!r}).{table}`"
        what = f"its key {key!r} holds columns, {list(within[key])[:4]}"
        return f"{begin}; {what}: `pandas.DataFrame({load}[{key!r}]).{table}`"
    columns = list(lists)
    if len(columns) > 1:
        return f"{begin}; its keys {columns[:5]} seem to be columns: write a list with an object for each row"
    return f"{begin}; expected a list of objects, or a line for each, of the same keys"
