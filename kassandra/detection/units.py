"""Units beside numbers: `$1,234.50`, `12.3 °C`, `(5.00)` as accountants write a negative one."""

import re
from collections import Counter
from collections.abc import Sequence

BEFORE = r"[$€£¥₹₽₩₺฿]|R\$|US\$|USD|EUR|GBP|CHF|JPY|INR|kr\.?|Rs\.?"
AFTER = (
    rf"{BEFORE}|zł|Ft|Kč|°\s?[CFK]?|[CFK]|km/h|kph|mph|m/s|kn|knots|[kMG]?Wh|[kMG]?W|m?V|m?A|[kMG]?Hz|[km]?g|lbs?|oz|km|"
    r"[cm]?m|mi|"
    "ft|in|s|sec|ms|min|mins|h|hrs?|bpm|ppm|ppb|hPa|kPa|Pa|m?bar|psi|mmHg|m?[lL]|k?cal|kJ|J|lux|lx|dB|dBm|rpm|%|"
    "µg/m³|mm/h|W/m²"
)
NUMBER = r"[-+]?\s?[\d.,' \u00a0\u202f]*\d"
CELL = re.compile(rf"(\()?\s*([-+])?\s*(?P<before>{BEFORE})?\s*(?P<number>{NUMBER})\s*(?P<after>{AFTER})?\s*(\))?")
PARENTHESES = "()"  # as a unit: (5.00) is -5.00
SHARE = 0.98  # of the cells that hold a number beside a unit
FEWEST = 20  # different numbers; fewer may be labels


def units_of(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    """The units in a column of numbers, and its cells without; none where it is no such column.

    >>> units_of([f"${number},000.50" for number in range(1, 40)])[0]
    ['$']
    """
    held = [cell for cell in cells if cell]
    matches = [match for cell in held if (match := CELL.fullmatch(cell))]
    if len(matches) < SHARE * max(len(held), 1) or len({match["number"] for match in matches}) < FEWEST:
        return [], []
    units = Counter(unit for match in matches for unit in (match["before"], match["after"]) if unit)
    if not units and any(match[1] and match[6] for match in matches):
        return [PARENTHESES], [_without(cell) for cell in cells]
    if not units or set(units) == {"%"} or len(units) > 3 or units.total() < SHARE * len(matches):
        return [], []
    return [unit for unit, _ in units.most_common()], [_without(cell) for cell in cells]


def _without(cell: str) -> str:
    match = CELL.fullmatch(cell)
    if not match:
        return cell
    sign = "-" if (match[1] and match[6]) or match[2] == "-" else ""
    return f"{sign}{match['number'].strip()}"
