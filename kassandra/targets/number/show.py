"""`kassandra predict` of numbers: the number of each input, its intervals, and what the input adds to that."""

from types import ModuleType
from typing import Any

from kassandra.contracts.printed_examples import print_examples
from kassandra.targets.number.evaluate.predict import Prediction, Predictor, together

COMMAND = "predict"


def show(predictor: Predictor, reader: ModuleType, given: list[str], as_json: bool, **options: Any) -> None:
    """Print a row per input; see `print_examples`."""
    print_examples(predictor, reader, given, as_json, together, _compact, _whole, **options)


def _compact(prediction: Prediction) -> dict[str, Any]:
    members = prediction.members
    row = {"number": f"{prediction.number:.4g}"}
    row |= {f"{share} interval": f"[{low:.4g}, {high:.4g}]" for share, (low, high) in prediction.intervals.items()}
    return row | ({"members": f"{min(members):.4g} to {max(members):.4g}"} if len(members) > 1 else {})


def _whole(prediction: Prediction) -> dict[str, Any]:
    row: dict[str, Any] = {"number": prediction.number}
    for share, (low, high) in prediction.intervals.items():
        row |= {f"{share} from": low, f"{share} to": high}
    if len(prediction.members) > 1:
        row |= {f"member_{number}": value for number, value in enumerate(prediction.members)}
    return row
