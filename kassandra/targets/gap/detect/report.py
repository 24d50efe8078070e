"""What `kassandra check` reports of gaps: those that there are, and those that are made to learn and judge by."""

from pathlib import Path
from typing import Any

import numpy as np

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.gaps import Gaps, missing
from kassandra.contracts.windows import read_split
from kassandra.detection.findings import Findings, Grid

FEW = 100  # gaps of test
MUCH = 0.5  # share of values that are missing


def examine(folder: Path, meta: dict[str, Any], findings: Findings) -> None:
    """Adds to the findings; `folder` is data/prepared/<name>."""
    rows, longest = [], int(meta["longest"])
    for name, count in meta["examples"].items():
        split = read_split(folder / f"{name}.npz")
        known = ~np.isnan(split.values)
        fitting, too_long = missing(known, split.offsets, longest)
        row = {"split": name, "from": str(meta["spans"][name][0]), "to": str(meta["spans"][name][1])}
        row |= {"values": f"{known.size:,}", "missing": f"{(~known).sum():,}", "gaps": f"{len(fitting.row):,}"}
        row |= {"longer ones": f"{len(too_long.row):,}"}
        made = map_arrays(folder / f"{name}.npz").get("gaps")
        row |= {"made": "in each epoch" if made is None else f"{count:,}"}
        row |= {"rows of those made": "" if made is None else f"{np.median(Gaps.of(made).length):g} (median)"}
        rows.append(row)
        if (~known).mean() > MUCH:
            findings.warnings.append(f"{(~known).mean():.0%} of the values of {name} are missing")
    findings.tables.append(Grid("gaps per split", rows))
    findings.facts["gaps to fill"] = f"{', '.join(meta['targets'])}: up to {longest} rows, of {meta['window']} around"
    if (count := meta["examples"]["test"]) < FEW:
        findings.warnings.append(f"test has {count} gaps: its scores say little; `prepare.rounds` makes more of them")
