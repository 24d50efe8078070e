"""Your own tables of pairs, as `source` says that they are written: one, or one for each split."""

from pathlib import Path
from typing import NamedTuple

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import some
from kassandra.contracts.section import unknown
from kassandra.contracts.splits import SPLIT_OF, WHOLE
from kassandra.params.inputs.text import PairsSource
from kassandra.params.sections.table_file import EVERYWHERE
from kassandra.sources.own.refused import Refused, check_share
from kassandra.sources.own.table_file import called, read_table

LARGEST = 1 << 32  # bytes of a table of texts, unpacked


class PairTable(NamedTuple):
    """rows: line and both cells, in UTF-8. refused: rows that could not be read. message: about those."""

    path: Path
    rows: list[tuple[int, bytes, bytes]]
    refused: list[Refused]
    message: str


def is_described(source: PairsSource) -> bool:
    """Whether a key says how a table is written, and not only which languages are in it."""
    return bool(source.model_fields_set - EVERYWHERE - {"pair", "encoding"})


def tables_of_pairs(files: list[Path], source: PairsSource) -> dict[str, PairTable]:
    """By split; of one table as WHOLE.

    Raises:
        KassandraError: there are several tables, not all named after splits; one cannot be read, has too few columns,
            or more bad rows than `source.tolerate` allows.
    """
    if len(files) == 1:
        return {WHOLE: _table(files[0], source)}
    splits = [SPLIT_OF.get(path.name.partition(".")[0].lower(), "") for path in files]
    if "" in splits or len(set(splits)) < len(splits) or not {"train", "test"} <= set(splits):
        found = some(path.name for path in files)
        raise KassandraError(f"source.path: expected one table, or train.*, test.* and perhaps valid.*; found {found}")
    return {split: _table(path, source) for split, path in zip(splits, files, strict=True)}


def _table(path: Path, source: PairsSource) -> PairTable:
    table = read_table(path, source, lambda names: _choose(path, names, source), LARGEST)
    total = table.total
    message = check_share(table.refused, path, total, source.tolerate, table.hint())
    said = [message, *(f"{path}: {count:,} {what}" for what, count in table.remarks.items())]
    first, second = ([_bytes(cell) for cell in cells] for cells in table.columns.values())
    rows = list(zip(table.lines.tolist(), first, second, strict=True))
    return PairTable(path, rows, table.refused, "\n".join(filter(None, said)))


def _choose(path: Path, names: list[str], source: PairsSource) -> list[str]:
    if source.text is None or source.translation is None:
        if len(names) < 2:
            raise KassandraError(f"{path}: has one column, {names}; pairs need two: what is `source.delimiter`?")
        return names[:2]
    chosen = []
    for key, name in (("text", source.text), ("translation", source.translation)):
        if called(name, names) not in names:
            raise KassandraError(unknown(f"source.{key}", "column", name, names))
        chosen.append(called(name, names))
    return chosen


def _bytes(cell: object) -> bytes:
    return ("" if cell is None else str(cell)).encode("utf-8", "surrogateescape")
