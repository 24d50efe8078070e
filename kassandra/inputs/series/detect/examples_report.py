"""What is reported of series with an answer each: how long they are, what each column holds, and what is missing."""

from pathlib import Path
from typing import Any

import numpy as np

from kassandra.contracts.artifacts import read_arrays
from kassandra.detection.findings import SPLITS, Findings, Grid, lengths
from kassandra.inputs.series.train.scaling import Scaling

SHOWN = 40  # columns
FAR = 12  # deviations


def examine(folder: Path, meta: dict[str, Any], findings: Findings) -> None:
    """Adds to the findings; `folder` is data/prepared/<name>."""
    arrays, scaling = {split: read_arrays(folder / f"{split}.npz") for split in SPLITS}, Scaling.of(meta)
    lengths(findings, "steps", {split: np.diff(some["offsets"]) for split, some in arrays.items()})
    values = {split: scaling.measured(some["values"]) for split, some in arrays.items()}
    rows = []
    for place, name in enumerate(meta["columns"][:SHOWN]):
        whole = np.concatenate([one[:, place] for one in values.values()])
        train, test = values["train"][:, place], values["test"][:, place]
        rows.append({
            "column": str(name), "least": f"{whole.min():.6g}", "median": f"{np.median(whole):.6g}",
            "largest": f"{whole.max():.6g}", "mean of train": f"{train.mean():.6g}", "of test": f"{test.mean():.6g}",
        })  # fmt: skip
        spread = float(train.std())
        if train.min() == train.max():
            findings.warnings.append(f"{name!r} never changes in train: leave it out of source.values")
        elif far := int((np.abs(whole - train.mean()) > FAR * spread).sum()):
            findings.warnings.append(f"{name!r} has {far} values more than {FAR} deviations from the mean of train")
    findings.tables.append(Grid("columns", rows))
    missing = {split: count for split, count in meta["missing_values"].items() if count}
    findings.facts["missing values"] = ", ".join(f"{count:,} of {name}" for name, count in missing.items()) or "none"
    if "groups" in arrays["train"]:
        groups = {split: set(some["groups"].tolist()) for split, some in arrays.items()}
        shared = len(groups["train"] & groups["test"])
        findings.facts["groups"] = f"{len(groups['train'])} in train, {len(groups['test'])} in test, {shared} in both"
