"""The rows of a JSON file: lines with an object each, or one list of objects."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kassandra.contracts.errors import KassandraError
from kassandra.params.sections.table_file import TableFile
from kassandra.sources.own.columns import Choose, Row, chosen_of
from kassandra.sources.own.lines import garbled, lines_of
from kassandra.sources.own.unpacked import LARGEST, readable, unpacked

DEEPEST = 5  # objects within objects whose keys are columns
MOST_KEYS = 10_000  # different ones in the lines of .jsonl


def rows_of_json(path: Path, source: TableFile, choose: Choose, largest: int) -> tuple[Sequence[str], Iterator[Row]]:
    """The names of the chosen columns, and their cells in each row.

    Twice through the file: all keys are known before any row.
    """
    keys: dict[str, None] = {}
    for _, one in _objects(path, source, largest):
        keys |= dict.fromkeys(one) if isinstance(one, dict) else {}
        if len(keys) > MOST_KEYS:
            raise KassandraError(f"{path}: has more than {MOST_KEYS:,} different keys; is it a table?")
    names = chosen_of(path, list(keys), choose) if keys else []

    def rows() -> Iterator[Row]:
        for line, one in _objects(path, source, largest):
            if isinstance(one, str):
                yield line, one
            elif lacking := [name for name in names if name not in one]:
                yield line, f"no key {lacking[0]!r}"
            else:
                yield line, [one[name] for name in names]

    return names, rows()


def _objects(path: Path, source: TableFile, largest: int) -> Iterator[tuple[int, dict[str, Any] | str]]:
    with readable(path), unpacked(path) as (file, _):
        if re.match(rb"(\xef\xbb\xbf)?\s*\[\s*\{", file.peek(64)):
            content = file.read(LARGEST + 1)
            if len(content) > LARGEST:
                raise KassandraError(f"{path}: holds more than {LARGEST >> 20} MiB; write an object per line")
            try:
                yield from enumerate((_object(one) for one in json.loads(content)), 1)
            except (ValueError, RecursionError):
                raise KassandraError(f"{path}: begins as a list of JSON objects, but is not valid JSON") from None
            return
        for number, line in enumerate(lines_of(file, path, source.encoding, largest), 1):
            if line.strip():
                yield number, garbled(line) or _object(line)


def _object(value: Any) -> dict[str, Any] | str:
    """The JSON object of a line, or why there is none."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return "invalid JSON"
    return flattened(value) if isinstance(value, dict) else "JSON, but no object"


def flattened(value: dict[str, Any], depth: int = DEEPEST) -> dict[str, Any]:
    """What an object within an object holds is a column too, as `a.b`.

    >>> flattened({"a": {"b": 1}, "c": [2]})
    {'a.b': 1, 'c': [2]}
    """
    if depth == 0 or not any(isinstance(one, dict) for one in value.values()):
        return value
    flat: dict[str, Any] = {}
    for key, one in value.items():
        if isinstance(one, dict) and one:
            flat |= {f"{key}.{name}": part for name, part in flattened(one, depth - 1).items()}
        else:
            flat[key] = one
    return flat
