"""Labels in the names of files: cat.12.jpg, 7_jackson_3.wav, or one of the parts that hyphens, dots and _ separate."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import some

PATTERNS = (
    r"(?:^|/)(?P<label>[^/_]+)_(?P<group>[A-Za-z]+)_[0-9]+[.][^/.]+$",
    r"(?:^|/)(?P<label>[A-Za-z][A-Za-z _-]*?)[ ._-]*[(]?[0-9]+[)]?[.][^/.]+$",
)
PART = re.compile(r"part ([1-9])", re.IGNORECASE)  # how the user names one
BETWEEN = re.compile(r"[-_. ]+")
SHARE = 0.98  # of the names that a pattern has to fit
FEWEST = 5  # files of a label, on average


def by_name(files: Sequence[str], wanted: str | None) -> tuple[str, dict[str, int], str] | None:
    """A pattern under which the names of files hold few different labels, their counts, and where they stand.

    Args:
        wanted: `part 3`, if the user said which part is the label.

    Raises:
        KassandraError: several parts may be the label, or there is no such part.
    """
    parts = _parts(files)
    if wanted and (match := PART.fullmatch(wanted)):
        place = int(match[1]) - 1
        if place >= len(parts):
            raise KassandraError(f"--target: the names of files, as {files[0]!r}, have no {wanted}")
        return _of_part(parts, place)
    for pattern in PATTERNS:
        matches = [match for name in files if (match := re.search(pattern, name))]
        counts = Counter(match["label"] for match in matches)
        if len(matches) > SHARE * len(files) and 2 <= len(counts) <= len(files) / FEWEST and _cross(matches):
            return pattern, dict(counts.most_common()), "the beginnings"
    values = [Counter(part) for part in parts]
    likely = [place for place, counts in enumerate(values)
              if 2 <= len(counts) <= len(files) / FEWEST and len(next(iter(counts))) <= 40]  # fmt: skip
    words = [place for place in likely if not any(value.isdigit() for value in values[place])]
    if len(words) == 1:
        return _of_part(parts, words[0])
    if likely:
        shown = "; ".join(f"part {place + 1}: {some(list(values[place]), 4)}" for place in likely)
        raise KassandraError(
            f"the label may be one of several parts of the files' names, as of {files[0]!r}: {shown}; say which by "
            "--target, as in --target 'part 2'"
        )
    return None


def _parts(files: Sequence[str]) -> list[list[str]]:
    """Of each part of the names its value in all files; none where they do not have the same number of parts."""
    split = [BETWEEN.split(PurePosixPath(name).stem) for name in files]
    return [list(part) for part in zip(*split, strict=True)] if len({len(parts) for parts in split}) == 1 else []


def _of_part(parts: list[list[str]], place: int) -> tuple[str, dict[str, int], str]:
    before = r"[^-_. /]+[-_. ]+" * place
    end = r"[-_. ]" if place < len(parts) - 1 else r"[.][^/.]+$"
    pattern = rf"(?:^|/){before}(?P<label>[^-_. /]+){end}[^/]*$" if end == r"[-_. ]" else (
        rf"(?:^|/){before}(?P<label>[^-_. /]+){end}"
    )  # fmt: skip
    return pattern, dict(Counter(parts[place]).most_common()), f"part {place + 1}"


def _cross(matches: Sequence[re.Match[str]]) -> bool:
    """Whether a group, such as who speaks, has several labels: else both are one label of two words."""
    if "group" not in matches[0].re.groupindex:
        return True
    labels: dict[str, set[str]] = {}
    for match in matches:
        labels.setdefault(match["group"], set()).add(match["label"])
    return any(len(some_labels) > 1 for some_labels in labels.values())
