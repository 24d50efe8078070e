"""Labelled series in the files of the archives of time series classification, .ts and .arff, recognised."""

from collections import Counter
from pathlib import Path

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.splits import SPLIT_OF
from kassandra.detection.content import lines_of
from kassandra.detection.proposal import Look, Proposal
from kassandra.detection.words import some


def seen_in(look: Look) -> dict[str, Path]:
    """Files of .ts or .arff, by split; "" for one alone."""
    if look.form == "text":
        return {"": look.path} if _is_archive_file(look.path) else {}
    files = [look.path / name for name in look.tree.files] if look.form == "folder" and look.tree else []
    if not 1 <= len(files) <= len(SPLIT_OF) or look.tree is None or look.tree.depth > 0:
        return {}
    stems = {path: path.name.partition(".")[0].lower() for path in files}
    by_split = {SPLIT_OF.get(stem) or SPLIT_OF.get(stem.rpartition("_")[2], ""): path for path, stem in stems.items()}
    whole = len(by_split) == len(files) and ("train" in by_split or len(files) == 1)
    return by_split if whole and all(map(_is_archive_file, files)) else {}


def _is_archive_file(path: Path) -> bool:
    if not path.name.lower().endswith((".ts", ".arff", ".ts.gz", ".arff.gz", ".txt", ".ts.zip", ".arff.zip")):
        return False
    lines = (line.strip() for line in lines_of(path).first)
    first = next((line for line in lines if line and not line.startswith(("#", "%"))), "")
    return first.startswith("@")


def propose(files: dict[str, Path]) -> tuple[Proposal, int]:
    """The section, but for its model, and how many columns a series has.

    By the lines of train that are looked at: columns of .ts stand between colons, the last one is the label.

    Raises:
        KassandraError: there is no series.
    """
    proposal, path = Proposal("series", "label"), files.get("train") or next(iter(files.values()))
    lines = lines_of(path)
    text = [line.strip() for line in lines.first]
    head = next((place for place, line in enumerate(text) if line.lower() == "@data"), len(text))
    rows = [line for line in text[head + 1 :] if line and not line.startswith(("#", "%"))]
    if not rows:
        raise KassandraError(f"{path}: holds no series below a line @data")
    cells = [row.split(":") if ":" in row else row.rsplit(",", 1) for row in rows]
    proposal.classes = dict(Counter(row[-1].strip() for row in cells).most_common())
    lengths = [row[0].count(",") + 1 for row in cells]
    proposal.examples = len(rows) + max(0, lines.total - len(text))
    proposal.steps = max(1, sum(lengths) // len(lengths))
    long = f"{min(lengths)} to {max(lengths)}" if min(lengths) < max(lengths) else f"{lengths[0]}"
    columns = len(cells[0]) - 1
    proposal.seen.append(f"{proposal.examples:,} series of {columns} columns, {long} steps, in {path.name}")
    proposal.splits = frozenset(split for split in files if split not in ("", "train"))
    if proposal.splits:
        proposal.seen.append(f"files of splits: {some([one.name for one in files.values()])}")
    if lacking := sum(row.count("?") for row in rows):
        proposal.prepare["missing"] = "interpolate"
        proposal.guessed.append(f"{lacking:,} missing values are interpolated; `missing: mask` is the other way")
    proposal.rows = [{"label": row[-1], "steps": str(length), "begins": row[0]}
                     for row, length in list(zip(cells, lengths, strict=True))[:5]]  # fmt: skip
    return proposal, columns
