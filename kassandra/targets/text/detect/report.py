"""What is reported of translations and captions: sentences, or images, with their texts per split; what was dropped."""

from pathlib import Path
from typing import Any

from kassandra.detection.findings import Findings, Grid


def examine(folder: Path, meta: dict[str, Any], findings: Findings) -> None:
    """Adds to the findings; `folder` is data/prepared/<name>."""
    one, text = ("images", "captions") if meta.get("reading") == "captions" else ("sentences", "translations")
    rows = [
        {"split": split, one: f"{count:,}", text: f"{meta['references'][split]:,}"}
        for split, count in meta["examples"].items()
    ]
    findings.tables.append(Grid(f"{one} per split", rows))
    dropped = {reason: count for reason, count in meta["dropped"].items() if count}
    findings.facts["dropped"] = ", ".join(f"{count:,} {reason}" for reason, count in dropped.items()) or "none"
    if meta["examples"]["test"] < 100:
        findings.warnings.append(f"test has {meta['examples']['test']} {one}: BLEU of so few says little")
