"""What is reported of forecasts: the parts of time, and how many windows each has."""

from pathlib import Path
from typing import Any

from kassandra.detection.findings import Findings, Grid

FEW = 30  # windows


def examine(folder: Path, meta: dict[str, Any], findings: Findings) -> None:
    """Adds to the findings; `folder` is data/prepared/<name>."""
    rows = [
        {"split": split, "windows": f"{meta['examples'][split]:,}", "from": str(span[0]), "to": str(span[1])}
        for split, span in meta["spans"].items()
    ]
    findings.tables.append(Grid("windows per split", rows))
    ahead = f"{meta['horizon']} rows ahead from {meta['window']} rows of {len(meta['inputs'])} inputs"
    findings.facts["forecast"] = f"{', '.join(meta['targets'])}: {ahead}"
    for split, count in meta["examples"].items():
        if count < FEW:
            findings.warnings.append(f"{split} has {count} windows: its scores say little; a shorter window gives more")
