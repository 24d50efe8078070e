"""Evaluation on the test split of models that predict a number per example: scores, pictures and the worst misses."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.examples import example_ids
from kassandra.contracts.tables import Columns, write_table
from kassandra.judging import coverage, distributions, figures, interval_figures
from kassandra.judging.judge import Report, by_model, judge
from kassandra.targets.number.evaluate import figures as number_figures
from kassandra.targets.number.evaluate import scores
from kassandra.targets.number.evaluate.predict import together

BESIDE = ("r2", "rmse", "mae", "crps")  # in which baselines are compared with, whatever the headline is
WORST = 100  # misses that are listed
MANY = 100  # parameters per example
UNKNOWN = 0.05  # share of tokens


def evaluate(
    predictor: Any, test: Path, show: ModuleType | None, baselines: Columns, history: pd.DataFrame, plots: Path,
    pages: Path, how: Any, seed: int,
) -> tuple[Report, list[pd.DataFrame], pd.DataFrame]:  # fmt: skip
    """Writes pictures into `plots`, a table of all models and the worst misses into `pages`, of what all members
    predict together; returns the scores, and one row per example: of each member, and together.

    Args:
        predictor: the model; `of_members` of a split are Outputs.
        show: how the input shows examples; of its functions `in_words(test, rows)`, if it has it, describes some rows.
        baselines: the points of each, a column each, and its quantiles in columns `<name> @<level>`.
        how: the section `evaluate` of params.
    """
    meta, arrays = predictor.meta, map_arrays(test)
    numbers = np.array(arrays["numbers"], np.float64)
    outputs, examples = predictor.of_members(predictor.pair.read(test)), example_ids(arrays, len(numbers))
    asked = pd.DataFrame({"example": examples, "observed": numbers})
    members = [distributions.predictions(asked, each) for each in outputs]
    table = members[0] if len(members) == 1 else distributions.predictions(asked, together(outputs))
    others = distributions.of_baselines(asked, baselines)
    ordered = sorted(scores.SCORES, key=lambda score: score.name != how.headline)
    report = judge(ordered, members, table, others, scores.RESAMPLING, seed, BESIDE)
    parameters = sum(weight.numel() for weight in predictor.models[0].parameters())
    report = replace(report, cautions=tuple(cautions(report, table, meta, parameters)))

    figures.learning_curves(history, scores.SCORES, plots / "learning_curves.png", "Loss of the head")
    number_figures.scatter(table, report, plots / "scatter.png")
    number_figures.errors_by_size(table, others, report, plots / "errors_by_size.png")
    if distributions.QUANTILES[0] in table:
        interval_figures.calibration_of(table, scores.RESAMPLING, seed, plots / "interval_calibration.png")
    write_table(pages / "by_model.csv", by_model(scores.SCORES, {"LSTM": table, **others}, how.headline))
    misses = worst(table)
    if show and hasattr(show, "in_words"):
        misses["in words"] = show.in_words(test, misses["row"].to_numpy())
    write_table(pages / "worst.csv", misses)
    return report, members, table


def cautions(report: Report, table: pd.DataFrame, meta: dict[str, Any], parameters: int) -> list[str]:
    """What whoever reads the scores should know of the numbers and the test split.

    Args:
        table: what all members predict together.
    """
    warnings, size = [], len(table)
    train = meta["train_numbers"]
    beyond = int(((table["observed"] < train["smallest"]) | (table["observed"] > train["largest"])).sum())
    if beyond:
        warnings.append(
            f"{beyond:,} of {size:,} numbers of test lie beyond those of train, {train['smallest']:g} to "
            f"{train['largest']:g}."
        )
    warnings += distributions.caution(report.together.get("coverage_90"), "numbers")
    if float(np.ptp(table["point"])) < 0.05 * float(np.ptp(table["observed"])):
        warnings.append("The model predicts nearly the same number for every example.")
    if (examples := meta.get("examples", {}).get("train", 0)) and parameters > MANY * examples:
        warnings.append(
            f"The model has {parameters / examples:,.0f} parameters for each of {examples:,} examples of train: "
            "without dropout or augmentation it learns them by heart."
        )
    unknown = meta.get("unknown_tokens", {}).get("test", 0.0)
    if unknown > UNKNOWN:
        warnings.append(f"{unknown:.0%} of the tokens of test are not in the vocabulary (<unk>).")
    covers = coverage.caution(report.headline.name, "mean", size)
    return [*warnings, covers] if covers else warnings


def worst(table: pd.DataFrame) -> pd.DataFrame:
    """The largest errors: row, example, observed, point, error."""
    error = (table["point"] - table["observed"]).to_numpy()
    rows = np.argsort(-np.abs(error), kind="stable")[:WORST]
    listed = table[["example", "observed", "point"]].iloc[rows].assign(error=error[rows])
    listed.insert(0, "row", rows)
    return listed.reset_index(drop=True)
