"""What is reported of labels: how many of each are in each split, and what was dropped."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import read_arrays
from kassandra.detection.findings import SPLITS, Findings, Grid, Panel

SHOWN = 40  # labels
FEW = 5  # examples of a label in a split, below which its scores say little
IMBALANCE = 5


def examine(folder: Path, meta: dict[str, Any], findings: Findings) -> None:
    """Adds to the findings; `folder` is data/prepared/<name>."""
    classes = meta["classes"]
    counts = {split: _counts(read_arrays(folder / f"{split}.npz")["labels"], len(classes)) for split in SPLITS}
    rows = [{"label": label, **{split: f"{some[place]:,}" for split, some in counts.items()}}
            for place, label in enumerate(classes)]  # fmt: skip
    more = f", the first {SHOWN} of {len(rows)}" if len(rows) > SHOWN else ""
    findings.tables.append(Grid(f"examples per label{more}", rows[:SHOWN]))
    heights = {split: dict(zip(classes[:SHOWN], some[:SHOWN].tolist(), strict=True)) for split, some in counts.items()}
    findings.panels.append(Panel("examples per label", "bars", heights))
    train = counts["train"]
    if meta.get("labels") == "many":
        findings.facts["without labels"] = ", ".join(f"{n:,} of {split}" for split, n in meta["without_labels"].items())
    elif train.min() and train.max() > IMBALANCE * train.min():
        most, least = classes[int(train.argmax())], classes[int(train.argmin())]
        share = counts["test"][int(train.argmax())] / max(counts["test"].sum(), 1)
        findings.warnings.append(
            f"imbalance: label {most!r} has {train.max():,} examples of train, {least!r} has {train.min():,}; "
            f"always answering {most!r} is right in {share:.0%} of test"
        )
    few = [f"{label!r} ({some[place]})" for split, some in counts.items() if split == "test"
           for place, label in enumerate(classes) if some[place] < FEW]  # fmt: skip
    if few:
        findings.warnings.append(
            f"fewer than {FEW} examples in test of {', '.join(few[:5])}: scores of these say little"
        )
    leaked, repeated = (meta.get(key, 0) for key in ("dropped_from_train_because_in_test", "dropped_because_repeated"))
    findings.facts["duplicates"] = f"{repeated:,} examples are there twice and dropped"
    findings.facts["leaks"] = f"{leaked:,} examples of train are in test too, and dropped from train"
    if nearly := meta.get("train_nearly_in_test", 0):
        findings.warnings.append(f"{nearly:,} examples of train are nearly the same as one of test, and are kept")
    size = int(meta["examples"]["train"] + leaked + repeated)
    if leaked > 0.01 * size:
        findings.warnings.append(f"{leaked:,} examples of train are in test too: is test drawn from the same files?")


def _counts(labels: NDArray[Any], classes: int) -> NDArray[np.int64]:
    """(classes,) examples of each, of labels (examples,), or (examples, classes) where there may be any number."""
    return np.asarray(labels.sum(0) if labels.ndim == 2 else np.bincount(labels, minlength=classes), np.int64)
