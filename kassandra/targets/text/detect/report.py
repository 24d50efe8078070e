"""What is reported of translations: sentences and references per split, and pairs that were dropped."""

from pathlib import Path
from typing import Any

from kassandra.detection.findings import Findings, Grid


def examine(folder: Path, meta: dict[str, Any], findings: Findings) -> None:
    """Adds to the findings; `folder` is data/prepared/<name>."""
    rows = [
        {"split": split, "sentences": f"{count:,}", "translations": f"{meta['references'][split]:,}"}
        for split, count in meta["examples"].items()
    ]
    findings.tables.append(Grid("sentences per split", rows))
    dropped = {reason: count for reason, count in meta["dropped"].items() if count}
    findings.facts["dropped"] = ", ".join(f"{count:,} {reason}" for reason, count in dropped.items()) or "none"
    if meta["examples"]["test"] < 100:
        findings.warnings.append(f"test has {meta['examples']['test']} sentences: BLEU of so few says little")
