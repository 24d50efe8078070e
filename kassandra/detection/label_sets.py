"""Several labels in one cell, recognised: `a;b`, `a|b`, `a,b`, or a list as JSON or Python write it."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from kassandra.contracts.label_sets import labels_in, listed_in
from kassandra.detection.table import Column
from kassandra.detection.words import some

SEPARATORS = (";", "|", ",")
SHARE = 0.01  # of cells with several labels, from which they are no accident
LEAST = 3  # such cells
MOST_LABELS = 200
REPEATED = 3  # cells with a label, on average
LONGEST = 60  # characters of a label
WORDS = 4  # of a label, on average


class LabelSets(NamedTuple):
    """What stands between labels, None where cells are lists or columns of 0 and 1; how many cells have each label, the
    most frequent first; and how many have none, and several."""

    separator: str | None
    counts: dict[str, int]
    none: int
    several: int

    def said(self, where: str, rows: int) -> str:
        """
        >>> LabelSets(";", {"a": 3, "b": 1}, 1, 1).said("'tags'", 4)
        "any number of labels of each, in 'tags', with ';' between them: 1 of 4 rows have several, 1 none; labels: \
'a' 3, 'b' 1"
        """
        named = some([f"{label!r} {count:,}" for label, count in self.counts.items()], 10)
        between = f", with {self.separator!r} between them" if self.separator else ""
        return (
            f"any number of labels of each, in {where}{between}: {self.several:,} of {rows:,} rows have several, "
            f"{self.none:,} none; labels: {named}"
        )


def label_sets(column: Column) -> LabelSets | None:
    """None of a column whose cells hold one label, a text, or a number."""
    if not column.held or len(column.values) < 2:
        return None
    is_list = [listed_in(cell) is not None for cell in column.values]
    if sum(is_list) > LEAST or all(is_list):
        return _by(column, None)
    if column.is_numeric:
        return None
    found = [one for separator in SEPARATORS if (one := _by(column, separator))]
    return max(found, key=lambda one: one.several, default=None)


def counted(sets: Sequence[Sequence[str]], separator: str | None) -> LabelSets:
    """Of the labels of each row."""
    counts = Counter(label for labels in sets for label in labels)
    none, several = sum(not labels for labels in sets), sum(len(labels) > 1 for labels in sets)
    return LabelSets(separator, dict(counts.most_common()), none, several)


def _by(column: Column, separator: str | None) -> LabelSets | None:
    """Sets are made of labels that come back in other sets: `Smith, John` and `Lyon, France` are names, not sets."""
    sets = [labels_in(cell, separator) for cell in column.cells]
    found = counted(sets, separator)
    names, different = list(found.counts), {frozenset(labels) for labels in sets if labels}
    if found.several < max(LEAST, SHARE * len(sets)) or not 2 <= len(names) <= min(MOST_LABELS, len(different)):
        return None
    short = max(map(len, names)) <= LONGEST and sum(len(name.split()) for name in names) <= WORDS * len(names)
    return found if short and sum(found.counts.values()) >= REPEATED * len(names) else None
