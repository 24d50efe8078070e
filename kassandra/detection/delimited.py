"""Where the rows of a text table begin and end, what parts their cells, and whether a header names the columns."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from kassandra.detection.content import Lines
from kassandra.detection.numbers import is_missing, looks_numeric
from kassandra.detection.times import ISO
from kassandra.detection.words import count
from kassandra.params.sections.table_file import WHITESPACE
from kassandra.sources.own.lines import single_spaced

DELIMITERS = [",", ";", "\t", "|", WHITESPACE]
COMMENTS = ("#", "%", "//")
SAME = 0.9  # share of the rows that have as many cells as most
SKIPPED = 100  # lines before the header, and after the last row, at most
CALLED = re.compile(r"date|time|datum|zeit|fecha|hora|heure", re.IGNORECASE)  # `Date Time, GMT+01:00`
HEADER_ROWS = 5
FEW = 200  # different values of a column of labels, at most
LANGUAGES = (
    "english|french|german|spanish|italian|portuguese|dutch|russian|chinese|japanese|français|deutsch|español|korean|"
    "arabic|hindi|turkish|polish|swedish|ukrainian|czech"
)
USUAL = re.compile(
    rf"\b(filepath|fname|img|wav|audio|split|fold|breed|species|emotion|text|label|class|category|review|sentence|sentences|content|comment|message|tweet|title|source|target|src|tgt|"
    rf"translation|image|file|filename|path|sentiment|rating|stars|score|id|name|word|words|question|answer|{LANGUAGES}|en|fr|de|es)\b",
    re.IGNORECASE,
)


class Layout(NamedTuple):
    """keys: of `source`. names: of all columns. rows: (line, cells), a sample over the whole file, those without the
    usual number of cells left out. total: rows of the file, counted by its lines. notes: what was seen."""

    keys: dict[str, Any]
    names: list[str]
    rows: list[tuple[int, list[str]]]
    total: int
    notes: list[str]
    uneven: list[int]


class _Cut(NamedTuple):
    delimiter: str
    quotes: bool
    width: int
    share: float  # of rows with `width` cells
    records: list[tuple[int, list[str]]]


def layout_of(lines: Lines, delimiter: str | None = None) -> Layout | None:
    """Of a text file; None if it is no table.

    Args:
        delimiter: what the user named.
    """
    cut = _cut(lines, delimiter)
    if cut is None:
        return None
    commented = _comments(lines, cut)
    cut, names, notes = _with_short_header(cut, commented)
    skip, footer, more = _skipped(cut, lines, commented)
    notes += more
    if names:
        skip = max(skip, cut.records[0][0] - 1)
    first = next((place for place, (line, _) in enumerate(cut.records) if line > skip), len(cut.records))
    records = [(line, cells) for line, cells in cut.records[first:] if line <= lines.total - footer]
    even = [(line, [cell.strip() for cell in cells]) for line, cells in records if len(cells) == cut.width]
    if len(even) < 2:
        return None
    uneven = [line for line, cells in records if len(cells) != cut.width]
    keys: dict[str, Any] = {} if cut.width == 1 else {"delimiter": cut.delimiter}
    keys |= {} if cut.quotes else {"quotes": False}
    keys |= {"skip_rows": skip} if skip else {}
    header, below = (False, 0) if names else _header(even)
    if names:
        keys |= {"header": "none", "columns": names}
    elif header:
        names = [name or f"column {place}" for place, name in enumerate(even[0][1], 1)]
        keys |= {"header_rows": 1 + below} if below else {}
        notes += [f"{count(below, 'more line')} of header below the names, as {_shown(even[1][1])}"] if below else []
    else:
        names = [f"column {place}" for place in range(1, cut.width + 1)]
        keys |= {"header": "none"}
        notes.append(f"no header: the first line is a row, {_shown(even[0][1])}")
    keys |= {"skip_footer": _footer_lines(lines, footer)} if footer else {}
    rows = even[1 + below :] if header else even
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        names = _joined([cells for _, cells in even[: 1 + below]]) or _unique(names)
        keys |= {"columns": names}
        notes.append(f"columns {twice} are named more than once, and called {names}")
    if encoding := lines.encoding:
        keys = {"encoding": encoding} | keys
    total = lines.total - skip - footer - (1 + below) * header
    if cut.records and len(lines.first) == lines.total:
        total = len(rows)
    elif cut.records:
        within = sum(line <= len(lines.first) for line, _ in cut.records)
        total = round(total * within / max(len(lines.first), 1))  # rows may be of several lines
    total = max(total, len(rows))
    return Layout(keys, names, rows, total, notes, uneven)


def _cut(lines: Lines, delimiter: str | None) -> _Cut | None:
    """The delimiter under which most rows have the same number of cells."""
    cuts = []
    for mark in [delimiter] if delimiter else DELIMITERS:
        for quotes in (True, False):
            records = _records(lines, mark, quotes)
            widths = Counter(len(cells) for _, cells in records)
            if not widths:
                continue
            width, count = widths.most_common(1)[0]
            # Lines that a quote which is never closed has swallowed count as none of the rows.
            share = count / max(len(records), 1)
            swallowed = max((later[0] - before[0] for before, later in pairwise(records)), default=1) if quotes else 1
            if swallowed > 200:
                share *= 0.5
            cuts.append(_Cut(mark, quotes, width, share, records))
    several = [cut for cut in cuts if cut.width > 1 and cut.share >= (SAME if not delimiter else 0)]
    if not delimiter:  # words of a text are parted by spaces too, so these are a table of numbers and times alone
        by_space = [cut for cut in several if cut.delimiter == WHITESPACE and _typed(cut) >= 0.5]
        several = [cut for cut in several if cut.delimiter != WHITESPACE] or by_space
    if several:
        # Without quotes only where these would part rows otherwise; a decimal comma parts cells that are numbers whole.
        return max(several, key=lambda cut: (round(cut.share, 2), cut.quotes, _typed(cut), cut.share, cut.width))
    ones = [cut for cut in cuts if cut.width == 1 and cut.share >= SAME and cut.delimiter == ","]
    values = [cells[0] for _, cells in ones[0].records] if ones else []
    if len(values) > 2 and looks_numeric(values[1:]):
        return ones[0]
    return None


def _comments(lines: Lines, cut: _Cut) -> int:
    """Lines at the beginning that are comments; not the last of them, if it names the columns."""
    many = next((place for place, text in enumerate(lines.first) if text.strip() and not _is_comment(text)), 0)
    of_line = dict(cut.records)
    head, row = of_line.get(many, []), of_line.get(many + 1, [])
    names_columns = len(head) == cut.width > 1 and any(looks_numeric([cell]) or _resembles_time(cell) for cell in row)
    return many - names_columns if many else 0


def _is_comment(text: str) -> bool:
    return text.lstrip().startswith(COMMENTS)


def _with_short_header(cut: _Cut, commented: int) -> tuple[_Cut, list[str], list[str]]:
    """A header with one name fewer than the rows have cells: the last are empty, as a delimiter ends each row; or the
    first has no name, as R writes the names of rows. Names are given in the second case alone."""
    at = next((place for place, (line, _) in enumerate(cut.records) if line > commented), len(cut.records))
    head = [cell.strip() for cell in cut.records[at][1]] if at < len(cut.records) else []
    rows = [cells for _, cells in cut.records[at + 1 :] if len(cells) == cut.width]
    if len(head) != cut.width - 1 or not all(head) or any(map(_is_number_or_time, head)) or len(rows) < 3:
        return cut, [], []
    if not any(cells[-1].strip() for cells in rows):
        shorter = [(line, cells[:-1] if len(cells) == cut.width else cells) for line, cells in cut.records]
        return cut._replace(records=shorter, width=len(head)), [], ["a delimiter without a cell ends each row"]
    names = ["column 1", *head]
    return (
        cut._replace(records=cut.records[at + 1 :]),
        names,
        ["the first column has no name, as the names of rows in R"],
    )


def _is_number_or_time(cell: str) -> bool:
    return looks_numeric([cell]) or _resembles_time(cell)


def _joined(head: list[list[str]]) -> list[str]:
    """The names of columns that only a further line of the header tells apart; [] where it does not."""
    index = next((row[0] for row in head[1:] if row[0] and not any(row[1:])), "")  # as pandas writes it
    for below in head[1:]:
        names = [f"{above} {under}".strip() if under not in ("", above) else above
                 for above, under in zip(head[0], below, strict=True)]  # fmt: skip
        named = [name or f"column {place}" for place, name in enumerate([index or names[0], *names[1:]], 1)]
        if len(set(named)) == len(named):
            return named
    return []


def _typed(cut: _Cut) -> float:
    """Share of the columns that hold numbers or times."""
    rows = [[cell.strip() for cell in cells] for _, cells in cut.records[1:500] if len(cells) == cut.width]
    columns = list(zip(*rows, strict=True))
    return sum(looks_numeric(column) or _is_time(column, "") for column in columns) / max(len(columns), 1)


def _records(lines: Lines, delimiter: str, quotes: bool) -> list[tuple[int, list[str]]]:
    """(line, cells) of the first lines, read as one text, and of the later ones, each by itself."""
    spaced = delimiter == WHITESPACE
    how: dict[str, Any] = {"delimiter": " " if spaced else delimiter}
    how |= {"quotechar": '"'} if quotes else {"quoting": csv.QUOTE_NONE}
    limit, records = csv.field_size_limit(10_000_000), list[tuple[int, list[str]]]()
    try:
        reader, line = csv.reader((single_spaced(one) if spaced else one + "\n" for one in lines.first), **how), 1
        for cells in reader:
            records += [(line, cells)] if any(cells) or len(cells) > 1 else []
            line = reader.line_num + 1
        several = len(records) < 0.98 * sum(bool(one.strip()) for one in lines.first)  # rows of several lines
        rest = dict(lines.last if several else [*lines.later, *lines.last])
        for number, text in sorted(rest.items()):
            cells = next(csv.reader([single_spaced(text) if spaced else text], **how), [])
            if cells and (not several or len(cells) == len(records[-1][1])):
                records.append((number, cells))
    except csv.Error:
        return []
    finally:
        csv.field_size_limit(limit)
    return records


def _skipped(cut: _Cut, lines: Lines, commented: int) -> tuple[int, int, list[str]]:
    """Lines before the header, and after the last row (empty ones included)."""
    notes = []
    even = [len(cells) == cut.width and any(map(str.strip, cells)) for _, cells in cut.records]
    names = [good and sum(bool(cell.strip()) for cell in cells) >= min(2, cut.width)
             for good, (_, cells) in zip(even, cut.records, strict=True)]  # fmt: skip
    first = next((place for place, good in enumerate(names) if good and cut.records[place][0] > commented), 0)
    skip = cut.records[first][0] - 1 if first else 0
    if skip > SKIPPED:
        skip = 0
    if skip:
        notes.append(f"{count(skip, 'line')} before the header, as {_shown(cut.records[0][1])}")
    last = max((place for place, good in enumerate(even) if good), default=len(even) - 1)
    after = cut.records[last + 1 :]
    footer = lines.total - after[0][0] + 1 if after else 0
    if footer > SKIPPED:
        footer = 0
    if footer:
        notes.append(f"{count(len(after), 'line')} after the last row, as {_shown(after[0][1])}")
    return skip, footer, notes


def _footer_lines(lines: Lines, footer: int) -> int:
    """Without the empty ones, which are not counted."""
    end = [text for _, text in lines.last] or lines.first
    return sum(bool(text.strip()) for text in end[-footer:])


def _header(rows: list[tuple[int, list[str]]]) -> tuple[bool, int]:
    """Whether the first row names the columns, and how many more below it do."""
    head, body = rows[0][1], [cells for _, cells in rows[1 + HEADER_ROWS :]] or [cells for _, cells in rows[1:]]
    columns = list(zip(*body, strict=True))
    numeric = [place for place, column in enumerate(columns) if looks_numeric(column)]
    timed = [place for place, column in enumerate(columns) if _is_time(column, head[place])]
    typed = sorted({*numeric, *timed})
    if _counts_up(head) or _are_times(head, columns):
        return True, 0
    if any(_fits(head[place], place in timed) for place in typed):
        return False, 0
    if not typed:
        return _names_of_texts(head, columns), 0
    below = 0
    for _, cells in rows[1 : 1 + HEADER_ROWS]:
        held = [cells[place] for place in typed]
        if any(_fits(cell, place in timed) for cell, place in zip(held, typed, strict=True)) or not any(cells):
            break
        if all(is_missing(cell) for cell in held) and not (timed and cells[timed[0]]):
            break
        below += 1
    return True, below


def _counts_up(head: Sequence[str]) -> bool:
    """Whether most cells are whole numbers one after another, as years that name columns."""
    whole = [int(cell) for cell in head if cell.isdigit() and len(cell) < 9]
    return len(whole) >= 10 and len(whole) > len(head) / 2 and all(b - a == 1 for a, b in pairwise(whole))


def _are_times(head: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Whether most cells are dates or months, each another one, and none stands below them: names of columns."""
    dates = [(cell, column) for cell, column in zip(head, columns, strict=True) if ISO.fullmatch(cell.strip())]
    several = len(dates) >= 10 and len(dates) > len(head) / 2 and len({cell for cell, _ in dates}) == len(dates)
    return several and not any(ISO.fullmatch(cell) for _, column in dates for cell in column[:20])


def _is_time(column: Sequence[str], name: str) -> bool:
    some = [cell for cell in column if cell][:200]
    if not some or looks_numeric(some):
        return False
    return all(_resembles_time(cell) for cell in some)


def _resembles_time(cell: str) -> bool:
    short = re.fullmatch(r"(?=.*\d)[\w ,./:+-]{4,40}", cell)
    return bool(ISO.fullmatch(cell) or (short and re.search(r"\d[/.:-]\d|[A-Za-z]{3}\.? \d", cell)))


def _fits(cell: str, is_time: bool) -> bool:
    if is_time:
        return _resembles_time(cell) and not CALLED.match(cell)
    return bool(cell) and looks_numeric([cell]) and not is_missing(cell)


def _names_of_texts(head: list[str], columns: Sequence[Sequence[str]]) -> bool:
    """Of columns that hold nothing but texts."""
    for name, column in zip(head, columns, strict=True):
        held = [cell for cell in column if cell]
        if len(held) > 20 and len(set(held)) <= min(FEW, len(held) // 4):  # labels: a name is none of them
            return name not in set(held)
    long = [(name, column) for name, column in zip(head, columns, strict=True) if _words(column) >= 3]
    if long:
        return all(name and len(name.split()) <= 2 and name not in column for name, column in long)
    if any(not name or len(name) > 60 for name in head) or len(set(head)) < len(head):
        return False
    return all(USUAL.search(name.replace("_", " ")) for name in head)


def _words(column: Sequence[str]) -> float:
    some = [cell for cell in column if cell][:500]
    return sum(len(cell.split()) for cell in some) / max(len(some), 1)


def _unique(names: Sequence[str]) -> list[str]:
    times, taken, unique = Counter[str](), set(names), list[str]()
    for name in names:
        times[name] += 1
        new = name
        while times[name] > 1 and (new := f"{name} ({times[name]})") in taken:
            times[name] += 1
        taken.add(new)
        unique.append(new)
    return unique


def _shown(cells: Sequence[str]) -> str:
    text = " | ".join(cells)
    return repr(text if len(text) <= 70 else f"{text[:70]}…")
