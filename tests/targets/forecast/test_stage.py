"""The evaluation of forecasts as a whole: what it writes, what it returns, and what stands in the tables."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from kassandra.contracts.windows import LEVELS, Split, observed
from kassandra.judging.judge import contents
from kassandra.targets.forecast.evaluate.predict import Forecast
from kassandra.targets.forecast.evaluate.stage import evaluate

pytestmark = pytest.mark.slow

DAY = 86_400
HISTORY = pd.DataFrame({"epoch": [1, 2], "train_loss": [2.0, 1.0], "valid_loss": [1.9, 0.8], "valid_r2": [0.0, 0.1]})
ALWAYS = {"error_by_step.csv", "error_by_step.png", "fan.png", "lag.png", "learning_curves.png"}


def asked(predict="value", horizon=3, series=2, targets=1, levels=True, apart=DAY):
    """A forecaster of two walks, and the table of its baselines."""
    generator, rows = np.random.default_rng(0), 90
    walks = generator.normal(size=(series, rows, targets)).cumsum(1) * (1 if predict == "value" else 0.01) + 50
    if predict == "volatility":
        walks = generator.normal(size=(series, rows, targets))
    begins = np.arange(series + 1) * rows
    origins = np.concatenate([np.arange(begin + 6, begin + rows - horizon) for begin in begins[:-1]])
    times = np.tile(np.arange(rows) * apart + 10**9 // DAY * DAY, series)
    split = Split(np.zeros((len(times), 1), np.float32), walks.reshape(-1, targets), times, begins, origins)
    meta = {"predict": predict, "window": 7, "horizon": horizon, "series": ["north $5", "south"][:series]}
    meta |= {"targets": ["load", "heat"][:targets], "value_std": [[2.0, 9.0][:targets]] * series}
    meta["mase_scale"] = [[0.5, 0.5][:targets]] * series
    actual = observed(split, meta)
    predicted = {"LSTM": 0.3, "last value": 0.9, "historical mean": 0.6}
    predicted = {
        name: actual + size * actual.std() * generator.normal(size=actual.shape) for name, size in predicted.items()
    }
    quantiles = {name: [point + level - 0.5 for level in LEVELS] for name, point in predicted.items()}
    table = {}
    for name in list(predicted)[1:]:
        table[name] = predicted[name].ravel()
        above = [each.ravel() - table[name] for each in quantiles[name]]
        table |= {f"{name} @{level}": each for level, each in zip(LEVELS, above, strict=True)}
    forecast = Forecast(predicted["LSTM"], np.stack(quantiles["LSTM"]) if levels else None, None)
    pair = SimpleNamespace(read=lambda path: SimpleNamespace(inputs=split))
    return SimpleNamespace(meta=meta, pair=pair, of_members=lambda _: [forecast]), pd.DataFrame(table), forecast, split


def run(folder, forecaster, baselines):
    report, _, table = evaluate(forecaster, None, None, baselines, HISTORY, folder / "plots", folder / "pages", None, 0)
    return report, table, {path.name for path in (folder / "plots").iterdir()}


CASES = {
    "returns": ({"predict": "return"}, {"cumulative_direction.png", "interval_calibration.png"}),
    "volatility": ({"predict": "volatility"}, {"interval_calibration.png"}),
    "points": ({"levels": False, "series": 1}, {"cumulative_direction.png"}),
    "one step": ({"horizon": 1, "series": 1}, {"cumulative_direction.png", "interval_calibration.png"}),
    "two targets": ({"targets": 2, "series": 1, "levels": False}, {"cumulative_direction.png"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_written_twice_the_same_bytes(tmp_path, name):
    given, more = CASES[name]
    forecaster, baselines, *_ = asked(**given)
    report, table, files = run(tmp_path / "one", forecaster, baselines)
    again, same, _ = run(tmp_path / "other", forecaster, baselines)
    assert files == ALWAYS | more
    for folder in ("plots", "pages"):
        for path in (tmp_path / "one" / folder).iterdir():
            assert path.read_bytes() == (tmp_path / "other" / folder / path.name).read_bytes(), path.name
    pd.testing.assert_frame_equal(table, same)
    file = contents(report, 1, {}, {})
    assert json.loads(json.dumps(file)) == contents(again, 1, {}, {})
    assert file["tests"][0]["steps"] == "all"


@pytest.mark.slow
def test_a_row_for_each_number_that_is_forecast(tmp_path):
    forecaster, baselines, forecast, split = asked(targets=2)
    _, table, _ = run(tmp_path, forecaster, baselines)
    columns = ["example", "series", "origin", "time", "step", "target", "observed"]
    columns += ["scale", "naive", "last", "historical_mean"]
    assert list(table) == [*columns, "point", *(f"quantile_{x}" for x in LEVELS)]
    assert not table.duplicated(["example", "step", "target"]).any()
    actual = observed(split, forecaster.meta)
    for row, (origin, step, target) in enumerate(np.ndindex(actual.shape)):
        if row % 97:
            continue
        predicted = table.iloc[row]
        at = split.origins[origin] + step + 1
        assert (predicted["series"], predicted["target"]) == (["north $5", "south"][at // 90], ["load", "heat"][target])
        assert predicted["time"] == str(split.times[at].astype("datetime64[s]"))[:10]
        assert predicted["step"] == step + 1
        assert predicted["observed"] == split.values[at, target] == actual[origin, step, target]
        assert predicted["point"] == forecast.point[origin, step, target]
        assert predicted["quantile_0.5"] == forecast.quantiles[9, origin, step, target]
    assert len(table) == actual.size == len(baselines)


@pytest.mark.slow
def test_times_of_day_are_shown_where_there_are_any(tmp_path):
    forecaster, baselines, *_ = asked(apart=3600)
    _, table, _ = run(tmp_path, forecaster, baselines)
    assert table["time"].iloc[0] == "2001-09-09T07:00:00"


@pytest.mark.slow
def test_tables(tmp_path):
    forecaster, baselines, forecast, split = asked(targets=2)
    report, _, _ = run(tmp_path, forecaster, baselines)
    pages = tmp_path / "pages"
    error = observed(split, forecaster.meta) - forecast.point
    scaled = error / [2, 9]

    by_step = pd.read_csv(pages / "by_step.csv")
    assert by_step["rmse"].to_numpy() == pytest.approx(np.sqrt((scaled**2).mean((0, 2))), rel=1e-5)
    assert {"last value", "historical mean", "directions", "right_directions"} <= set(by_step)
    assert (by_step["rmse_low"] < by_step["rmse"]).all()
    by_series = pd.read_csv(pages / "by_series.csv")
    assert by_series["series"].tolist() == ["north $5", "south"]
    assert by_series["rmse"].to_numpy() == pytest.approx([np.sqrt((scaled[split.series == n] ** 2).mean()) for n in (0, 1)], rel=1e-5)  # fmt: skip # noqa: E501
    assert by_series["r2"].to_numpy() == pytest.approx(1 - (by_series["rmse"] / by_series["historical mean"]) ** 2, abs=1e-4)  # fmt: skip # noqa: E501
    by_target = pd.read_csv(pages / "by_target.csv")
    assert by_target["rmse"].to_numpy() == pytest.approx(np.sqrt((error**2).mean((0, 1))), rel=1e-5)  # in their units
    by_model = pd.read_csv(pages / "by_model.csv").set_index("model")
    for name in ("rmse", "mae", "mase", "crps", "coverage_90", "coverage_50", "directional_accuracy"):
        assert by_model.loc["LSTM", name] == pytest.approx(report.scores[name].value, rel=1e-5)
    for name, score in report.baselines.items():
        assert by_model.loc[name, "rmse"] == pytest.approx(score.value, rel=1e-5)
    assert by_model["crps"].notna().all()
    for name in ("by_step", "by_series", "by_target", "by_model"):
        assert list(pd.read_csv(pages / f"{name}.csv"))[-1] == "rmse"

    worst = pd.read_csv(tmp_path / "pages" / "worst.csv")
    assert not worst.duplicated(["series", "time", "target"]).any()
    assert len(worst) == 100
    size = worst["error"].abs() / worst["target"].map({"load": 2, "heat": 9})
    assert size.is_monotonic_decreasing
    assert size[0] == pytest.approx(np.abs(scaled).max(), rel=1e-5)
    np.testing.assert_allclose(worst["error"], worst["point"] - worst["observed"], atol=1e-3)


@pytest.mark.slow
def test_flat_windows_are_counted(tmp_path):
    forecaster, baselines, _, split = asked()
    report, _, _ = run(tmp_path, forecaster, baselines)
    assert not any("does not move" in text for text in report.cautions)
    split.values[20:29] = 50  # three windows of seven rows
    report, _, _ = run(tmp_path, forecaster, baselines)
    assert any(text.startswith("In 3 of 162 windows of test a target does not move") for text in report.cautions)


@pytest.mark.slow
@pytest.mark.parametrize("copies", [True, False], ids=["copycat", "honest"])
def test_a_copycat_is_found_out(tmp_path, copies):
    forecaster, baselines, forecast, split = asked()
    last = np.repeat(split.values[split.origins][:, None], 3, axis=1)
    point = last if copies else observed(split, forecaster.meta) + 0.01 * (forecast.point - last)
    forecaster.of_members = lambda _: [forecast._replace(point=point)]
    report, _, _ = run(tmp_path, forecaster, baselines)
    assert copies == any("follows the series best at lag -1, a row that was shown" in text for text in report.cautions)


@pytest.mark.slow
def test_baselines_without_a_mean_do(tmp_path):
    forecaster, baselines, *_ = asked()
    kept = [name for name in baselines if not name.startswith("historical mean")]
    report, _, files = run(tmp_path, forecaster, baselines[kept])
    assert "r2" not in report.scores
    assert "cumulative_direction.png" in files
    assert "r2" not in pd.read_csv(tmp_path / "pages" / "by_series.csv")
