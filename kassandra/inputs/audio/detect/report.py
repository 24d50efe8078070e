"""What is reported of recordings: how long they are, who speaks, and which are silent."""

from pathlib import Path
from typing import Any

import numpy as np

from kassandra.contracts.artifacts import read_arrays
from kassandra.detection.findings import SPLITS, Findings, lengths

SILENT = 1e-4  # of full scale


def examine(folder: Path, meta: dict[str, Any], findings: Findings) -> None:
    """Adds to the findings; `folder` is data/prepared/<name>."""
    rate, by_split = meta["sample_rate"], {}
    for split in SPLITS:
        arrays = read_arrays(folder / f"{split}.npz")
        by_split[split] = np.diff(arrays["offsets"]) * 1000 // rate
        loudest = [float(np.abs(arrays["waveforms"][begin:end]).max(initial=0)) for begin, end in
                   zip(arrays["offsets"], arrays["offsets"][1:], strict=False)]  # fmt: skip
        if quiet := sum(one < SILENT for one in loudest):
            findings.warnings.append(f"{quiet} recordings of {split} are silent")
    lengths(findings, "milliseconds", by_split)
    speakers = [name for name in meta.get("speakers", []) if name]
    findings.facts["speakers"] = f"{len(speakers)}" if speakers else "unknown: test may hold voices of train"
