"""What is reported of numbers: how they are spread in each split, what is odd in them, and what was dropped."""

from pathlib import Path
from typing import Any

import numpy as np

from kassandra.contracts.artifacts import read_arrays
from kassandra.detection.findings import SPLITS, Findings, Grid, Panel

FAR = 10  # times the distance between quartiles
HEAVY = 0.2  # share of examples with one and the same number
SKEWED = 100  # times the median, from which the largest of numbers above 0 is far from most


def examine(folder: Path, meta: dict[str, Any], findings: Findings) -> None:
    """Adds to the findings; `folder` is data/prepared/<name>."""
    numbers = {split: read_arrays(folder / f"{split}.npz")["numbers"] for split in SPLITS}
    rows = []
    for split, some in numbers.items():
        low, median, high = np.quantile(some, [0.05, 0.5, 0.95])
        row = {"split": split, "examples": f"{len(some):,}", "smallest": f"{some.min():.4g}", "5%": f"{low:.4g}"}
        row |= {"median": f"{median:.4g}", "mean": f"{some.mean():.4g}", "95%": f"{high:.4g}"}
        rows.append(row | {"largest": f"{some.max():.4g}", "deviation": f"{some.std():.4g}"})
    findings.tables.append(Grid("numbers", rows))
    findings.panels.append(Panel("numbers", "histogram", numbers))
    train = numbers["train"]
    first, median, third = np.quantile(train, [0.25, 0.5, 0.75])
    values, counts = np.unique(train, return_counts=True)
    if counts.max() > HEAVY * len(train):
        findings.warnings.append(
            f"{counts.max() / len(train):.0%} of train have the number {values[counts.argmax()]:g}"
        )
    if third > first and (far := int((np.abs(train - median) > FAR * (third - first)).sum())):
        findings.warnings.append(f"{far:,} numbers of train lie very far from the others: are they measured?")
    if not meta["log"] and train.min() > 0 and train.max() > SKEWED * median:
        findings.warnings.append(
            "numbers above 0 of very different sizes: `prepare: {log: true}` learns their logarithm"
        )
    if aside := meta.get("no_number"):
        findings.warnings.append(f"{aside['examples']:,} examples have no number and are left out: {aside['first']}")
    leaked, repeated = (meta.get(key, 0) for key in ("dropped_from_train_because_in_test", "dropped_because_repeated"))
    findings.facts["duplicates"] = f"{repeated:,} examples are there twice and dropped"
    findings.facts["leaks"] = f"{leaked:,} examples of train are in test too, and dropped from train"
