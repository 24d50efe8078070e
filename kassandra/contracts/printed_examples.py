"""What `kassandra predict` prints of examples: a row for each, as a table, as CSV or as JSON."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from kassandra.contracts.printed import cell, print_csv, print_json, print_table

LONGEST = 80  # characters of a name, which a text is too, in a table

Row = Callable[[Any], dict[str, Any]]  # what a table, or CSV, says of a prediction


def print_examples(
    predictor: Any, reader: ModuleType, given: list[str], as_json: bool, together: Callable[[Any], Any], compact: Row,
    whole: Row, change: Callable[[Any], Any] = lambda prediction: prediction, **options: Any,
) -> list[Any]:  # fmt: skip
    """All inputs are read before the first is predicted, so that a bad one costs nothing. Returns the predictions.

    Args:
        reader: inputs/<kind>/show/own_examples.py. together: what all members answer, of what each does.
        compact: the cells of a table on a terminal. whole: those of CSV. change: what is printed in place of each.

    Raises:
        KassandraError: there is no input, or one cannot be read.
    """
    names, inputs = reader.read(given, predictor.meta, **options)
    members = predictor.of_members(predictor.pair.own(inputs))
    predictions = [change(each) for each in predictor.predictions(members)]
    added = reader.columns(predictor, inputs, together(members)) if hasattr(reader, "columns") else {}
    columns = [dict(zip(added, values, strict=True)) for values in zip(*added.values(), strict=True)]
    rows = list(zip(names, predictions, columns or [{} for _ in names], strict=True))
    if as_json:
        print_json({reader.NAME: name, **prediction._asdict(), **more} for name, prediction, more in rows)
        return predictions
    on_terminal = sys.stdout.isatty()
    printed = [
        {reader.NAME: _short(name) if on_terminal else name}
        | (compact if on_terminal else whole)(prediction)
        | {key: cell(value) for key, value in more.items()}
        for name, prediction, more in rows
    ]
    (print_table if on_terminal else print_csv)(printed)
    return predictions


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
