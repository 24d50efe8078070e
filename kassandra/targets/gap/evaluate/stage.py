"""Evaluation on the test split of models that fill gaps: errors beside baselines by length of gap, and pictures."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.contracts.clock import Clock
from kassandra.contracts.gaps import EVERY
from kassandra.contracts.tables import Columns, write_table
from kassandra.judging import coverage, distributions, figures, interval_figures
from kassandra.judging.judge import Report, by_model, judge
from kassandra.judging.score import Numbers, Score, per_row, ratio
from kassandra.targets.gap.evaluate import figures as gap_figures
from kassandra.targets.gap.evaluate import scores
from kassandra.targets.gap.evaluate.predict import together

BESIDE = ("rmse", "mae", "crps")  # in which baselines are compared with, whatever the headline is
STRETCH = 6  # rows
BOUNDS = (1, 2, 6, 12, 24, 48, 96, 192, 384)  # rows; where the next bin of lengths begins
WORST = 100  # gaps that are listed
FEW = 100  # gaps of test


class ByLength(NamedTuple):
    """A score by length of gap.

    names: of the bins. gaps: in each. values: by model, (bins, 3) the score and the ends of its interval; of the LSTM
    the mean over the members. gains: by baseline, (bins, 3) by how much the LSTM is better, paired.
    """

    names: list[str]
    gaps: list[int]
    values: dict[str, Numbers]
    gains: dict[str, Numbers]


def evaluate(
    predictor: Any, test: Path, show: ModuleType | None, baselines: Columns, history: pd.DataFrame, plots: Path,
    pages: Path, how: Any, seed: int,
) -> tuple[Report, list[pd.DataFrame], pd.DataFrame]:  # fmt: skip
    """Writes pictures into `plots`, tables of all models and the worst gaps into `pages`, of what all members fill in
    together; returns the scores, and one row per value that was removed: of each member, and together.

    `of_members` of a split, of the predictor, are Fillings; `baselines` are the points of each, and its quantiles in
    columns `<name> @<level>`. `show` is not used: what a series looks like, its numbers say.
    """
    both, meta = predictor.pair.read(test), predictor.meta
    each = predictor.of_members(both)
    asked = cells(both.targets, meta)
    members = [distributions.predictions(asked, one) for one in each]
    table = members[0] if len(members) == 1 else distributions.predictions(asked, together(each))
    others = distributions.of_baselines(asked, baselines)
    ordered = sorted(scores.SCORES, key=lambda score: score.name != how.headline)
    report = judge(ordered, members, table, others, scores.RESAMPLING, seed, BESIDE)
    bins = bins_of(table["length"].to_numpy())
    compared = by_length(report.headline, members, table, others, seed, bins)
    report = replace(report, cautions=tuple(cautions(report, members, compared)))

    figures.learning_curves(history, scores.SCORES, plots / "learning_curves.png", "Loss of the head")
    strongest = min(report.baselines, key=lambda name: report.baselines[name].value)
    gap_figures.stretches(both.targets, table, (strongest, others[strongest]), meta, plots / "stretches.png")
    gap_figures.error_by_length(compared, report.headline.name, strongest, plots / "error_by_length.png")
    if distributions.QUANTILES[0] in table:
        interval_figures.calibration_of(table, scores.RESAMPLING, seed, plots / "interval_calibration.png")
    write_table(pages / "by_model.csv", by_model(scores.SCORES, {"LSTM": table, **others}, how.headline))
    bins |= longer(table["length"].to_numpy())
    every = {
        score.name: by_length(score, members, table, others, seed, bins)
        for score in report.kinds
        if score.name in BESIDE
    }
    write_table(pages / "by_length.csv", pd.concat([_as_table(name, each) for name, each in every.items()]))
    if len(meta["targets"]) > 1:
        write_table(pages / "by_target.csv", _by_target({"LSTM": table, **others}, report.headline))
    write_table(pages / "worst.csv", worst(table))
    return report, members, table


def cells(answers: Any, meta: dict[str, Any]) -> pd.DataFrame:
    """One row per value that was removed: of which gap and series, which step of the gap, the time, what was observed.

    scale: what errors are divided by: 1 of one target; with several, which may be of any units, the deviation of each
    in train (of each series by itself).
    """
    split, gaps, targets = answers.split, answers.gaps, meta["targets"]
    gap, row, column = gaps.cells(len(targets))
    series = np.searchsorted(split.offsets, row, side="right") - 1
    texts = Clock.of(meta).texts(split.times)
    names, of_columns = np.array(meta["series"], object), np.array([*targets, "all"], object)  # EVERY is the last
    assert EVERY == -1
    of_gaps = [
        f"{names[at]} {texts[first]} {length} {of_columns[which]} {number}"
        for number, first, length, which, at in zip(
            *(each.tolist() for each in gaps),
            np.searchsorted(split.offsets, gaps.row, side="right") - 1,
            strict=True,
        )
    ]
    places, std = np.array(meta["target_inputs"])[column], np.array(meta["input_std"])
    return pd.DataFrame(
        {
            "example": np.array(of_gaps, object)[gap], "series": names[series], "length": gaps.length[gap],
            "step": row - gaps.row[gap] + 1, "time": texts[row], "target": of_columns[column],
            "observed": split.values[row, column],
            "scale": std[series, places] if len(targets) > 1 else np.ones(len(row)),
        }
    )  # fmt: skip


def bins_of(lengths: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    """By name of the bin, (rows,) whether each length lies in it.

    >>> {name: inside.tolist() for name, inside in bins_of(np.array([1, 5, 48, 30])).items()}
    {'1': [True, False, False, False], '2–5': [False, True, False, False], '24–48': [False, False, True, True]}
    """
    longest = int(lengths.max())
    bounds = [bound for bound in BOUNDS if bound < longest or bound == 1]
    ends = [*(bound - 1 for bound in bounds[1:]), longest]
    bins = {
        f"{low}" if low == high else f"{low}–{high}": (low <= lengths) & (lengths <= high)
        for low, high in zip(bounds, ends, strict=True)
    }
    return {name: inside for name, inside in bins.items() if inside.any()}


def longer(lengths: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    """As `bins_of`, of all that are stretches and no single values; none where all are of one bin."""
    longest = int(lengths.max())
    return {f"{STRETCH}–{longest}": lengths >= STRETCH} if longest > 2 * STRETCH else {}


def by_length(
    score: Score, members: Sequence[pd.DataFrame], table: pd.DataFrame, others: dict[str, pd.DataFrame], seed: int,
    bins: dict[str, NDArray[np.bool_]],
) -> ByLength:  # fmt: skip
    """On gaps of about equal lengths, judged as all gaps together are."""
    counts, values, gains = list[int](), list[list[Any]](), list[list[Any]]()
    for inside in bins.values():
        of_bin = {name: each[inside] for name, each in others.items()}
        judged = judge([score], [each[inside] for each in members], table[inside], of_bin, scores.RESAMPLING, seed)
        counts.append(judged.units)
        values.append([tuple(judged.scores[score.name]), *map(tuple, judged.baselines.values())])
        gains.append([tuple(gain) for gain in judged.gains.values()])
    both = np.array(values), np.array(gains)  # (bins, models, 3), (bins, baselines, 3)
    of_models = {name: both[0][:, place] for place, name in enumerate(["LSTM", *others])}
    return ByLength(list(bins), counts, of_models, {name: both[1][:, place] for place, name in enumerate(others)})


def _as_table(score: str, compared: ByLength) -> pd.DataFrame:
    """A row per bin: the score of each baseline, by how much the LSTM is better than the best of them, and its own,
    last."""
    rows = []
    for number, name in enumerate(compared.names):
        of_baselines = {other: float(each[number, 0]) for other, each in compared.values.items() if other != "LSTM"}
        best = min(of_baselines, key=lambda other: of_baselines[other])
        gain, low, high = compared.gains[best][number].tolist()
        own, own_low, own_high = compared.values["LSTM"][number].tolist()
        row = {"score": score, "length": name, "gaps": compared.gaps[number], **of_baselines, "best baseline": best}
        row |= {"gain": gain, "gain_low": low, "gain_high": high}
        rows.append(row | {"LSTM_low": own_low, "LSTM_high": own_high, "LSTM": own})
    return pd.DataFrame(rows)


def cautions(report: Report, members: Sequence[pd.DataFrame], compared: ByLength) -> list[str]:
    """What whoever reads the scores should know."""
    warnings, headline = list[str](), report.headline.name
    lengths = dict[str, list[str]]()
    for number, name in enumerate(compared.names):
        rivals = [other for other, gains in compared.gains.items() if gains[number, 1] <= 0]
        if rivals:
            lengths.setdefault(min(rivals, key=lambda other: compared.gains[other][number, 0]), []).append(name)
    warnings += [
        f"On gaps of {', '.join(names)} rows there is no evidence that the LSTM has a better {headline} than {other}; "
        "see by_length.csv."
        for other, names in lengths.items()
    ]
    warnings += distributions.caution(report.together.get("coverage_90"), "values")
    if report.units < FEW:
        warnings.append(f"Test has {report.units} gaps: its scores say little; `prepare.rounds` makes more of them.")
    units = scores.RESAMPLING.units(members[0])
    missed = np.mean([scores.errors(each) for each in members], axis=0)
    means = ratio(units.sums(per_row(missed)))  # (gaps,) in the order of time
    covers = coverage.caution(headline, coverage.of_errors(means), len(means))
    return [*warnings, covers] if covers else warnings


def _by_target(models: dict[str, pd.DataFrame], headline: Score) -> pd.DataFrame:
    """The headline of each baseline and, last, of the LSTM, of each target in its own unit."""
    rows = []
    for name, places in models["LSTM"].groupby("target", sort=False).indices.items():
        sums: dict[str, Any] = {
            model: headline.sums(table.iloc[places].assign(scale=1.0)) for model, table in models.items()
        }
        values = {model: float(headline.value(each.sum(0))) for model, each in sums.items()}
        own = values.pop("LSTM")
        rows.append({"target": name, "values": len(places), **values, "LSTM": own})
    return pd.DataFrame(rows)


def worst(table: pd.DataFrame) -> pd.DataFrame:
    """The gaps with the largest errors: of each the value that was furthest off, and the mean error of all."""
    error = (table["point"] - table["observed"]) / table["scale"]
    each = table[["example", "series", "length", "time", "target", "observed", "point"]].assign(
        error=table["point"] - table["observed"], mean_error=error.groupby(table["example"]).transform("mean")
    )
    order = (-error.abs()).argsort(kind="stable")
    return each.iloc[order].drop_duplicates("example")[:WORST]
