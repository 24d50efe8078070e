"""`kassandra predict` of gaps: your table, its gaps filled and marked, with intervals."""

import math
import sys
from collections import Counter
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from kassandra.contracts.printed import print_csv, print_json, print_table
from kassandra.targets.gap.evaluate.predict import OBSERVED, TOO_LONG, Column, Filled, Predictor

COMMAND = "predict"
SHOWN = 200  # rows on a terminal


def show(predictor: Predictor, reader: ModuleType, given: list[str], as_json: bool, **options: Any) -> None:
    """Print a row for each row of the table: CSV into a file or a pipe, or JSON; on a terminal a table of what was
    filled in alone. `reader` is inputs/<kind>/show/own_gaps.py.

    Raises:
        KassandraError: the table cannot be read, or has a series that train had not.
    """
    _, *inputs = reader.read(given, predictor.meta, **options)
    filled = predictor.predict(*inputs)
    _say(filled, int(predictor.meta["longest"]))
    if as_json:
        print_json(filled_rows(filled))
    elif sys.stdout.isatty():
        _print(filled)
    else:
        print_csv([{key: _in_full(value) for key, value in row.items()} for row in filled_rows(filled)])


def filled_rows(filled: list[Filled]) -> Iterator[dict[str, Any]]:
    """Of each row of the table the time, and of each target its value, `<target> is` observed or filled, and both ends
    of the interval of 90%; the series where the table has several. Cells that have no number are None."""
    for one in filled:
        for row, time in enumerate(one.times):
            made: dict[str, Any] = ({"series": one.series} if len(filled) > 1 else {}) | {"time": time}
            for name, column in one.columns.items():
                made |= {name: _number(column.values[row]), f"{name} is": column.status[row]}
                made |= {f"{name} lower": _number(column.lower[row]), f"{name} upper": _number(column.upper[row])}
            yield made


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _in_full(value: Any) -> Any:
    """A number with all of its digits: what was observed stays as it is."""
    return repr(value) if isinstance(value, float) else value


def _say(filled: list[Filled], longest: int) -> None:
    counts = Counter(status for one in filled for column in one.columns.values() for status in column.status.tolist())
    said = ", ".join(f"{count:,} {status}" for status, count in counts.items())
    long = counts[TOO_LONG]
    advice = f" (gaps of more than {longest} rows, as prepare.longest says; the model has learned none)" if long else ""
    print(f"values: {said}{advice}", file=sys.stderr)


def _print(filled: list[Filled]) -> None:
    """What was not observed, as far as there is room."""
    rows = [
        _shown(one.series if len(filled) > 1 else "", one.times[row], name, column, row)
        for one in filled
        for name, column in one.columns.items()
        for row in range(len(one.times))
        if column.status[row] != OBSERVED
    ]
    if rows:
        print_table(rows[:SHOWN])
    if len(rows) > SHOWN:
        print(f"and {len(rows) - SHOWN:,} more; into a file or a pipe the whole table is written", file=sys.stderr)


def _shown(series: str, time: str, target: str, column: Column, row: int) -> dict[str, str]:
    value, low, high = (float(each[row]) for each in (column.values, column.lower, column.upper))
    made = {"series": series} if series else {}
    made |= {"time": time, "target": target, "value": "" if math.isnan(value) else f"{value:.4g}"}
    made |= {"90% interval": "" if math.isnan(low) else f"[{low:.4g}, {high:.4g}]"}
    return made | {"how": str(column.status[row])}
