"""Evaluation on the test split of models that name one class per example, or any number of labels: scores, pictures
and mistakes."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.examples import example_ids
from kassandra.contracts.tables import Columns, write_table
from kassandra.judging import class_figures, coverage, figures
from kassandra.judging.judge import Report, judge
from kassandra.judging.score import resample
from kassandra.targets.label.evaluate import figures as label_figures
from kassandra.targets.label.evaluate import many_labels, scores
from kassandra.targets.label.evaluate.predict import together

BESIDE = ("accuracy", "f1", "loss")  # in which baselines are compared with, whatever the headline is
UNEQUAL = 3  # times as many examples in the largest class as in the smallest
MANY = 100  # parameters per example
UNKNOWN = 0.05  # share of tokens
SHOWN = 3  # names of a longer list


def evaluate(
    predictor: Any, test: Path, show: ModuleType | None, baselines: Columns, history: pd.DataFrame, plots: Path,
    pages: Path, how: Any, seed: int,
) -> tuple[Report, list[pd.DataFrame], pd.DataFrame]:  # fmt: skip
    """Writes pictures into `plots`, and what DVC draws by .dvc/plots/label.json; tables and pages into `pages`; of what
    all members answer together. Returns the scores, and one row per example: of each member, and together.

    Args:
        predictor: the model; `of_members` of a split are Outputs.
        show: how the input shows examples. Of its functions, if it has them, `pictures(test, meta, targets,
            log_probabilities, attention, plots, pages)` draws those of the split, and `in_words(test, rows)` describes
            some rows.
        baselines: the class that each predicts, a column each, and the probabilities of classes, `<name> @<label>`.
        how: the section `evaluate` of params.
    """
    meta, arrays = predictor.meta, map_arrays(test)
    if predictor.many:
        return _of_many(predictor, test, show, baselines, history, plots, pages, how, seed)
    classes, targets = meta["classes"], np.array(arrays["labels"], np.int64)
    outputs, examples = predictor.of_members(predictor.pair.read(test)), example_ids(arrays, len(targets))
    log_probabilities, attention = together(outputs)
    members = [scores.predictions(examples, targets, each.log_probabilities, classes) for each in outputs]
    table = members[0] if len(members) == 1 else scores.predictions(examples, targets, log_probabilities, classes)
    ordered = sorted(scores.SCORES, key=lambda score: score.name != how.headline)
    others = of_baselines(table, baselines, classes)
    report = judge(ordered, members, table, others, scores.RESAMPLING, seed, BESIDE)
    parameters = sum(weight.numel() for weight in predictor.models[0].parameters())
    warnings = cautions(report, table, meta, history, parameters)
    report = replace(report, cautions=tuple(warnings))
    by_class = per_class(table, seed)

    figures.learning_curves(history, scores.SCORES, plots / "learning_curves.png")
    confusion = confusion_matrix(targets, table["predicted"], labels=range(len(classes)))
    class_figures.confusion(confusion, classes, plots / "confusion.png")
    class_figures.per_class(by_class, plots / "per_class.png")
    write_table(pages / "per_class.csv", by_class)
    write_table(plots / "confusion.csv", class_figures.cells(confusion, classes))
    confidence, right = np.exp(log_probabilities.max(1)), (table["predicted"] == table["target"]).to_numpy()
    label_figures.reliability(confidence, right, report.together["calibration_error"], plots / "reliability.png")
    label_figures.roc_and_precision_recall(targets, log_probabilities, classes, plots / "roc_and_precision_recall.png")
    wrong = mistakes(table)
    if show and hasattr(show, "in_words"):
        wrong["in words"] = show.in_words(test, wrong["row"].to_numpy())
    write_table(pages / "mistakes.csv", wrong)
    if show and hasattr(show, "pictures"):
        show.pictures(test, meta, targets, log_probabilities, attention, plots, pages)
    return report, members, table


def _of_many(
    predictor: Any, test: Path, show: ModuleType | None, baselines: Columns, history: pd.DataFrame, plots: Path,
    pages: Path, how: Any, seed: int,
) -> tuple[Report, list[pd.DataFrame], pd.DataFrame]:  # fmt: skip
    """As `evaluate`, of any number of labels of each example."""
    arrays, classes = map_arrays(test), predictor.classes
    targets = np.array(arrays["labels"]) == 1  # (examples, labels)
    examples, outputs = example_ids(arrays, len(targets)), predictor.of_members(predictor.pair.read(test))

    def as_table(model: Any, log_probabilities: Any) -> pd.DataFrame:
        return scores.labelled(examples, targets, model.given(log_probabilities), log_probabilities, classes)

    both = zip(predictor.members, outputs, strict=True)
    members, joint = [as_table(model, each.log_probabilities) for model, each in both], together(outputs)
    table = members[0] if len(members) == 1 else as_table(predictor, joint.log_probabilities)
    ordered = sorted(scores.SCORES, key=lambda score: score.name != how.headline)
    others = many_labels.of_baselines(table, baselines, classes)
    report = judge(ordered, members, table, others, scores.RESAMPLING, seed, many_labels.BESIDE)
    report = replace(report, cautions=tuple(many_labels.cautions(report, table, predictor.meta)))
    figures.learning_curves(history, scores.SCORES, plots / "learning_curves.png")
    many_labels.draw(table, joint.log_probabilities, plots, pages, seed)
    wrong = many_labels.mistakes(table)
    if show and hasattr(show, "in_words"):
        wrong["in words"] = show.in_words(test, wrong["row"].to_numpy())
    write_table(pages / "mistakes.csv", wrong)
    return report, members, table


def of_baselines(table: pd.DataFrame, baselines: Columns, classes: list[str]) -> dict[str, pd.DataFrame]:
    """Tables of predictions like that of the model."""
    own = table[["example", "target"]]
    tables = {}
    for name in (str(name) for name in baselines if " @" not in str(name)):
        columns = {f"{scores.PREFIX}{each}": baselines.get(f"{name} @{place}") for place, each in enumerate(classes)}
        known = all(column is not None for column in columns.values())
        tables[name] = own.assign(predicted=baselines[name], **(columns if known else {}))
    return tables


def cautions(
    report: Report, table: pd.DataFrame, meta: dict[str, Any], history: pd.DataFrame, parameters: int
) -> list[str]:
    """What whoever reads the scores should know of the classes and the test split.

    Args:
        table: what all members predict together.
    """
    classes, counts = meta["classes"], np.array(meta.get("train_labels", []), np.int64)
    of_test = np.bincount(table["target"], minlength=len(classes))
    warnings = []
    if never := [
        classes[place] for place in np.flatnonzero(np.bincount(table["predicted"], minlength=len(classes)) == 0)
    ]:
        warnings.append(
            f"{_named(never)} of {len(classes)} classes {'is' if len(never) == 1 else 'are'} never predicted."
        )
    if len(counts) and counts.max() >= UNEQUAL * max(counts.min(), 1) and report.headline.name == "accuracy":
        least, most = classes[counts.argmin()], classes[counts.argmax()]
        warnings.append(
            f"Classes are unequal: {counts.max():,} examples of {most!r} in train, {counts.min():,} of {least!r}. "
            "Accuracy is mostly about the large ones; `evaluate: {headline: f1}` weighs all classes the same."
        )
    if len(counts) and float(history["valid_accuracy"].max()) <= counts.max() / counts.sum():
        warnings.append("On validation no epoch was better than always the largest class.")
    if (examples := meta.get("examples", {}).get("train", 0)) and parameters > MANY * examples:
        warnings.append(
            f"The model has {parameters / examples:,.0f} parameters for each of {examples:,} examples of train: "
            "without dropout or augmentation it learns them by heart."
        )
    unknown = meta.get("unknown_tokens", {}).get("test", 0.0)
    if unknown > UNKNOWN:
        warnings.append(f"{unknown:.0%} of the tokens of test are not in the vocabulary (<unk>).")
    kinds = {"accuracy": ("share", len(table)), "f1": ("macro", int(of_test[of_test > 0].min()))}
    covered = [coverage.caution(name, *kind) for name, kind in kinds.items()]  # type: ignore[arg-type]
    return warnings + [sentence for sentence in covered if sentence]


def _named(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"


def per_class(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """class, examples, precision, recall, f1, and the interval of f1."""
    (scored,) = resample([(scores.BY_CLASS, table)], scores.RESAMPLING.units(table), seed)
    assert scored
    precision, recall, f1 = scores.precision_recall_f1(scored.observed)  # (classes,) each
    classes, (_, low, high) = scores.classes_of(table), scored.estimate
    columns = {"class": classes, "examples": np.bincount(table["target"], minlength=len(classes))}
    columns |= {"precision": precision, "recall": recall, "f1_low": low, "f1_high": high, "f1": f1}
    return pd.DataFrame(columns)


def mistakes(table: pd.DataFrame) -> pd.DataFrame:
    """All wrong answers, those that the model was most sure of first: row, example, target, predicted, probability."""
    classes, sure = np.array(scores.classes_of(table), object), scores.probabilities(table).max(1)
    wrong = np.flatnonzero(table["target"] != table["predicted"])
    rows = wrong[np.argsort(-sure[wrong], kind="stable")]
    named = table.iloc[rows]
    columns = {"row": rows, "example": named["example"], "target": classes[named["target"]]}
    columns |= {"predicted": classes[named["predicted"]], "probability": sure[rows]}
    return pd.DataFrame(columns).reset_index(drop=True)
