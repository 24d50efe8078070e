"""What is reported of series: gaps, values far from all others or that stand for none, columns that never change."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.clock import Clock
from kassandra.contracts.windows import Split, read_split
from kassandra.detection.findings import SPLITS, Findings, Grid, Panel, first
from kassandra.inputs.series.detect import examples_report

FAR = 12  # deviations, by the median one, from which a value is far from the others
SENTINELS = {-9999.0, -999.0, -99.0, -99.9, -999.9, 9999.0, 99999.0, -32768.0, -9999.9, 999.0, -1e20, 1e20}
DRAWN = 3  # columns


def examine(folder: Path, meta: dict[str, Any], findings: Findings) -> None:
    """Adds to the findings; `folder` is data/prepared/<name>."""
    if "pool" in meta:  # series with an answer each
        examples_report.examine(folder, meta, findings)
        return
    parts = {split: read_split(folder / f"{split}.npz") for split in SPLITS}
    clock = Clock.of(meta)
    gaps(parts, meta, clock, findings)
    rows = []
    for place, name in enumerate(meta["inputs"]):
        values = {split: _column(part, place, meta) for split, part in parts.items()}
        whole = np.concatenate(list(values.values()))
        times = np.concatenate([part.times for part in parts.values()])
        row = {"column": name, "least": f"{whole.min():.6g}", "median": f"{np.median(whole):.6g}"}
        rows.append(
            row
            | {"largest": f"{whole.max():.6g}"}
            | _judged(name, whole, [clock.text(int(time)) for time in times], values["train"], findings)
        )
    findings.tables.append(Grid("columns", rows))
    for place, name in enumerate(meta["targets"][:DRAWN]):
        lines = {
            split: (clock.to_draw(part.times[: _end(part)]), part.values[: _end(part), place])
            for split, part in parts.items()
        }
        findings.panels.append(Panel(f"{name}, series {meta['series'][0]}", "lines", lines, "time"))


def gaps(parts: dict[str, Split], meta: dict[str, Any], clock: Clock, findings: Findings) -> None:
    """Adds what the distances between rows are."""
    distances, long = Counter[int](), list[str]()
    both = [pair for part in parts.values() for pair in pairwise(part.times[: _end(part)].tolist())]
    distances.update(later - before for before, later in both)
    if not distances:
        return
    usual, count = distances.most_common(1)[0]
    long = [f"{clock.text(before)} to {clock.text(later)}" for before, later in both if 0 < 4 * usual < later - before]
    apart = f"{usual} steps" if clock.unit == "step" else str(timedelta(seconds=usual / clock.per_second))
    findings.facts["distance of rows"] = (
        f"{meta['frequency'] or 'no frequency'}; {count / len(both):.0%} are {apart} apart"
    )
    findings.facts["gaps"] = f"{len(long)} longer than four rows: {first(long)}" if long else "none of over four rows"


def _end(part: Split) -> int:
    return int(part.offsets[1])


def _column(part: Split, place: int, meta: dict[str, Any]) -> NDArray[np.float64]:
    """(rows,) an input in its own unit, of all series."""
    values = np.asarray(part.inputs[:, place], np.float64)
    for series, (begin, end) in enumerate(pairwise(part.offsets.tolist())):
        values[begin:end] = values[begin:end] * meta["input_std"][series][place] + meta["input_mean"][series][place]
    return values


def _judged(
    name: str, whole: NDArray[np.float64], times: list[str], train: NDArray[np.float64], findings: Findings
) -> dict[str, str]:
    rounded = np.round(whole, 2)
    suspects = {float(value): int((rounded == value).sum()) for value in SENTINELS if (rounded == value).any()}
    middle = np.median(whole)
    spread = np.median(np.abs(whole - middle)) * 1.4826 or whole.std() or 1.0
    far = np.flatnonzero(np.abs(whole - middle) > FAR * spread)
    for value, count in suspects.items():
        if abs(value - middle) > FAR * spread:
            when = times[int(np.flatnonzero(rounded == value)[0])]
            findings.warnings.append(
                f"{name!r} is {value:g} in {count} rows, as at {when}: does "
                f'it stand for no value? `source.missing_values: ["{value:g}"]` says so'
            )
    if len(far) and not suspects and len(far) < 0.01 * len(whole):
        places = [f"{whole[row]:.4g} at {times[row]}" for row in far]
        findings.warnings.append(f"{name!r} has {len(far)} values far from all others: {first(places)}")
    if len(train) and train.max() - train.min() < 1e-9 * max(abs(middle), 1e-9):
        findings.warnings.append(f"{name!r} never changes in train: leave it out of source.features")
    return {"far from the rest": str(len(far))}
