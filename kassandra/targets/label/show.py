"""`kassandra predict` of classifiers: the class of each input, how probable it is, and what the input adds to that."""

import sys
from types import ModuleType
from typing import Any

from kassandra.contracts.printed import cell, print_csv, print_json, print_table
from kassandra.targets.label.evaluate.predict import Prediction, Predictor, together

COMMAND = "predict"
OPTIONS = ("reject",)
LONGEST = 80  # characters of a name, which a text is too, in a table


def show(
    predictor: Predictor, reader: ModuleType, given: list[str], as_json: bool, reject: float = 0.0, **options: Any
) -> None:
    """Print a row per input; all are read before the first is predicted, so that a bad one costs nothing.

    Args:
        reader: inputs/<kind>/show/own_examples.py. reject: a class less probable than this is not given.

    Raises:
        KassandraError: there is no input, or one cannot be read.
    """
    names, inputs = reader.read(given, predictor.meta, **options)
    members = predictor.of_members(predictor.pair.own(inputs))
    predictions = [_or_rejected(each, reject) for each in predictor.predictions(members)]
    added = reader.columns(predictor, inputs, together(members)) if hasattr(reader, "columns") else {}
    columns = [dict(zip(added, values, strict=True)) for values in zip(*added.values(), strict=True)]
    rows = list(zip(names, predictions, columns or [{} for _ in names], strict=True))
    if as_json:
        print_json({reader.NAME: name, **prediction._asdict(), **more} for name, prediction, more in rows)
    elif sys.stdout.isatty():
        print_table([_compact(reader.NAME, *row) for row in rows])
    else:
        print_csv([_whole(reader.NAME, *row) for row in rows])
    if reject:
        rejected = sum(not each.label for each in predictions)
        print(f"{rejected} of {len(predictions)} without a class: none is as probable as {reject:g}", file=sys.stderr)


def _or_rejected(prediction: Prediction, reject: float) -> Prediction:
    return prediction._replace(label="") if prediction.probability < reject else prediction


def _compact(heading: str, name: str, prediction: Any, more: dict[str, Any]) -> dict[str, str]:
    members = prediction.members
    second = sorted(prediction.probabilities.items(), key=lambda item: -item[1])[1:2]
    return {
        heading: name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…",
        "class": prediction.label or "—",
        "probability": f"{prediction.probability:.3f}",
        **({"members": f"{min(members):.3f}-{max(members):.3f}"} if len(members) > 1 else {}),
        "next": ", ".join(f"{label} {probability:.3f}" for label, probability in second),
    } | {key: cell(value) for key, value in more.items()}


def _whole(heading: str, name: str, prediction: Any, more: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {heading: name, "label": prediction.label, "probability": round(prediction.probability, 6)}
    if len(prediction.members) > 1:
        row |= {f"member_{number}": round(value, 6) for number, value in enumerate(prediction.members)}
    row |= {f"probability_{label}": round(value, 6) for label, value in prediction.probabilities.items()}
    return row | {key: cell(value) for key, value in more.items()}
