"""Rows on standard output: a table for people, CSV for files and pipes, a JSON object per line for programs; and what
strangers wrote as each of these, and Markdown, shows it: as text, never as markup, formula or a terminal's command.

Pictures have `judging.figures.name`, pages of HTML `judging.highlight.escaped`.
"""

import csv
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from unicodedata import bidirectional, category

TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # bidirectional classes of the controls
LONGEST = 200  # characters of a name
FORMULA = re.compile(r"\s*[=+\-@\t\r]")  # how what a spreadsheet calculates begins
NUMBER = re.compile(r"[+-]?(\d[\d.,]*|\.\d+)([eE][+-]?\d+)?%?")


def print_json(rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        print(in_json(row), flush=True)


def print_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    """All rows have the keys of the first; of numbers ten digits are written."""
    writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
    writer.writerow({key: in_csv(key) for key in rows[0]})
    for row in rows:
        writer.writerow(
            {key: f"{value:.10g}" if isinstance(value, float) else in_csv(value) for key, value in row.items()}
        )


def print_table(rows: Sequence[Mapping[str, str]]) -> None:
    """All rows have the keys of the first; what stands in brackets is no markup."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*map(in_terminal, rows[0]), box=None)
    for row in rows:
        table.add_row(*map(in_terminal, row.values()))
    Console(highlight=False).print(table)


def cell(value: Any) -> str:
    """A value in one cell of a table.

    >>> cell((120, 340)), cell({"good": 1.25, "dull": -0.5}), cell(0.4375)
    ('120–340', 'good +1.25, dull -0.50', '0.4375')
    """
    if isinstance(value, dict):
        return ", ".join(f"{key} {number:+.2f}" for key, number in value.items())
    if isinstance(value, list | tuple):
        return "–".join(map(cell, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def some(names: Iterable[str], most: int = 5) -> str:
    """The first of them, as they can be printed.

    >>> some(["a.png", "b\\n.png", "c.png"], 2)
    "a.png, 'b\\\\n.png', …"
    """
    names = list(names)
    return ", ".join([*map(printable, names[:most]), *(["…"] if len(names) > most else [])])


def printable(name: str) -> str:
    """A name of a file; quoted where it holds what no terminal shows, or bytes that are not UTF-8; or cut."""
    halves = any("\ud800" <= sign < "\udc80" for sign in name)  # of letters: no name of a file has them
    name = name.encode("utf-8", "surrogatepass" if halves else "surrogateescape").decode("utf-8", "backslashreplace")
    name = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    return name if name.isprintable() else repr(name)


def visible(text: str) -> str:
    """· for each character that would move a cursor, colour what follows or turn its direction; line ends stay.

    >>> visible("a\\x1b[2Jb\\u202ec")
    'a·[2Jb·c'
    """
    return "".join("·" if _commands(sign) else sign for sign in text)


def _commands(sign: str) -> bool:
    return sign != "\n" and (category(sign) in ("Cc", "Cs", "Zl", "Zp") or bidirectional(sign) in TURNS)


def in_terminal(text: str, most: int | None = None) -> str:
    """As rich prints it: what stands in brackets is no markup. At most so many characters.

    >>> in_terminal("[/x] \\x07 no end", 8)
    '\\\\[/x] · …'
    """
    from rich.markup import escape

    text = visible(text).replace("\n", "·")
    return escape(text if most is None or len(text) <= most else f"{text[: most - 1]}…")


def in_json(value: Any, indent: int | None = None) -> str:
    r"""What would move a terminal's cursor is escaped, so that a program reads the text as it was.

    >>> print(in_json(["é", "\x9b2J"]))
    ["é", "\u009b2J"]
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "".join(f"\\u{ord(sign):04x}" if _commands(sign) else sign for sign in text)


def in_markdown(text: str) -> str:
    """In a line, or in a cell of a table: no markup, no tag, no link, no mention.

    >>> in_markdown("a|b <i>")
    'a&#124;b &#60;i&#62;'
    """
    text = visible(text).replace("\n", " ")
    return text.translate({ord(mark): f"&#{ord(mark)};" for mark in "&\\`*_[]<>|#@"})


def in_csv(value: Any) -> Any:
    """With ' before a text that a spreadsheet would take for a formula (as OWASP advises); numbers are none.

    >>> in_csv("=1+1"), in_csv("-3.5"), in_csv("- no"), in_csv(-3)
    ("'=1+1", '-3.5', "'- no", -3)
    """
    formula = isinstance(value, str) and FORMULA.match(value) and not NUMBER.fullmatch(value)
    return f"'{value}" if formula else value
