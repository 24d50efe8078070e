"""What makes a number of a cell, as `source` says that numbers are written."""

import re
from collections.abc import Callable
from typing import Any

from kassandra.params.sections.table_file import TableFile

LARGEST = 1e100  # the square of a larger number may be infinite
SPACES = "[ \u00a0\u202f\u2009]"
POWERS = {"k": "e3", "m": "e6", "b": "e9", "t": "e12", "%": "", "": ""}
MINUS = "\u2212"  # as typeset


def reader(source: TableFile) -> Callable[[Any], float | None]:
    """What makes a number of a cell, None of what is no finite number."""
    decimal = re.escape(source.decimal)
    mark = SPACES if source.thousands == " " else re.escape(source.thousands or "")
    whole = rf"\d{{1,3}}(?:{mark}\d{{3}})+|\d{{1,2}}(?:{mark}\d\d)+{mark}\d{{3}}|\d+" if mark else r"\d+"
    suffix = r"(?:\s?([kmbt%]))?" if source.suffixes else "()"
    units = "|".join(sorted(map(re.escape, source.units), key=len, reverse=True))
    around = re.compile(units, re.IGNORECASE) if units else None
    pattern = re.compile(
        rf"[+-]?(?:(?:{whole})(?:{decimal}\d*)?|{decimal}\d+)(?:e[+-]?\d+)?{suffix}", re.ASCII | re.IGNORECASE
    )

    def read(cell: Any) -> float | None:
        if isinstance(cell, bool):
            return None
        if isinstance(cell, str):
            text = cell.strip().replace(MINUS, "-")
            text = _without_units(text, around) if around else text
            match = pattern.fullmatch(text)
            if not match:
                return None
            power = POWERS[(match[1] or "").lower()]
            digits = text[: match.start(1)] if match[1] else text
            digits = re.sub(mark, "", digits) if mark else digits
            digits = digits.replace(source.decimal, ".").strip()
            value = float(digits + power) if "e" not in digits.lower() else float(digits) * float(f"1{power}")
        else:
            try:
                value = float(cell)
            except (TypeError, ValueError, OverflowError):
                return None
        return value if abs(value) <= LARGEST else None

    return read


def _without_units(text: str, units: re.Pattern[str]) -> str:
    """The number between units that stand before or after it; in parentheses it is negative, as accountants write."""
    if text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1].strip()}"
    sign, text = ("-", text[1:].strip()) if text.startswith("-") else ("", text)
    if match := units.match(text):
        text = text[match.end() :].strip()
    ends = [match.start() for match in units.finditer(text) if match.end() == len(text)]
    return sign + (text[: ends[0]].strip() if ends else text)


def advice(cell: str, source: TableFile) -> str:
    """What may be done about a cell that is no number."""
    if re.fullmatch(r"[+-]?[\d.,' ]*\d,\d[\d.,' ]*", cell) and source.decimal == "." and not source.thousands:
        both = "say it, `source.decimal: ','` or `source.thousands: ','`"
        return f"is it a decimal comma, or one between thousands? {both}"
    if re.match(r"[+-]?[\d.,]+\s?[kmbt%]$", cell, re.IGNORECASE | re.ASCII) and not source.suffixes:
        return "`source.suffixes: true` reads 1.5K, 30M and 5%"
    if re.match(r"[+-]?[\d.,]*\d", cell):
        return "where it is a unit, `source.units` names it, as in `[kWh]`"
    return "leave a cell empty where there is no value, or name the mark in `source.missing_values`"
