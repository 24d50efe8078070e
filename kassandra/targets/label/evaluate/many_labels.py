"""Evaluation of models that give any number of labels: what differs from one class per example."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import multilabel_confusion_matrix

from kassandra.contracts.tables import Columns, write_table
from kassandra.judging import class_figures, coverage
from kassandra.judging.judge import Report
from kassandra.judging.score import resample
from kassandra.targets.label.evaluate import figures as label_figures
from kassandra.targets.label.evaluate import scores

BESIDE = ("micro_f1", "f1", "accuracy", "loss")  # in which baselines are compared with
SHOWN = 3  # names of a longer list


def of_baselines(table: pd.DataFrame, baselines: Columns, classes: list[str]) -> dict[str, pd.DataFrame]:
    """Tables of predictions like that of the model."""
    own = table[["example", *(f"{scores.TARGET}{name}" for name in classes)]]
    tables = {}
    for name in (str(name) for name in baselines if " @" not in str(name)):
        sets = [set(map(int, str(cell).split())) for cell in baselines[name]]
        given = {f"{scores.PREDICTED}{each}": [place in one for one in sets] for place, each in enumerate(classes)}
        columns = {f"{scores.PREFIX}{each}": baselines.get(f"{name} @{place}") for place, each in enumerate(classes)}
        known = all(column is not None for column in columns.values())
        more = pd.DataFrame(given | (columns if known else {}), index=own.index)
        tables[name] = pd.concat([own, more], axis=1)
    return tables


def cautions(report: Report, table: pd.DataFrame, meta: dict[str, Any]) -> list[str]:
    """What whoever reads the scores should know of the labels."""
    classes, (held, given) = scores.classes_of(table), _flags(table)
    warnings = []
    if never := [classes[place] for place in np.flatnonzero(given.sum(0) == 0)]:
        named = ", ".join(map(repr, never[:SHOWN])) + (f" and {len(never) - SHOWN} more" if len(never) > SHOWN else "")
        warnings.append(f"{named} of {len(classes)} labels {'is' if len(never) == 1 else 'are'} never given.")
    if absent := int((~held.any(0)).sum()):
        warnings.append(f"No example of test has {absent} of the labels: their F1 is 0, whatever the model gives.")
    fewest = int(held.sum(0)[held.any(0)].min(initial=len(table)))
    kinds = {"accuracy": ("share", len(table)), "f1": ("macro", fewest)}
    covered = [coverage.caution(name, *kind) for name, kind in kinds.items()]  # type: ignore[arg-type]
    return warnings + [sentence for sentence in covered if sentence]


def draw(table: pd.DataFrame, log_probabilities: NDArray[np.float64], plots: Path, pages: Path, seed: int) -> None:
    """Pictures of each label, and of which stand together."""
    classes, (held, given) = scores.classes_of(table), _flags(table)
    by_label = per_label(table, seed)
    class_figures.per_class(by_label, plots / "per_class.png", "Label (test examples)")
    write_table(pages / "per_class.csv", by_label)
    label_figures.together(held, given, classes, plots / "together.png")
    probabilities = np.exp(log_probabilities)
    ranked = scores.rankings_of_labels(held, probabilities)
    label_figures.curves(ranked, classes, len(held), plots / "roc_and_precision_recall.png", "each label or not")


def per_label(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """class, examples, given, right, precision, recall, f1, and the interval of f1."""
    (scored,) = resample([(scores.BY_CLASS, table)], scores.RESAMPLING.units(table), seed)
    assert scored
    precision, recall, f1 = scores.precision_recall_f1(scored.observed)  # (labels,) each
    held, given = _flags(table)
    right = multilabel_confusion_matrix(held, given)[:, 1, 1]
    _, low, high = scored.estimate
    columns = {"class": scores.classes_of(table), "examples": held.sum(0), "given": given.sum(0), "right": right}
    columns |= {"precision": precision, "recall": recall, "f1_low": low, "f1_high": high, "f1": f1}
    return pd.DataFrame(columns)


def mistakes(table: pd.DataFrame) -> pd.DataFrame:
    """All examples whose labels are not all right, those first whose own labels were least probable (the binary
    cross-entropy of the example): row, example, target, predicted, lacking, too many, loss."""
    names, (held, given) = np.array(scores.classes_of(table), object), _flags(table)
    each = np.clip(scores.probabilities(table), 1e-300, 1.0)
    wrong = np.flatnonzero((held != given).any(1))
    losses = -np.log(np.where(held, each, np.maximum(1 - each, 1e-300))).sum(1)
    rows = wrong[np.argsort(-losses[wrong], kind="stable")]

    def named(flags: NDArray[np.bool_]) -> list[str]:
        return ["; ".join(names[row]) for row in flags[rows]]

    columns = {"row": rows, "example": table["example"].to_numpy()[rows], "target": named(held)}
    columns |= {"predicted": named(given), "lacking": named(held & ~given), "too many": named(given & ~held)}
    return pd.DataFrame(columns | {"loss": losses[rows]})


def _flags(table: pd.DataFrame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(examples, labels) those that examples have, and those that are given."""
    held, given = scores.flags(table, scores.TARGET), scores.flags(table, scores.PREDICTED)
    assert held is not None, "of examples with one class each"
    assert given is not None, "without what was predicted"
    return held, given
