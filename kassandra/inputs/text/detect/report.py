"""What is reported of texts: how long they are, and how much of them the vocabulary covers."""

from pathlib import Path
from typing import Any

import numpy as np

from kassandra.contracts.artifacts import read_arrays
from kassandra.detection.findings import SPLITS, Findings, Grid, lengths

UNKNOWN = 0.05  # share of the tokens of test from which the vocabulary is small


def examine(folder: Path, meta: dict[str, Any], findings: Findings) -> None:
    """Adds to the findings; `folder` is data/prepared/<name>."""
    unknown = meta["unknown_tokens"]
    rows = [
        {"split": split, "tokens unknown": f"{share:.2%}", "covered": f"{1 - share:.2%}"}
        for split, share in unknown.items()
    ]
    findings.tables.append(Grid("vocabulary", rows))
    spec = meta["spec"]
    findings.facts["vocabulary"] = f"{spec.get('vocab_size', 0):,} tokens, of train"
    if unknown["test"] > UNKNOWN:
        findings.warnings.append(
            f"{unknown['test']:.1%} of the tokens of test are unknown: is the vocabulary too small?"
        )
    arrays = {split: read_arrays(folder / f"{split}.npz") for split in SPLITS}
    if "offsets" in arrays["train"]:
        by_split = {split: np.diff(some["offsets"]) for split, some in arrays.items()}
        lengths(findings, "tokens", by_split, meta.get("max_length"))
    elif "source_offsets" in arrays["train"]:
        for side in ("source", "target"):
            lengths(
                findings,
                f"tokens of the {side}",
                {split: np.diff(some[f"{side}_offsets"]) for split, some in arrays.items()},
            )
    else:
        findings.facts["tokens"] = ", ".join(f"{split} {len(some['ids']):,}" for split, some in arrays.items())
