"""`kassandra predict` of series: the steps after the last row of a table, with intervals."""

import sys
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from kassandra.contracts.clock import Clock
from kassandra.contracts.printed import in_terminal, print_csv, print_json
from kassandra.contracts.spec import LEVELS
from kassandra.contracts.windows import Split
from kassandra.targets.forecast.evaluate.predict import Predictor, together

COMMAND = "predict"
INTERVALS = {"90%": (0.05, 0.95), "50%": (0.25, 0.75)}


def show(predictor: Predictor, reader: ModuleType, given: list[str], as_json: bool, **options: Any) -> None:
    """Print a row per series, step and target: a table on a terminal, CSV into a file or a pipe, or JSON. `reader` is
    inputs/<kind>/show/own_table.py.

    Raises:
        KassandraError: the table cannot be read, has a series that train had not, or too few rows.
    """
    _, *inputs = reader.read(given, predictor.meta, **options)
    rows = forecast_rows(predictor, predictor.pair.own(*inputs), reader)
    if as_json:
        print_json(rows)
    elif sys.stdout.isatty():
        _print(rows, predictor.meta["predict"])
    else:
        print_csv(rows)


def forecast_rows(predictor: Predictor, own: Any, reader: ModuleType) -> list[dict[str, Any]]:
    """One row per series, step and target: the point, the lowest and highest of the members', the median and both ends
    of INTERVALS. Of a return also the close
    that it leads to and the probability that it is above 0."""
    members = predictor.of_members(own)
    forecast, meta, rows = together(members), predictor.meta, list[dict[str, Any]]()
    clock = Clock.of(meta)
    split: Split = own.inputs
    for number, (origin, of) in enumerate(zip(split.origins.tolist(), split.series.tolist(), strict=True)):
        known = split.times[split.offsets[of] : origin + 1]
        how = known, meta["frequency"], meta["horizon"], clock
        times = reader.following(*how) if hasattr(reader, "following") else []
        for step, place in np.ndindex(meta["horizon"], len(meta["targets"])):
            row: dict[str, Any] = {"series": meta["series"][of], "after": clock.text(int(known[-1]))}
            row |= {"step": step + 1} | ({"time": times[step]} if times else {})
            row |= {"target": meta["targets"][place], "point": float(forecast.point[number, step, place])}
            if len(members) > 1:
                points = [float(each.point[number, step, place]) for each in members]
                row |= {"members from": min(points), "members to": max(points)}
            if forecast.quantiles is not None:
                row |= _intervals(forecast.quantiles[:, number, step, place])
            if meta["predict"] == "return":
                close = float(split.values[origin, 0])  # its logarithm
                row |= {f"close_{name}": float(np.exp(close + row[name])) for name in ("point", *_ends(row))}
                if forecast.quantiles is not None:
                    row["up"] = probability_above_zero(forecast.quantiles[:, number, step, place])
            rows.append(row)
    return rows


def probability_above_zero(quantiles: NDArray[np.float64]) -> float:
    """Of a value with these quantiles (levels,), between them by a straight line: in [0.05, 0.95], as the levels end
    there."""
    return 1 - float(np.interp(0.0, quantiles, LEVELS))


def _intervals(quantiles: NDArray[np.float64]) -> dict[str, float]:
    ends = {"median": 0.5, **{f"{name} {end}": level for name, pair in INTERVALS.items()
                              for end, level in zip(("from", "to"), pair, strict=True)}}  # fmt: skip
    return {name: float(quantiles[LEVELS.index(level)]) for name, level in ends.items()}


def _ends(row: dict[str, Any]) -> list[str]:
    return [f"{name} {end}" for name in INTERVALS for end in ("from", "to") if f"{name} {end}" in row]


def _print(rows: list[dict[str, Any]], predict: str) -> None:
    """One table per series and target, narrow enough for 80 columns."""
    name = {"return": "log-return", "volatility": "log of volatility", "value": "value"}[predict]
    when = "time" if "time" in rows[0] else "step"
    with_ends = bool(_ends(rows[0]))
    shown = ["90%"] if predict == "return" else list(INTERVALS)
    console = Console(highlight=False)
    for series, after, target in dict.fromkeys((row["series"], row["after"], row["target"]) for row in rows):
        title = f"{series}, {target}, after {after}" if series != target else f"{series}, after {after}"
        table = Table(when, name, title=in_terminal(title), box=None)
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
    return in_terminal(f"[{row[f'{name} from']:.4g}, {row[f'{name} to']:.4g}]")
