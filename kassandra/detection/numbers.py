"""How a file writes numbers: the decimal mark, the one between thousands, suffixes, and what stands for no value."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kassandra.contracts.errors import KassandraError
from kassandra.params.sections.table_file import WHITESPACE

MARKS = [(".", None), (",", None), (".", ","), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'")]
SUFFIX = r"\s?[KkMBbT%]"
MISSING = {
    "na", "n/a", "n.a.", "nan", "null", "none", "nil", "-", "--", "---", "—", "–", "?", "*", ".", "..", "...", "#n/a",
    "#na", "<na>", "missing", "unknown", "void", "nd", "n.d.", "k.a.", "s/d", "#value!", "#div/0!", "inf", "-inf",
}  # fmt: skip
SENTINELS = re.compile(r"-?9{2,6}([.,](0+|9+))?|-1e\+?\d\d|-?32768")
OF_NUMBERS = re.compile(r"\[?(?:-?[\d.]+(?:[eE][-+]?\d+)?[,; ]+){7,}-?[\d.]+(?:[eE][-+]?\d+)?\]?")  # in a cell
NAMES = {".": "point", ",": "comma"}
BOTH_SIDES = 5  # numbers below 0, and above, from which a mark before three digits is shown to be one of decimals
RARE = 0.03  # share of cells in a column of numbers that may be none
SPACE = "[ \\u00a0\\u202f\\u2009]"


class Format(NamedTuple):
    """decimal, thousands: marks. suffixes: whether some numbers end in K, M, B, T or %. note: why they are read so,
    where other marks would do too."""

    decimal: str = "."
    thousands: str | None = None
    suffixes: bool = False
    note: str = ""

    def value(self, cell: str) -> float | None:
        """The number of a cell, None where it is none; suffixes are left off."""
        if not pattern(self.decimal, self.thousands).fullmatch(cell):
            return None
        digits = re.sub(rf"{SUFFIX}$", "", cell)
        if self.thousands:
            digits = re.sub(SPACE if self.thousands == " " else re.escape(self.thousands), "", digits)
        return float(digits.replace(self.decimal, "."))

    def keys(self) -> dict[str, str | bool]:
        """Of `source`, where they are not the default."""
        keys: dict[str, str | bool] = {"decimal": self.decimal} if self.decimal != "." else {}
        keys |= {"thousands": self.thousands} if self.thousands else {}
        return keys | ({"suffixes": True} if self.suffixes else {})


_PATTERNS: dict[tuple[str, str | None], re.Pattern[str]] = {}


def pattern(decimal: str, thousands: str | None) -> re.Pattern[str]:
    """What a number is under these marks, with or without a suffix."""
    if (decimal, thousands) not in _PATTERNS:
        point = re.escape(decimal)
        mark = SPACE if thousands == " " else re.escape(thousands or "")
        lakhs = rf"|\d{{1,2}}(?:{mark}\d\d)+{mark}\d{{3}}"  # 1,50,000 as in India
        whole = rf"(?:[1-9]\d{{0,2}}(?:{mark}\d{{3}})+{lakhs}|\d+)" if thousands else r"\d+"
        number = rf"[+-]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d{{1,3}})?(?:{SUFFIX})?"
        _PATTERNS[decimal, thousands] = re.compile(number, re.ASCII)
    return _PATTERNS[decimal, thousands]


def is_missing(cell: str) -> bool:
    return not cell or cell.lower() in MISSING


def looks_numeric(cells: Sequence[str]) -> bool:
    """Whether nearly all cells that hold a value begin and end like numbers, under whatever marks."""
    held = [cell for cell in cells if not is_missing(cell)]
    some = r"[\d.,' \u00a0\u202f\u2009]*"
    loose = re.compile(rf"[+-]?{some}\d{some}([eE][+-]?\d+)?({SUFFIX})?", re.ASCII)
    return bool(held) and sum(bool(loose.fullmatch(cell)) for cell in held) >= (1 - RARE) * len(held)


def format_of(
    columns: Iterable[Sequence[str]], where: str, decimal: str | None, delimiter: str | None, steps: bool = False
) -> Format:
    """The marks under which most cells of the columns of numbers are numbers.

    Args:
        columns: those that look numeric. decimal: the mark that the user named. steps: whether they are the steps of
            series, which have one unit.

    Raises:
        KassandraError: two ways to read give other numbers, and nothing in the file decides.
    """
    columns = [[cell for cell in column if not is_missing(cell)] for column in columns]
    cells = [cell for column in columns for cell in column]
    if not cells:
        return Format(decimal or ".")
    shapes = Counter(re.sub(r"\d", "0", cell) for cell in cells)
    samples = {re.sub(r"\d", "0", cell): cell for cell in reversed(cells)}
    candidates = [marks for marks in MARKS if decimal in (None, marks[0])]
    counts = {marks: sum(bool(pattern(*marks).fullmatch(cell)) for cell in cells) for marks in candidates}
    best = max(counts.values())
    fitting = [marks for marks in candidates if counts[marks] >= best - len(cells) // 1000]
    chosen = fitting[0]
    suffixes = any(re.search(rf"\d{SUFFIX}$", shape) for shape in shapes)
    for other in fitting[1:] if decimal is None else []:
        cell = next((cell for cell in samples.values() if _differ(cell, chosen, other)), None)
        if cell is None:
            continue
        # `.` with three decimals is common in English files; a comma, or a point in a file of semicolons, is not.
        if chosen == (".", None) and delimiter in (",", WHITESPACE):
            continue
        if why := _before_decimals(columns, chosen[0], steps and delimiter != ";"):
            return Format(
                *chosen, suffixes, f"{cell!r} is read with a decimal {NAMES[chosen[0]]}, as {why} (--decimal)"
            )
        one, two = Format(*chosen).value(cell), Format(*other).value(cell)
        raise KassandraError(
            f"{where}: {cell!r} may be {one:,} (`--decimal {chosen[0]}`) or {two:,} (`--decimal {other[0]}`), and no "
            "number in the file decides; say which by that option"
        )
    return Format(*chosen, suffixes)


def _before_decimals(columns: Sequence[Sequence[str]], mark: str, steps: bool) -> str:
    """Why a mark that has three digits after it in each cell stands before decimals; "" where nothing shows it.

    Between thousands, numbers that come on both sides of 0 would also lie between -1,000 and 1,000, and have no mark.
    """
    marked = re.compile(rf"[+-]?\d{{1,3}}{re.escape(mark)}\d{{3}}", re.ASCII)
    whole = [column for column in columns if len(column) and all(marked.fullmatch(cell) for cell in column)]
    together = [cell for column in whole for cell in column]
    below = sum(cell.startswith("-") for cell in together)
    if min(below, len(together) - below) >= BOTH_SIDES:
        return "numbers on both sides of 0 are all written so"
    return "all steps of these series are written so" if steps and len(whole) == len(columns) else ""


def _differ(cell: str, one: tuple[str, str | None], two: tuple[str, str | None]) -> bool:
    first, second = Format(*one).value(cell), Format(*two).value(cell)
    return first is not None and second is not None and first != second


def marks_of(cells: Sequence[str], written: Format) -> list[str]:
    """What stands in a column of numbers for no value, the most frequent first."""
    strange = Counter(cell for cell in cells if cell and written.value(cell) is None)
    return [cell for cell, times in strange.most_common(20) if is_missing(cell) or times >= max(3, len(cells) // 200)]


def sentinels_of(cells: Sequence[str], written: Format) -> list[str]:
    """Numbers as -9999 that lie far from all others in a column, as they are written; suspected to be no values."""
    times = Counter(cells)
    suspects = [cell for cell in times if SENTINELS.fullmatch(cell)]
    values = sorted(value for cell in cells if cell not in suspects and (value := written.value(cell)) is not None)
    if not suspects or len(values) < 20:
        return []
    low, high = values[0], values[-1]
    spread = max(high - low, abs(values[len(values) // 2]) * 1e-3, 1e-9)
    far = [cell for cell in suspects if not low - spread <= (written.value(cell) or 0) <= high + spread]
    return sorted(far, key=lambda cell: -times[cell])
