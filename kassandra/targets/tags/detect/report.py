"""What `kassandra check` reports of tags: how many of each type there are in each split, and which are missing."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

from kassandra.contracts.artifacts import read_arrays
from kassandra.contracts.spans import spans
from kassandra.detection.findings import SPLITS, Findings, Grid

FEW = 10  # spans in test, below which their scores say little
SHOWN = 40


def examine(folder: Path, meta: dict[str, Any], findings: Findings) -> None:
    """Adds to the findings; `folder` is data/prepared/<name>."""
    names, counts = [*meta["tags"], *meta["unseen_tags"]], dict[str, Counter[str]]()
    for split in SPLITS:
        arrays = read_arrays(folder / f"{split}.npz")
        flat = [names[tag] for tag in arrays["tags"].tolist()]
        every = [flat[a:b] for a, b in pairwise(arrays["tags_offsets"].tolist())]
        counts[split] = Counter(
            name for tags in every for name in ([one.type for one in spans(tags)] if meta["spans"] else tags)
        )
    types = [name for name, _ in sum(counts.values(), Counter[str]()).most_common()]
    rows = [{"type": name, **{split: f"{counts[split][name]:,}" for split in SPLITS}} for name in types[:SHOWN]]
    findings.tables.append(Grid("spans" if meta["spans"] else "tags", rows))
    findings.facts["tags"] = f"{len(meta['tags'])}, written as {meta['scheme']}"
    for key, what in (
        ("rewritten_tags", "rewritten as IOB2"),
        ("tags_that_go_on_with_nothing", "went on with nothing"),
    ):
        if meta.get(key):
            findings.facts[f"tags {what}"] = f"{meta[key]:,}"
    if few := [f"{name!r} ({counts['test'][name]})" for name in types if counts["test"][name] < FEW]:
        kind = "spans" if meta["spans"] else meta["steps"]
        findings.warnings.append(f"fewer than {FEW} {kind} in test of {', '.join(few[:5])}: their scores say little")
    if unseen := meta["unseen_tags"]:
        findings.warnings.append(f"test has tags that train has not: {', '.join(unseen)}")
