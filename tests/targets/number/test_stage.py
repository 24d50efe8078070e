"""The evaluation of numbers as a whole: what it writes, what it returns, and what stands in the tables."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from kassandra.contracts.artifacts import write_arrays
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import LEVELS
from kassandra.judging.judge import contents
from kassandra.params.targets.number import Evaluate
from kassandra.targets.number.evaluate.predict import Outputs
from kassandra.targets.number.evaluate.stage import evaluate

pytestmark = pytest.mark.slow

HISTORY = pd.DataFrame({"epoch": [1, 2], "train_loss": [2.0, 1.0], "valid_loss": [1.9, 0.8], "valid_r2": [0.0, 0.1]})


@pytest.fixture
def evaluated(tmp_path):
    """Evaluates made-up members on as many examples; gives the report, the table and the names of pictures."""

    def evaluated(rows=80, members=3, levels=True, width=1.0, headline="r2"):
        generator = np.random.default_rng(0)
        numbers = generator.normal(10, 2, rows)
        ids = Ragged.of_texts(f"text {row}" for row in range(rows))
        write_arrays(tmp_path / "test.npz", numbers=numbers, example=ids.flat, example_offsets=ids.offsets)
        each = []
        for _ in range(members):
            point = numbers + generator.normal(size=rows)
            quantiles = point + width * norm.ppf(LEVELS)[:, None]
            each.append(Outputs(point, quantiles if levels else None, None, {}))
        columns = {"mean of train": np.full(rows, 10.0)}
        columns |= {f"mean of train @{level}": np.full(rows, 10 + 2 * norm.ppf(level)) for level in LEVELS}
        meta = {"train_numbers": {"smallest": 5.0, "largest": 15.0}, "examples": {"train": 10}}
        model = SimpleNamespace(parameters=lambda: [np.zeros(9)])
        model.parameters = lambda: [SimpleNamespace(numel=lambda: 9)]
        predictor = SimpleNamespace(
            meta=meta, models=[model] * members, pair=SimpleNamespace(read=lambda path: path), of_members=lambda _: each
        )
        show = SimpleNamespace(in_words=lambda test, rows: [f"words {row}" for row in rows])
        report, tables, table = evaluate(
            predictor, tmp_path / "test.npz", show, pd.DataFrame(columns), HISTORY, tmp_path / "plots",
            tmp_path / "pages", Evaluate(headline=headline), 0,
        )  # fmt: skip
        assert len(tables) == members
        return report, table, {path.name for path in (tmp_path / "plots").iterdir()}, tmp_path

    return evaluated


@pytest.mark.parametrize("rows", [80, 400])
def test_what_is_written(evaluated, rows):
    report, table, pictures, folder = evaluated(rows)
    assert list(pd.read_csv(folder / "pages" / "by_model.csv")["model"]) == ["LSTM", "mean of train"]
    always = {"errors_by_size.png", "learning_curves.png", "scatter.png"}
    assert pictures == always | {"interval_calibration.png"}
    assert len(table) == rows
    listed = pd.read_csv(folder / "pages" / "worst.csv")
    assert listed["in words"][0] == f"words {listed['row'][0]}"
    written = json.loads(json.dumps(contents(report, 9, {}, {})))
    assert written["r2_low"] < written["r2"] < written["r2_high"]
    (baseline,) = written["baselines"]
    assert {each["score"] for each in baseline["beside"]} == {"rmse", "mae", "crps"}
    assert baseline["gain"]["low"] > 0


def test_points_alone(evaluated):
    report, _, pictures, _ = evaluated(levels=False, members=1, headline="mae")
    assert "interval_calibration.png" not in pictures
    assert report.headline.name == "mae"
    assert "crps" not in report.scores


@pytest.mark.parametrize(("width", "what"), [(0.2, "too narrow"), (5.0, "too wide")])
def test_intervals_that_promise_something_else_are_reported(evaluated, width, what):
    report, _, _, _ = evaluated(300, 1, width=width)
    assert any(what in sentence for sentence in report.cautions)
