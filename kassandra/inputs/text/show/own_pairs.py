"""Texts of a user's, of the command line or else the lines of standard input, read for `kassandra translate`."""

import io
import sys
from collections.abc import Iterator
from typing import Any

from kassandra.contracts.errors import KassandraError

OPTIONS: set[str] = set()
LONGEST = 10_000  # characters of a sentence: time grows with the square of it, and minutes would pass in silence
AT_ONCE = 256  # lines that are read together: the first answers appear soon, and the batches are full


def read(given: list[str], _meta: dict[str, Any]) -> Iterator[list[str]]:
    """The texts given, or else the lines of standard input, some at a time; on a terminal one at a time.

    Raises:
        KassandraError: one is not UTF-8, or too long.
    """
    at_once = 1 if not given and sys.stdin.isatty() else AT_ONCE
    lines: list[str] = []
    for line in texts(given, LONGEST):
        lines.append(line)
        if len(lines) == at_once:
            yield lines
            lines = []
    yield lines


def texts(given: list[str], longest: int | None = None) -> Iterator[str]:
    """Each without the white space around it, as soon as it has come; of at most `longest` characters.

    Raises:
        KassandraError: one is not UTF-8, holds a NUL, or is longer.
    """
    if not given and isinstance(sys.stdin, io.TextIOWrapper):
        # UTF-8 whatever the locale says, without the mark that some files begin with.
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape")
    for number, text in enumerate(map(str.strip, given or sys.stdin), 1):
        where = f"{'text' if given else 'line'} {number}"
        if text.startswith(("\udcff\udcfe", "\udcfe\udcff")):
            raise KassandraError(f"{where}: UTF-16, not UTF-8; convert it, as by `iconv -f UTF-16 -t UTF-8`")
        if any("\udc80" <= sign <= "\udcff" for sign in text):
            raise KassandraError(f"{where}: not UTF-8; convert it, as by `iconv -f LATIN1 -t UTF-8`")
        if "\0" in text:
            convert = "convert it, as by `iconv -f UTF-16LE -t UTF-8`"
            raise KassandraError(f"{where}: a NUL character, as in UTF-16 without a mark; {convert}")
        if longest and len(text) > longest:
            size = f"{len(text):,} characters, more than {longest:,}"
            raise KassandraError(f"{where}: {size}; give it in parts, a line each")
        yield text
