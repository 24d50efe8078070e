"""The evaluation of filled gaps: what it writes, how gaps are drawn, and that intervals cover."""

import numpy as np
import pandas as pd
import pytest
import torch

from kassandra.contracts.spec import LEVELS
from kassandra.judging.distributions import predictions
from kassandra.judging.score import value_of
from kassandra.params.targets.gap import Evaluate
from kassandra.targets.gap.baseline.stage import predictions as of_baselines
from kassandra.targets.gap.evaluate import scores
from kassandra.targets.gap.evaluate.predict import Predictor
from kassandra.targets.gap.evaluate.stage import bins_of, cells, evaluate, longer
from kassandra.training.checkpoint import Checkpoint
from tests.targets.gap.hours import hours
from tests.trained import train

pytestmark = pytest.mark.slow

HISTORY = pd.DataFrame({"epoch": [1, 2], "train_loss": [2.0, 1.0], "valid_loss": [1.9, 0.8], "valid_r2": [0.0, 0.1]})


@pytest.fixture
def evaluated(prepared, tmp_path):
    def evaluated(made, members=2, headline="rmse"):
        predictor = Predictor([made.model.eval()] * members, made.pair, made.meta, {})
        report, tables, table = evaluate(
            predictor, made.folder / "test.npz", None, of_baselines(None, made.folder, 0), HISTORY, tmp_path / "plots",
            tmp_path / "pages", Evaluate(headline=headline), 0,
        )  # fmt: skip
        assert len(tables) == members
        return report, table, tmp_path

    return evaluated


@pytest.mark.parametrize("head", ["quantiles", "point", "student"])
def test_what_is_written(prepared, evaluated, head):
    made = prepared(model={"head": head})
    report, table, folder = evaluated(made)
    assert list(report.scores)[:2] == ["rmse", "mae"]
    pictures = {path.name for path in (folder / "plots").iterdir()}
    assert pictures >= {"stretches.png", "error_by_length.png", "learning_curves.png"}
    assert ("interval_calibration.png" in pictures) == (head != "point")
    by_length = pd.read_csv(folder / "pages" / "by_length.csv")
    assert by_length["score"].unique().tolist() == ["rmse", "mae", *(["crps"] if head != "point" else [])]
    by_length = by_length[by_length["score"] == "rmse"]
    assert by_length["length"].tolist() == ["1", "2–5", "6–12"]
    assert by_length["gaps"].sum() == table["example"].nunique() == report.units
    assert list(by_length)[-1] == "LSTM"
    models = pd.read_csv(folder / "pages" / "by_model.csv")["model"]
    assert models.tolist()[0] == "LSTM"
    assert models.tolist()[-1] == "ridge on both sides"
    assert any("there is no evidence that the LSTM has a better rmse than" in caution for caution in report.cautions)


def test_rows_are_those_that_were_removed(prepared):
    made = prepared()
    table = cells(made.splits["test"].targets, made.meta)
    assert len(table) == len(table.drop_duplicates(scores.KEYS))
    _, row, column = made.splits["test"].targets.gaps.cells(2)
    assert (table["observed"] == made.splits["test"].targets.split.values[row, column]).all()
    assert (table.groupby("example")["step"].max() == table.groupby("example")["length"].first()).all()
    units = scores.RESAMPLING.units(table)
    assert units.count == table["example"].nunique()
    first = table.assign(unit=units.of).drop_duplicates("example")
    assert first["unit"].is_monotonic_increasing  # in the order of time


def test_bins():
    lengths = np.array([1, 2, 5, 6, 12])
    assert list(bins_of(lengths)) == ["1", "2–5", "6–12"]
    assert (sum(bins_of(lengths).values()) == 1).all()
    assert list(bins_of(np.array([1, 1]))) == ["1"]
    assert longer(lengths) == {}
    assert list(longer(np.array([1, 7, 48]))) == ["6–48"]


def test_scores_by_hand():
    table = pd.DataFrame({"example": ["x", "x", "y"], "step": [1, 2, 1], "target": "a", "length": [2, 2, 1]})
    table = table.assign(observed=[1.0, 2.0, 3.0], point=[2.0, 2.0, 1.0], scale=1.0)
    table = table.assign(**{f"quantile_{level}": table["point"] + level - 0.5 for level in LEVELS})
    values = {score.name: value_of(score, table) for score in scores.SCORES}
    assert values["rmse"] == pytest.approx(np.sqrt(5 / 3))
    assert values["mae"] == 1
    assert values["coverage_90"] == pytest.approx(1 / 3)
    assert values["width_90"] == pytest.approx(0.9)


def test_a_trained_model_beats_the_line_and_its_intervals_cover(prepared, tmp_path):
    made = prepared(
        hours(3000, 1), source={"target": "a"}, prepare_keys={"rounds": 6}, model={"hidden_size": 16},
        epochs=6, stride=4, batch_size=16, learning_rate=0.01,
    )  # fmt: skip
    splits = made.splits["train"], made.splits["valid"]
    learned = train(made.model, made.pair, *splits, made.params.train, 0, Checkpoint(tmp_path / "checkpoint"))
    made.model.load_state_dict(learned.weights)
    predictor = Predictor([made.model.eval()], made.pair, made.meta, {})
    (filling,) = predictor.of_members(made.splits["test"])
    table = predictions(cells(made.splits["test"].targets, made.meta), filling)
    baselines = of_baselines(None, made.folder, 0)
    values = {score.name: value_of(score, table) for score in scores.SCORES}
    line = value_of(scores.SCORES[0], table.assign(point=baselines["linear interpolation"]))
    assert values["rmse"] < 0.7 * line
    assert values["coverage_90"] == pytest.approx(0.9, abs=0.06)
    assert values["coverage_50"] == pytest.approx(0.5, abs=0.1)


def test_the_same_bytes_from_the_same_seed(prepared, tmp_path):
    weights = []
    for name in ("one", "other"):
        made = prepared(hours(800), name=name, epochs=2, stride=16, batch_size=16)
        splits = made.splits["train"], made.splits["valid"]
        learned = train(made.model, made.pair, *splits, made.params.train, 0, Checkpoint(tmp_path / f"c-{name}"))
        weights.append(learned.weights)
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
