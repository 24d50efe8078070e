"""What `kassandra predict` prints of examples: a row for each, as a table, as CSV or as JSON."""

import sys
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any

from kassandra.contracts.printed import cell, print_csv, print_json, print_table

LONGEST = 80  # characters of a name, which a text is too, in a table

Predicted = tuple[str, Any, dict[str, Any]]  # name, prediction, what the reader adds
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
    rows = [
        (name, change(prediction), more)
        for name, prediction, more in predicted(predictor, reader, names, inputs, together)
    ]
    predictions = [prediction for _, prediction, _ in rows]
    if as_json:
        print_json(as_json_rows(reader, rows))
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


def predicted(
    predictor: Any, reader: ModuleType, names: Sequence[str], inputs: Any, together: Callable[[Any], Any]
) -> list[Predicted]:
    """Of each input its name, what is predicted, and what the reader adds to that.

    Raises:
        KassandraError: the inputs are not of the kind that the model reads.
    """
    members = predictor.of_members(predictor.pair.own(inputs))
    predictions = predictor.predictions(members)
    added = reader.columns(predictor, inputs, together(members)) if hasattr(reader, "columns") else {}
    columns = [dict(zip(added, values, strict=True)) for values in zip(*added.values(), strict=True)]
    return list(zip(names, predictions, columns or [{} for _ in names], strict=True))


def as_json_rows(reader: ModuleType, rows: Iterable[Predicted]) -> list[dict[str, Any]]:
    """As `kassandra predict --json` prints them, and `kassandra serve` answers."""
    return [{reader.NAME: name, **prediction._asdict(), **more} for name, prediction, more in rows]


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
