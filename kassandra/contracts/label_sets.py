"""Several labels of one example in one text: how an input hands them to a target that asks for `labels: many`."""

import ast
import json
from collections.abc import Iterable
from typing import Any


def many(params: Any) -> bool:
    """Whether the section `prepare` of a pipeline asks for any number of labels of each example."""
    return getattr(params, "labels", "one") == "many"


def joined(labels: Iterable[Any]) -> str:
    """One text of them, which `labels_in` reads again, whatever they hold; "" of none.

    >>> joined(["sci-fi", "a;b"]), joined([])
    ('["sci-fi", "a;b"]', '')
    """
    names = [str(one) for one in labels]
    return json.dumps(names, ensure_ascii=False) if names else ""


def labels_in(cell: str, separator: str | None = None) -> list[str]:
    """The labels that a cell says, each once: a list as JSON or Python write it, or names with a separator between
    them; without one, the cell is one label.

    >>> labels_in("a; b;a", ";"), labels_in("['a', 'b;c']", ";"), labels_in("[3, 10]"), labels_in(" "), labels_in("[]")
    (['a', 'b'], ['a', 'b;c'], ['3', '10'], [], [])
    >>> labels_in("[sic]; b", ";"), labels_in("a b")
    (['[sic]', 'b'], ['a b'])
    """
    listed = listed_in(cell)
    names = listed if listed is not None else cell.split(separator) if separator else [cell]
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))


def listed_in(cell: str) -> list[str] | None:
    """The elements of a list of names or numbers as JSON or Python write it; None where the cell is no such list."""
    text = cell.strip()
    if not (text.startswith("[") and text.endswith("]")) or len(text) > 100_000:
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(found, list) and all(isinstance(one, str | int | float) for one in found):
            return [str(one) for one in found]
    return None
