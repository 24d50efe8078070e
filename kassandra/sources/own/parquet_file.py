"""The rows of a .parquet."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from kassandra.sources.own.columns import Choose, Row, chosen_of
from kassandra.sources.own.lines import garbled

# How the bytes of images begin: PNG, JPEG, GIF, WebP, TIFF.
IMAGES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"II*\0", b"MM\0*")


def rows_of_parquet(file: Any, path: Path, choose: Choose) -> tuple[Sequence[str], Iterator[Row]]:
    """The names of the chosen columns, and their cells in each row; times as text."""
    import pyarrow as pa  # here: it costs a quarter of a second, which other kinds of table need not wait for
    from pyarrow import parquet

    def cells(column: Any, name: str) -> Iterable[Any]:
        kind = column.type
        if pa.types.is_dictionary(kind):
            column = column.dictionary_decode()
            kind = column.type
        if pa.types.is_timestamp(kind):
            column = column.cast(pa.timestamp(kind.unit, "UTC")) if kind.tz else column  # written with a Z
            return cast(Iterable[Any], column.cast(pa.string()).to_pylist())
        if pa.types.is_date(kind) or pa.types.is_time(kind):
            return cast(Iterable[Any], column.cast(pa.string()).to_pylist())
        # As bytes: pyarrow does not check that strings are UTF-8, and to_pylist fails on the whole column.
        binary = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary(), pa.string_view(): pa.binary_view()}
        values = column.cast(binary.get(kind, kind)).to_pylist()
        return (_text(one) if isinstance(one, bytes) else one for one in values)

    try:
        opened = parquet.ParquetFile(cast(BinaryIO, file))
        names = chosen_of(path, opened.schema_arrow.names, choose)
    except pa.ArrowException as error:
        raise OSError(f"as parquet: {error}") from None

    def rows() -> Iterator[Row]:
        try:
            number = 0
            for batch in opened.iter_batches(columns=list(names)):
                for row in zip(*(cells(batch.column(name), name) for name in names), strict=True):
                    number += 1
                    fault = next((why for cell in row if isinstance(cell, str) and (why := garbled(cell))), None)
                    yield number, fault or list(row)
        except pa.ArrowException as error:
            raise OSError(f"as parquet: {error}") from None

    return names, rows()


def _text(value: bytes) -> str | bytes:
    """Bytes are a text, as older programs write it, unless they are an image."""
    return value if value.startswith(IMAGES) else value.decode("utf-8", "surrogateescape")
