"""`kassandra predict` of numbers: the number of each input, its intervals, and what the input adds to that."""

import sys
from types import ModuleType
from typing import Any

from kassandra.contracts.printed import cell, print_csv, print_json, print_table
from kassandra.targets.number.evaluate.predict import Prediction, Predictor, together

COMMAND = "predict"
LONGEST = 80  # characters of a name, which a text is too, in a table


def show(predictor: Predictor, reader: ModuleType, given: list[str], as_json: bool, **options: Any) -> None:
    """Print a row per input; all are read before the first is predicted, so that a bad one costs nothing. `reader` is
    inputs/<kind>/show/own_examples.py.

    Raises:
        KassandraError: there is no input, or one cannot be read.
    """
    names, inputs = reader.read(given, predictor.meta, **options)
    members = predictor.of_members(predictor.pair.own(inputs))
    predictions = predictor.predictions(members)
    added = reader.columns(predictor, inputs, together(members)) if hasattr(reader, "columns") else {}
    columns = [dict(zip(added, values, strict=True)) for values in zip(*added.values(), strict=True)]
    rows = list(zip(names, predictions, columns or [{} for _ in names], strict=True))
    if as_json:
        print_json({reader.NAME: name, **prediction._asdict(), **more} for name, prediction, more in rows)
    elif sys.stdout.isatty():
        print_table([_compact(reader.NAME, *row) for row in rows])
    else:
        print_csv([_whole(reader.NAME, *row) for row in rows])


def _compact(heading: str, name: str, prediction: Prediction, more: dict[str, Any]) -> dict[str, str]:
    members = prediction.members
    row = {heading: name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…", "number": f"{prediction.number:.4g}"}
    row |= {f"{share} interval": f"[{low:.4g}, {high:.4g}]" for share, (low, high) in prediction.intervals.items()}
    row |= {"members": f"{min(members):.4g} to {max(members):.4g}"} if len(members) > 1 else {}
    return row | {key: cell(value) for key, value in more.items()}


def _whole(heading: str, name: str, prediction: Prediction, more: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {heading: name, "number": prediction.number}
    for share, (low, high) in prediction.intervals.items():
        row |= {f"{share} from": low, f"{share} to": high}
    if len(prediction.members) > 1:
        row |= {f"member_{number}": value for number, value in enumerate(prediction.members)}
    return row | {key: cell(value) for key, value in more.items()}
