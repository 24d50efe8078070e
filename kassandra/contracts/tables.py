"""Tables that stages hand to each other: .csv where git keeps them, .parquet where DVC does."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kassandra.contracts.artifacts import SEAL, damaged, missing, whole
from kassandra.contracts.printed import in_csv


def write_table(path: Path, rows: pd.DataFrame | Sequence[dict[str, Any]]) -> None:
    """CSV keeps six significant digits, and no formula; parquet every bit, sealed (see artifacts.SEAL)."""
    table = pd.DataFrame(rows)
    with whole(path) as partial:
        if path.suffix == ".csv":
            for name in table.select_dtypes(exclude="number"):
                table[name] = table[name].map(in_csv)
            table = table.rename(columns=in_csv)
            table.to_csv(partial, index=False, float_format="%.6g", lineterminator="\n")
        else:
            import pyarrow as pa  # here and below: it costs a quarter of a second, which no CSV need wait for
            from pyarrow import parquet

            content = pa.Table.from_pandas(table, preserve_index=False)
            metadata = {**content.schema.metadata, SEAL.encode(): _seal(table)}
            parquet.write_table(content.replace_schema_metadata(metadata), partial)


class Columns(Mapping[str, "pd.Series[Any]"]):
    """The columns of a .parquet by name, each read when it is asked for: all at once may be gigabytes.

    Raises:
        KassandraError: there is no such file, it is damaged, or its content is not what was sealed; as it is opened.
    """

    def __init__(self, path: Path) -> None:
        from pyarrow import parquet

        self.path = path
        with _damage_named(path):
            self._file = parquet.ParquetFile(path)
            self._names = [str(name) for name in self._file.schema_arrow.names]
            schema = self._file.schema_arrow
            types = schema.empty_table().to_pandas().dtypes
            seal = _seal_of(self._names, types, map(self._read, self._names))
            if (schema.metadata or {}).get(SEAL.encode()) != seal:
                raise ValueError("its content is not what was written")

    def __getitem__(self, name: str) -> "pd.Series[Any]":
        if name not in self._names:
            raise KeyError(name)
        with _damage_named(self.path):
            return self._read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def _read(self, name: str) -> "pd.Series[Any]":
        column: pd.Series[Any] = self._file.read(columns=[name]).to_pandas()[name]
        return column


def read_table(path: Path, sealed: bool = False) -> pd.DataFrame:
    """
    Args:
        sealed: refuse a .parquet without a seal, as somebody else may have written it.

    Raises:
        KassandraError: there is no such file, it is damaged, or its content is not what was sealed.
    """
    from pyarrow import parquet

    with _damage_named(path):
        if path.suffix == ".csv":
            return pd.read_csv(path)
        content = parquet.read_table(path)
        table: pd.DataFrame = content.to_pandas()
        seal = (content.schema.metadata or {}).get(SEAL.encode())
        if (sealed or seal is not None) and seal != _seal(table):
            raise ValueError("its content is not what was written")
        return table


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise missing(path) from None
    except (ValueError, OSError, KeyError, TypeError, NotImplementedError) as error:  # of pandas and of pyarrow
        raise damaged(path, error) from None


def _seal(table: pd.DataFrame) -> bytes:
    return _seal_of([str(name) for name in table], table.dtypes, (table[name] for name in table))


def _seal_of(names: Sequence[str], types: Iterable[Any], columns: Iterable["pd.Series[Any]"]) -> bytes:
    # Categories that are no texts are read back as what they are.
    kinds = [each.categories.dtype if isinstance(each, pd.CategoricalDtype) else each for each in types]
    digest = hashlib.sha256(repr([*names, *map(str, kinds)]).encode())
    for column in columns:
        if column.dtype == object and column.map(pd.api.types.is_list_like).any():  # it has no hash, but its text has
            column = column.map(lambda value: repr(np.asarray(value).tolist()))
        digest.update(pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes())
    return digest.hexdigest().encode()
