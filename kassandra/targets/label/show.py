"""`kassandra predict` of classifiers: the class of each input, how probable it is, and what the input adds to that."""

import sys
from types import ModuleType
from typing import Any

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.label_sets import joined
from kassandra.contracts.printed_examples import print_examples
from kassandra.targets.label.evaluate.predict import Labels, Prediction, Predictor, together

COMMAND = "predict"
OPTIONS = ("reject",)


def show(
    predictor: Predictor, reader: ModuleType, given: list[str], as_json: bool, reject: float = 0.0, **options: Any
) -> None:
    """Print a row per input; see `print_examples`.

    Args:
        reject: a class less probable than this is not given.

    Raises:
        KassandraError: an input cannot be read; or `reject` is said of a model that gives any number of labels.
    """
    if predictor.many:
        if reject:
            why = "each label has a threshold on its probability, chosen on validation"
            raise KassandraError(f"--reject: is of models that give one class; this one gives any number, and {why}")
        print_examples(predictor, reader, given, as_json, together, _labels, _every_label, **options)
        return

    def or_rejected(prediction: Prediction) -> Prediction:
        return prediction._replace(label="") if prediction.probability < reject else prediction

    how = as_json, together, _compact, _whole, or_rejected
    predictions = print_examples(predictor, reader, given, *how, **options)
    if reject:
        rejected = sum(not each.label for each in predictions)
        print(f"{rejected} of {len(predictions)} without a class: none is as probable as {reject:g}", file=sys.stderr)


def _compact(prediction: Prediction) -> dict[str, Any]:
    members = prediction.members
    second = sorted(prediction.probabilities.items(), key=lambda item: -item[1])[1:2]
    return {
        "class": prediction.label or "—",
        "probability": f"{prediction.probability:.3f}",
        **({"members": f"{min(members):.3f}-{max(members):.3f}"} if len(members) > 1 else {}),
        "next": ", ".join(f"{label} {probability:.3f}" for label, probability in second),
    }


def _whole(prediction: Prediction) -> dict[str, Any]:
    row: dict[str, Any] = {"label": prediction.label, "probability": round(prediction.probability, 6)}
    if len(prediction.members) > 1:
        row |= {f"member_{number}": round(value, 6) for number, value in enumerate(prediction.members)}
    return row | {f"probability_{label}": round(value, 6) for label, value in prediction.probabilities.items()}


def _labels(prediction: Labels) -> dict[str, Any]:
    """Those that are given, and the next one: with its probability, and the threshold that it does not reach."""
    each, thresholds = prediction.probabilities, prediction.thresholds
    given = ", ".join(f"{label} {each[label]:.3f}" for label in prediction.labels)
    rest = sorted((label for label in each if label not in prediction.labels), key=lambda label: -each[label])[:1]
    return {
        "labels": given or "—",
        "next": ", ".join(f"{label} {each[label]:.3f} (of {thresholds[label]:.3f})" for label in rest),
    }


def _every_label(prediction: Labels) -> dict[str, Any]:
    each = prediction.probabilities.items()
    return {"labels": joined(prediction.labels)} | {f"probability_{name}": round(value, 6) for name, value in each}
