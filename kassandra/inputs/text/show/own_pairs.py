"""Texts of a user's, read for `kassandra translate`."""

import sys
from collections.abc import Iterator
from typing import Any

from kassandra.inputs.text.show.lines import texts

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
