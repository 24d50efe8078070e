"""What is reported of images: their size, and how bright they are."""

from pathlib import Path
from typing import Any

from kassandra.contracts.artifacts import map_arrays
from kassandra.detection.findings import SPLITS, Findings, Panel

CONSTANT = 1.0  # deviation of the pixels of an image, of 255, below which it shows nothing


def examine(folder: Path, meta: dict[str, Any], findings: Findings) -> None:
    """Adds to the findings; `folder` is data/prepared/<name>."""
    arrays = {split: map_arrays(folder / f"{split}.npz") for split in SPLITS}
    images = {split: some["images"] for split, some in arrays.items() if "images" in some}  # of a grid those of test
    findings.facts["images"] = f"{meta['height']}×{meta['width']} pixels"
    brightness = {split: some.reshape(len(some), -1).mean(axis=1) for split, some in images.items()}
    findings.panels.append(Panel("mean brightness of images", "histogram", brightness, "of 255"))
    for split, some in images.items():
        blank = int((some.reshape(len(some), -1).std(axis=1) < CONSTANT).sum())
        if blank:
            findings.warnings.append(f"{blank:,} images of {split} are of one shade: they show nothing")
