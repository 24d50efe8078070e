"""Lines of a file as records: the cells of each, or what is wrong with it; a bad one harms no other.

pandas fills rows that are too short and forgets the lines; so csv of Python reads here.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from kassandra.contracts.errors import KassandraError
from kassandra.params.sections.table_file import WHITESPACE, TableFile

LONGEST = 10_000_000  # bytes of a line, characters of a cell; an unclosed quote reaches it
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
UTF_8_MARK = "\ufeff"
SAMPLE = 1 << 16  # bytes in which ends of lines are looked for
ENOUGH = 100  # bytes beyond ASCII: fewer look alike in many encodings
DELIMITERS = (",", ";", "\t", "|")

NOT_UTF_8, NUL = "not UTF-8", "NUL character"
AFTER_QUOTE = "something after a closing quote (a quote within a quoted field is written twice)"
WITHIN = "line within the quotes of a refused row"
RETURN = "carriage return outside quotes"
# From the opening quote to the closing one; possessive, so that megabytes without an end are passed only once.
QUOTED = re.compile(r'"(?:[^"]++|"")*+"')

Record = tuple[int, list[str] | str]  # the line where it begins; its cells, or the reason against it


def lines_of(file: io.BufferedReader, path: Path, encoding: str | None, largest: int) -> Iterator[str]:
    """Lines with their ends; of UTF-8 a byte that is none becomes a lone surrogate, which `garbled` finds.

    Raises:
        KassandraError: a line is longer than LONGEST, or not in the encoding; or all are longer than `largest`.
    """
    start = file.peek(SAMPLE)
    if encoding is None and start.startswith(UTF_16_MARKS):
        raise KassandraError(f"{path}: UTF-16, not UTF-8; say `source.encoding: utf-16`")
    errors = "surrogateescape" if encoding is None or _is_of_bytes(encoding) else "strict"
    only_returns = b"\r" in start and b"\n" not in start  # of an old Mac
    end = "\r" if only_returns else "\n"
    text = io.TextIOWrapper(file, encoding or "utf-8", errors, newline=end)
    number = size = 0
    try:
        for number, line in enumerate(iter(lambda: text.readline(LONGEST + 1), ""), 1):
            if len(line) > LONGEST:
                raise KassandraError(f"{path}: line {number}: longer than {LONGEST // 1_000_000} MB; is it a table?")
            size += len(line)
            if size > largest:
                raise KassandraError(f"{path}: holds more than {largest >> 20} MiB; give a part of it")
            yield line.removeprefix(UTF_8_MARK) if number == 1 else line
    except UnicodeError:
        raise KassandraError(f"{path}: after line {number}: not in `source.encoding: {encoding}`") from None
    finally:
        with suppress(ValueError):  # where the file is closed already
            text.detach()


def _is_of_bytes(encoding: str) -> bool:
    """Whether each byte can be escaped by itself, as in UTF-8 and Latin-1, and not in UTF-16."""
    return not codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))


def garbled(line: str) -> str | None:
    try:
        line.encode()
    except UnicodeEncodeError:
        return NOT_UTF_8
    return NUL if "\0" in line else None


def encoding_hint(bad: Iterable[str]) -> str:
    """What the encoding of lines may be that are not UTF-8."""
    from charset_normalizer import from_bytes  # here: its tables cost a tenth of a second

    content = b"\n".join(line.encode("utf-8", "surrogateescape") for line in bad)
    beyond = [byte for byte in content if byte > 127]
    guess = "cp1252" if any(byte < 160 for byte in beyond) else "latin-1"  # of western Europe
    if len(beyond) >= ENOUGH and (best := from_bytes(content).best()) and best.encoding not in ("utf_8", "ascii"):
        guess = best.encoding.replace("_", "-")
    return f"the file seems to be in another encoding: say it, perhaps `source.encoding: {guess}`"


def within(lines: Iterator[str], skip_rows: int, skip_footer: int) -> Iterator[tuple[int, str]]:
    """The lines between those that are skipped, numbered from 1; in the footer empty lines do not count."""
    held: deque[tuple[int, str]] = deque()
    full = 0  # lines that are held and not empty
    for number, line in enumerate(lines, 1):
        if number <= skip_rows:
            continue
        held.append((number, line))
        full += bool(line.strip())
        while full > skip_footer:
            first = held.popleft()
            full -= bool(first[1].strip())
            yield first


def delimiter_of(head: str, path: Path, source: TableFile) -> str:
    if source.delimiter:
        return source.delimiter
    if path.name.lower().partition(".tsv")[1]:
        return "\t"
    return next((mark for mark in DELIMITERS if mark in head), ",")


class _Remembered:
    """An iterator of lines that keeps those of the record that is being read."""

    def __init__(self, lines: Iterator[tuple[int, str]]) -> None:
        self.lines, self.kept, self.begin = lines, list[tuple[int, str]](), 0

    def __iter__(self) -> "_Remembered":
        return self

    def __next__(self) -> str:
        self.kept.append(next(self.lines))
        return self.kept[-1][1]


def records(lines: Iterator[tuple[int, str]], path: Path, source: TableFile) -> Iterator[Record]:
    """Empty lines are no records. The first, as far as `delimiter` is null, says what parts the cells.

    Raises:
        KassandraError: a cell is longer than LONGEST, or a quote is never closed.
    """
    first: list[tuple[int, str]] = []
    for number, line in lines:
        first.append((number, line))
        if line.strip():
            break
    if not first:
        return
    if source.delimiter == WHITESPACE:
        lines = ((number, single_spaced(line)) for number, line in _chained(first, lines))
        first, source = [], source.model_copy(update={"delimiter": " "})
    delimiter = delimiter_of(first[-1][1] if first else "", path, source)
    remembered = _Remembered(_chained(first, lines))
    how: Any = {"quoting": csv.QUOTE_MINIMAL if source.quotes else csv.QUOTE_NONE}
    reader = csv.reader(remembered, delimiter=delimiter, strict=True, **how)
    while True:
        remembered.kept.clear()
        cells: list[str] = []
        mistake = None
        limit = csv.field_size_limit(LONGEST)  # of the whole process, so it is put back
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            mistake = _mistake(error, remembered.kept, path, delimiter)
        finally:
            csv.field_size_limit(limit)
        fault = mistake or next((why for _, line in remembered.kept if (why := garbled(line))), None)
        if fault or (cells and remembered.kept[0][1].strip(" \r\n")):
            yield remembered.kept[0][0], fault or cells
        if mistake:  # good rows may be among what the quotes held: each line of it is reported
            yield from ((number, WITHIN) for number, line in remembered.kept[1:] if line.strip())


def single_spaced(line: str) -> str:
    """
    >>> single_spaced('  1   "a" \\t 2.5  \\n')
    '1 "a" 2.5\\n'
    """
    return re.sub(r"[ \t]+", " ", line.strip()) + "\n"


def _chained(first: list[tuple[int, str]], lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    yield from first
    yield from lines


def _mistake(error: csv.Error, kept: list[tuple[int, str]], path: Path, delimiter: str) -> str:
    """The reason against a record; an error where the rest of the file is in doubt."""
    if "new-line" in str(error):
        return RETURN
    if "expected after" in str(error):
        return AFTER_QUOTE
    content = "".join(line for _, line in kept)
    at, mistake = 0, f"a field of this row is longer than {LONGEST // 1_000_000} MB; is a quote never closed?"
    if "unexpected end" in str(error):  # field after field leads to the quote that is open at the end
        mistake = "the quote that opens here is never closed and swallows the rest of the file"
        while (quoted := QUOTED.match(content, at)) or content[at] != '"':
            at = content.index(delimiter, quoted.end() if quoted else at) + 1
    line = kept[0][0] + content.count("\n", 0, at)
    advice = 'a quote that is meant as a character is written "", or said by `source.quotes: false`'
    raise KassandraError(f"{path}: line {line}: {mistake}; {advice}")
