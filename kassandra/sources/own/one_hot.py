"""Labels that stand in a column each, with 1 in the column of the label that a row has."""

from collections.abc import Sequence
from typing import Any

from kassandra.contracts.label_sets import joined

SEVERAL = "several labels at once, where each example has one"
YES = {"1", "1.0", "true", "yes", "x"}
NO = {"", "0", "0.0", "-1", "-1.0", "false", "no"}


def label_of(cells: Sequence[Any], names: Sequence[str]) -> tuple[str, str]:
    """The name of the only column that says yes, "" where none does; and what is wrong with the row, or "".

    >>> label_of(["0", "1.0", ""], ["cat", "dog", "owl"])
    ('dog', '')
    >>> label_of([0, 1, 1], ["cat", "dog", "owl"])[1], label_of([0, 2], ["cat", "dog"])[1]
    ('several labels at once, where each example has one', "'2' in a column of a label, which says 0 or 1")
    """
    true, why = _true(cells, names)
    return ("", why or SEVERAL) if why or len(true) > 1 else (true[0] if true else "", "")


def labels_of(cells: Sequence[Any], names: Sequence[str]) -> tuple[str, str]:
    """The names of all columns that say yes, joined as contracts.label_sets has it; and what is wrong, or "".

    >>> labels_of(["1", "0", "x"], ["cat", "dog", "owl"]), labels_of([0, 0], ["cat", "dog"])
    (('["cat", "owl"]', ''), ('', ''))
    """
    true, why = _true(cells, names)
    return joined(true), why


def _true(cells: Sequence[Any], names: Sequence[str]) -> tuple[list[str], str]:
    """The columns that say yes; and what is wrong with the row, or ""."""
    texts = ["" if cell is None or cell != cell else str(cell).strip().lower() for cell in cells]
    if odd := [text for text in texts if text not in YES | NO]:
        return [], f"{odd[0][:20]!r} in a column of a label, which says 0 or 1"
    return [name for name, text in zip(names, texts, strict=True) if text in YES], ""
