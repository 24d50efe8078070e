"""Labels that stand in a column each, recognised: columns of 0 and 1 of which one is 1 in each row."""

from collections.abc import Sequence
from typing import NamedTuple

from kassandra.detection.table import Column
from kassandra.sources.own.one_hot import NO, YES, label_of

MOST = 0.01  # share of rows that may have no label, or several
SEVERAL = 3  # columns, from which rows with several labels are no accident


class OneHot(NamedTuple):
    """names: of the columns. label: what they say, as one column. several: whether rows have several labels."""

    names: list[str]
    label: Column
    several: bool


def one_hot(columns: Sequence[Column]) -> OneHot | None:
    """None where there are no two columns of 0 and 1, or most rows have a 1 in none or in several of a few."""
    binary = [one for one in columns if len(one.values) == 2 and {value.lower() for value in one.values} <= YES | NO]
    if len(binary) < 2:
        return None
    names = [one.name for one in binary]
    rows = [label_of(cells, names) for cells in zip(*(one.cells for one in binary), strict=True)]
    good = sum(bool(label) for label, _ in rows)
    several = sum(bool(why) for _, why in rows) > MOST * len(rows)
    if good < (1 - MOST) * len(rows) and not (several and len(binary) >= SEVERAL):
        return None
    return OneHot(names, Column(", ".join(names[:3]), [label for label, _ in rows]), several)
