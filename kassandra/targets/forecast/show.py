"""`kassandra predict` of a forecaster: what comes after the last row of a table, with intervals."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.series import iso
from kassandra.contracts.spec import LEVELS
from kassandra.contracts.windows import Split
from kassandra.inference import Forecaster
from kassandra.inputs.series.prepare.clock import grid

INTERVALS = {"90%": (0.05, 0.95), "50%": (0.25, 0.75)}


def show(model: Forecaster, path: Path, series: str | None, as_json: bool) -> None:
    """A table on a terminal, CSV into a file or a pipe, one JSON object per row with `as_json`.

    Raises:
        KassandraError: the table cannot be read, has a series that train had not, or too few rows.
    """
    if not path.exists():
        raise KassandraError(f"{path}: no such file")
    rows = forecast_rows(model, model.task.own_input(path, series))
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    elif sys.stdout.isatty():
        _print(rows, model.meta["predict"])
    else:
        pd.DataFrame(rows).to_csv(sys.stdout, index=False, float_format="%.10g", lineterminator="\n")


def forecast_rows(model: Forecaster, split: Split) -> list[dict[str, Any]]:
    """One row per series, step and target: the point, the median and both ends of INTERVALS. Of a return also the close
    that it leads to and the probability that it is above 0."""
    told, meta, rows = model.outputs(split), model.meta, []
    for number, (origin, of) in enumerate(zip(split.origins.tolist(), split.series.tolist(), strict=True)):
        shown = split.times[split.offsets[of] : origin + 1]
        times = following(shown, meta["frequency"], meta["horizon"])
        for step, place in np.ndindex(meta["horizon"], len(meta["targets"])):
            row: dict[str, Any] = {"series": meta["series"][of], "after": iso(int(split.times[origin]))}
            row |= {"step": step + 1} | ({"time": times[step]} if times else {})
            row |= {"target": meta["targets"][place], "point": float(told.point[number, step, place])}
            if told.quantiles is not None:
                row |= _intervals(told.quantiles[:, number, step, place])
            if meta["predict"] == "return":
                close = float(split.values[origin, 0])  # its logarithm
                row |= {f"close_{name}": float(np.exp(close + row[name])) for name in ("point", *_ends(row))}
                if told.quantiles is not None:
                    row["up"] = probability_above_zero(told.quantiles[:, number, step, place])
            rows.append(row)
    return rows


def following(times: NDArray[np.int64], frequency: str | None, count: int) -> list[str]:
    """The next times of the clock that `times` (rows,), seconds since 1970, lie on; none where rows come as they come.

    >>> day = 86400
    >>> following(np.array([0, day // 4]), "6h", 2), following(np.array([0]), None, 2)
    (['1970-01-01T12:00:00', '1970-01-01T18:00:00'], [])
    >>> following(np.array([30 * day, 58 * day]), "m", 2)  # the last days of January and February
    ['1970-03-31', '1970-04-30']
    """
    if not frequency:
        return []
    clock = grid(times, frequency)
    return [iso(int(time)) for time in clock.at(clock.places[-1] + np.arange(1, count + 1))]


def probability_above_zero(quantiles: NDArray[np.float64]) -> float:
    """Of a value with these quantiles (levels,), between them by a straight line: in [0.05, 0.95], as none is told of
    what lies beyond."""
    return 1 - float(np.interp(0.0, quantiles, LEVELS))


def _intervals(quantiles: NDArray[np.float64]) -> dict[str, float]:
    ends = {"median": 0.5, **{f"{name} {end}": level for name, pair in INTERVALS.items()
                              for end, level in zip(("from", "to"), pair, strict=True)}}  # fmt: skip
    return {name: float(quantiles[LEVELS.index(level)]) for name, level in ends.items()}


def _ends(row: dict[str, Any]) -> list[str]:
    return [name for name in row if name.endswith((" from", " to"))]


def _print(rows: list[dict[str, Any]], predict: str) -> None:
    """One table per series and target, narrow enough for 80 columns."""
    name = {"return": "log-return", "volatility": "log of volatility", "value": "value"}[predict]
    when = "time" if "time" in rows[0] else "step"
    with_ends = bool(_ends(rows[0]))
    shown = ["90%"] if predict == "return" else list(INTERVALS)
    console = Console(highlight=False)
    for series, after, target in dict.fromkeys((row["series"], row["after"], row["target"]) for row in rows):
        title = f"{series}, {target}, after {after}" if series != target else f"{series}, after {after}"
        table = Table(when, name, title=escape(title), box=None)
        for heading in [f"{interval} interval" for interval in shown if with_ends]:
            table.add_column(heading, no_wrap=True)
        if predict == "return":
            for heading in ("close", *(["90% interval", "up"] if with_ends else [])):
                table.add_column(heading, no_wrap=True)
        for row in (row for row in rows if (row["series"], row["target"]) == (series, target)):
            cells = [str(row[when]), f"{row['point']:.4g}"]
            cells += [_interval(row, interval) for interval in shown if with_ends]
            if predict == "return":
                cells.append(f"{row['close_point']:.6g}")
                cells += [_interval(row, "close_90%"), f"{row['up']:.0%}"] if with_ends else []
            table.add_row(*cells)
        console.print(table)


def _interval(row: dict[str, Any], name: str) -> str:
    return escape(f"[{row[f'{name} from']:.4g}, {row[f'{name} to']:.4g}]")
