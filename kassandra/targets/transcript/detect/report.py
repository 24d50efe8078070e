"""What is reported of transcripts: recordings, minutes and words per split, and what was dropped."""

from pathlib import Path
from typing import Any

from kassandra.detection.findings import Findings, Grid

LITTLE = 0.2  # hours of train


def examine(folder: Path, meta: dict[str, Any], findings: Findings) -> None:
    """Adds to the findings; `folder` is data/prepared/<name>."""
    rows = [
        {"split": split, "recordings": f"{count:,}", "minutes": f"{60 * meta['hours'][split]:.1f}",
         "words": f"{meta['words'][split]:,}"}
        for split, count in meta["examples"].items()
    ]  # fmt: skip
    findings.tables.append(Grid("recordings per split", rows))
    dropped = {reason: count for reason, count in meta["dropped"].items() if count}
    findings.facts["dropped"] = ", ".join(f"{count:,} {reason}" for reason, count in dropped.items()) or "none"
    findings.facts["tokens"] = f"{meta['spec']['outputs']:,} ({meta['tokens']})"
    if meta["examples"]["test"] < 100:
        findings.warnings.append(f"test has {meta['examples']['test']} recordings: error rates of so few say little")
    if meta["hours"]["train"] < LITTLE:
        findings.warnings.append(
            f"train has {60 * meta['hours']['train']:.1f} minutes of speech: free sentences take hours of it"
        )
