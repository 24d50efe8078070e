"""Your own table of labelled texts, .csv, .tsv, .jsonl or .parquet, read so that no row is lost in silence.

A row that cannot be used is kept as its line and the reason. pandas keeps no such list (its `on_bad_lines` sees neither
lines nor empty texts) and turns labels such as `NA` and `01` into something else; so csv and json of Python read here.
"""

import csv
import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, cast

from kassandra.contracts.artifacts import missing
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import unknown

LARGEST = 10_000_000  # bytes of a line, characters of a field: beyond any review; an unclosed quote reaches it
USUAL = {
    "text": ("text", "review", "sentence", "content", "comment"),
    "label": ("label", "sentiment", "class", "category", "stars", "rating", "target"),
}
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
UTF_8_MARK = b"\xef\xbb\xbf"
NO_LABEL = "\n"  # no column can have this name: texts alone are read
SHOWN = 5  # line numbers shown per reason

NOT_UTF_8, NUL = "not UTF-8", "NUL character"
AFTER_QUOTE = "something after a closing quote (a quote within a quoted field is written twice)"
WITHIN = "line within the quotes of a refused row"
RETURN = "carriage return outside quotes"
# From the opening quote to the closing one; possessive, so that megabytes without an end are passed only once.
QUOTED = re.compile(r'"(?:[^"]++|"")*+"')


class Row(NamedTuple):
    """text: as it stands in the file. label: without white space at its ends. Neither is empty."""

    text: str
    label: str


class Refused(NamedTuple):
    """line: where the row begins, line feeds counted from 1, header included; for parquet the number of the row."""

    line: int
    reason: str


class Table(NamedTuple):
    """texts, labels, lines: of the good rows, in the order of the file. refused: every other row, in the same order."""

    texts: list[str]
    labels: list[str]
    refused: list[Refused]
    lines: list[int]


# What a reader gives for each row: its line, and the row or the reason against it.
Rows = Iterator[tuple[int, Row | str]]


def read_table_of_texts(path: Path, text: str | None, label: str | None) -> Table:
    """The labelled texts of a file in UTF-8; all kinds but parquet may be packed (.csv.gz).

    A label is text: the numbers 1 and 1.0 are `1`, and booleans are `true` or `false`. Empty lines are no rows.

    Args:
        text, label: names of columns (of keys in .jsonl); None takes the only one with a usual name (USUAL, any case);
            label NO_LABEL reads texts alone, each its own label.

    Raises:
        KassandraError: the suffix is unknown; the file is missing, damaged, empty or UTF-16; a column is unknown, named
            twice, or cannot be guessed; a line or a field is longer than 10 MB; a quote is never closed; more than half
            of the rows are not UTF-8; or no row is good.
    """
    name = path.name.lower()
    kind = Path(name.removesuffix(".gz")).suffix
    if kind not in READERS or name.endswith(".parquet.gz"):
        known = f"known suffixes are {[*READERS]}, and .gz after all but the last"
        raise KassandraError(f"{path}: no table of texts; {known}")
    table = Table([], [], [], [])
    limit = csv.field_size_limit(LARGEST)  # of the whole process, so it is put back
    try:
        for line, row in READERS[kind](path, text, label):
            if isinstance(row, Row):
                table.texts.append(row.text)
                table.labels.append(row.label)
                table.lines.append(line)
            else:
                table.refused.append(Refused(line, row))
    except FileNotFoundError:
        raise missing(path) from None
    except (OSError, EOFError, zlib.error) as error:  # the last two: a .gz that is cut off or damaged
        raise KassandraError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
    finally:
        csv.field_size_limit(limit)
    total = len(table.texts) + len(table.refused)
    garbled = sum(row.reason == NOT_UTF_8 for row in table.refused)
    if 2 * garbled > total:
        raise KassandraError(f"{path}: {garbled} of {total} rows are not UTF-8; {_convert('LATIN1', path)}")
    if not table.texts:
        raise KassandraError(f"{sentence(table.refused, path, total)}; no row is good")
    return table


def sentence(refused: list[Refused], path: Path, total: int) -> str:
    """How many of `total` rows are refused for which reason, the most frequent first, and where the first of them are.

    >>> sentence([Refused(3, "empty text"), Refused(5, "missing label"), Refused(9, "empty text")], Path("a.csv"), 40)
    'a.csv: 3 of 40 rows refused: 2 × empty text (lines 3, 9); 1 × missing label (line 5)'
    """
    lines: dict[str, list[int]] = {}
    for line, reason in refused:
        lines.setdefault(reason, []).append(line)
    unit = "row" if path.suffix.lower() == ".parquet" else "line"
    parts = []
    for reason, where in sorted(lines.items(), key=lambda item: (-len(item[1]), item[1])):
        numbers = ", ".join(map(str, where[:SHOWN])) + (", …" if len(where) > SHOWN else "")
        parts.append(f"{len(where)} × {reason} ({unit}{'s' if len(where) > 1 else ''} {numbers})")
    return f"{path}: {len(refused)} of {total} rows refused" + (": " if parts else "") + "; ".join(parts)


def _delimited(path: Path, text: str | None, label: str | None) -> Rows:
    lines = list(_lines(path))
    first = next(filter(str.strip, lines), "")
    tabs = path.name.lower().endswith((".tsv", ".tsv.gz"))
    # A .csv whose first line has no `,` but a `;` is delimited by that.
    records = _records(lines, path, "\t" if tabs else ";" if ";" in first and "," not in first else ",")
    begin, header = next(records, (1, [""]))
    if isinstance(header, str):
        advice = {NUL: _convert("UTF-16", path), NOT_UTF_8: _convert("LATIN1", path), RETURN: "end lines in line feeds"}
        raise KassandraError(f"{path}: line {begin}: {header}; {advice.get(header, 'mend the names of the columns')}")
    columns = [name.strip() for name in header]
    places = [columns.index(name) for name in _choose(columns, path, text, label)]
    for begin, fields in records:
        if not isinstance(fields, str) and len(fields) != len(columns):
            fields = f"{'more' if len(fields) > len(columns) else 'fewer'} fields than the {len(columns)} columns"
        yield begin, fields if isinstance(fields, str) else _row(*(fields[place] for place in places))


def _records(lines: list[str], path: Path, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """The line where each record begins, and its fields or what is wrong with it; empty lines are none."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while (begin := reader.line_num + 1) <= len(lines):
        try:
            fields, mistake = next(reader), None
        except csv.Error as error:
            fields, mistake = [], _mistake(error, "".join(lines[begin - 1 : reader.line_num]), path, begin, delimiter)
        fault = mistake or _garbled("".join(lines[begin - 1 : reader.line_num]))
        if fields or fault:
            yield begin, fault or fields
        if mistake:  # good rows may be among what the quotes held: each line of it is reported
            yield from ((line, WITHIN) for line in range(begin + 1, reader.line_num + 1) if lines[line - 1].strip())


def _mistake(error: csv.Error, content: str, path: Path, begin: int, delimiter: str) -> str:
    """The reason against the row that begins in line `begin`; an error where the rest of the file is in doubt."""
    if "new-line" in str(error):
        return RETURN
    if "expected after" in str(error):
        return AFTER_QUOTE
    at, mistake = 0, f"a field of this row is longer than {LARGEST // 1_000_000} MB; is a quote never closed?"
    if "unexpected end" in str(error):  # field after field leads to the quote that is open at the end
        mistake = "the quote that opens here is never closed and swallows the rest of the file"
        while (quoted := QUOTED.match(content, at)) or content[at] != '"':
            at = content.index(delimiter, quoted.end() if quoted else at) + 1
    line = begin + content.count("\n", 0, at)
    raise KassandraError(f'{path}: line {line}: {mistake}; a quote that is meant as a character is written ""')


def _json_lines(path: Path, text: str | None, label: str | None) -> Rows:
    # Every line before any row: which keys hold text and label is known when all keys are.
    rows = [(number, _garbled(line) or _object(line)) for number, line in enumerate(_lines(path), 1) if line.strip()]
    keys = list(dict.fromkeys(chain.from_iterable(row for _, row in rows if isinstance(row, dict))))
    names = _choose(keys, path, text, label) if keys else ("text", "label")
    for number, row in rows:
        if not isinstance(row, str) and (lacking := [name for name in names if name not in row]):
            row = f"no key {lacking[0]!r}"
        yield number, row if isinstance(row, str) else _row(*(row[name] for name in names))


def _object(line: str) -> dict[str, Any] | str:
    """The JSON object of a line, or why there is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return "invalid JSON"
    return value if isinstance(value, dict) else "JSON, but no object"


def _parquet(path: Path, text: str | None, label: str | None) -> Rows:
    import pyarrow as pa  # here: it costs a quarter of a second, which other kinds of table need not wait for
    from pyarrow import parquet

    # As bytes: pyarrow does not check that strings are UTF-8, and to_pylist fails on the whole column.
    kinds = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary(), pa.string_view(): pa.binary_view()}

    def values(column: Any) -> list[Any]:
        column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        return cast(list[Any], column.cast(kinds.get(column.type, column.type)).to_pylist())

    try:
        with parquet.ParquetFile(path) as file:
            names = _choose(file.schema_arrow.names, path, text, label)
            batches = file.iter_batches(columns=list(names))
            pairs = (zip(*(values(batch.column(name)) for name in names), strict=True) for batch in batches)
            for number, pair in enumerate(chain.from_iterable(pairs), 1):
                yield number, _row(*pair)
    except pa.ArrowException as error:
        raise OSError(f"as parquet: {error}") from None


READERS: dict[str, Callable[[Path, str | None, str | None], Rows]] = {
    ".csv": _delimited, ".tsv": _delimited, ".jsonl": _json_lines, ".ndjson": _json_lines, ".parquet": _parquet
}  # fmt: skip


def _lines(path: Path) -> Iterator[str]:
    """Lines with their line feed; a byte that is no UTF-8 becomes a lone surrogate, which _garbled finds."""
    with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(LARGEST + 1), b""), 1):
            if number == 1 and line.startswith(UTF_16_MARKS):
                raise KassandraError(f"{path}: UTF-16, not UTF-8; {_convert('UTF-16', path)}")
            if len(line) > LARGEST:
                raise KassandraError(f"{path}: line {number}: longer than {LARGEST // 1_000_000} MB; is it a table?")
            yield (line.removeprefix(UTF_8_MARK) if number == 1 else line).decode("utf-8", "surrogateescape")


def _garbled(line: str) -> str | None:
    try:
        line.encode()
    except UnicodeEncodeError:
        return NOT_UTF_8
    return NUL if "\0" in line else None


def _convert(encoding: str, path: Path) -> str:
    return f"convert it, as from {encoding}: `iconv -f {encoding} -t UTF-8 {path.name} > new{path.suffix}`"


def _choose(columns: list[str], path: Path, text: str | None, label: str | None) -> tuple[str, str]:
    """The names of the columns of text and label; columns without a name cannot be meant, however many."""
    shown = [name if len(name) <= 40 else f"{name[:40]}…" for name in columns if name]
    if not shown:
        raise KassandraError(f"{path}: no column has a name; the first line must name them, as in `text,label`")
    if repeated := sorted(name for name, times in Counter(columns).items() if name and times > 1):
        raise KassandraError(f"{path}: columns {repeated} are named more than once; the columns are {shown}")
    chosen = []
    for role, given, other in (("text", text, label), ("label", label, text))[: 1 if label == NO_LABEL else 2]:
        likely = [name for name in columns if name.casefold() in USUAL[role] and name != other]
        if given is None and len(likely) != 1:
            why = f"{likely} may all be it" if likely else f"no column has a usual name ({', '.join(USUAL[role])})"
            raise KassandraError(f"source.{role}: {why}; say which it is; the columns are {shown}")
        if given is not None and (not given or given not in columns):
            raise KassandraError(unknown(f"source.{role}", "column", given, shown))
        chosen.append(likely[0] if given is None else given)
    if chosen[1:] == chosen[:1]:
        raise KassandraError(f"source.label: {chosen[0]!r} is the column of the text; the columns are {shown}")
    return chosen[0], chosen[-1]


def _row(text: object, label: object) -> Row | str:
    """A good row, or why it is none. Bytes are strings not yet checked; None and NaN are missing values."""
    try:
        text, label = (value.decode() if isinstance(value, bytes) else value for value in (text, label))
    except UnicodeDecodeError:
        return NOT_UTF_8
    if text is None or text != text or (isinstance(text, str) and not text.strip()):
        return "empty text"
    if not isinstance(text, str):
        return "text that is no string"
    if not (label is None or isinstance(label, str | bool | int | float | Decimal)):
        return "label that is neither text, a number, true nor false"
    name = "" if label is None or label != label else str(label).strip()
    if isinstance(label, bool):
        name = name.lower()
    elif name and not isinstance(label, str | None) and label % 1 == 0:
        name = str(int(label))
    return (_garbled(text + name) or Row(text, name)) if name else "missing label"
