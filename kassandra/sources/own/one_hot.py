"""Labels that stand in a column each, with 1 in the column of the label that a row has."""

from collections.abc import Sequence
from typing import Any

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
    texts = ["" if cell is None or cell != cell else str(cell).strip().lower() for cell in cells]
    if odd := [text for text in texts if text not in YES | NO]:
        return "", f"{odd[0][:20]!r} in a column of a label, which says 0 or 1"
    true = [name for name, text in zip(names, texts, strict=True) if text in YES]
    return ("", SEVERAL) if len(true) > 1 else (true[0] if true else "", "")
