"""Task forecast: windows are cut as they are described, and what is told comes back in the units of the series."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import torch
from kassandra.params.tasks.forecast import ForecastPrepare, ForecastTrain, SeriesSource
from kassandra.tasks import forecast
from kassandra.tasks.forecast import Task, prepare

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.windows import read_split, truth

SOURCE = SeriesSource(path="load.csv", time="date", target="load", features=["heat"], frequency="h")


def hourly(rows=600, seed=0):
    """Daily waves with noise, and a feature that goes with them."""
    generator = np.random.default_rng(seed)
    hours = np.arange(rows)
    load = 50 + 10 * np.sin(2 * np.pi * hours / 24) + generator.normal(size=rows)
    times = pd.date_range("2016-07-01", periods=rows, freq="h").astype(str)
    return pd.DataFrame({"date": times, "load": load, "heat": load + generator.normal(size=rows)})


def prepared(table, folder, source=SOURCE, **params):
    raw = folder / "raw"
    raw.mkdir(parents=True)
    table.to_csv(raw / "load.csv", index=False)
    chosen = {"window": 24, "horizon": 6, "season": 24, "calendar": ["hour"]} | params
    prepare(raw, folder / "prepared", ForecastPrepare.model_validate(chosen), 0, source)
    return folder / "prepared"


def opened(folder, split="train"):
    meta = read_json(folder / "meta.json")
    task = Task(meta, torch.device("cpu"))
    return task, task.read(folder / f"{split}.npz"), meta


def test_what_is_written(tmp_path):
    folder = prepared(hourly(), tmp_path)
    task, split, meta = opened(folder)
    assert meta["inputs"] == ["load", "heat", "hour_sin", "hour_cos"]
    assert meta["targets"] == ["load"]
    assert meta["spec"]["outputs"] == 6
    assert meta["spec"]["steps"] == 24
    assert meta["examples"] == {"train": 390 - 29, "valid": 90 - 30 - 29, "test": 120 - 30 - 29}
    assert meta["spans"]["train"] == ["2016-07-01", "2016-07-17T05:00:00"]
    assert split.inputs.shape == (390, 4)
    assert np.abs(split.inputs[:, :2].mean(0)).max() < 1e-5
    assert np.abs(split.inputs[:, :2].std(0) - 1).max() < 1e-5
    (batch,) = [batch for _, batch in task.numbered_batches(split)]
    assert batch.inputs.shape == (361, 24, 4)
    assert batch.targets.shape == (361, 6)


def test_no_row_is_in_two_splits_and_the_gap_is_kept(tmp_path):
    folder = prepared(hourly(), tmp_path)
    times = [read_split(folder / f"{name}.npz").times for name in ("train", "valid", "test")]
    for before, after in pairwise(times):
        assert (after[0] - before[-1]) // 3600 == 24 + 6 + 1


@pytest.mark.parametrize("later", ["valid", "test"])
def test_what_is_fitted_is_fitted_on_train(later, tmp_path):
    """Other values in a later split change neither the scales nor the arrays of the earlier ones."""
    table = hourly()
    begin = {"valid": 390 + 30, "test": 480 + 30}[later]
    other = table.copy()
    other.loc[begin:, ["load", "heat"]] *= 3
    one, two = prepared(table, tmp_path / "one"), prepared(other, tmp_path / "two")
    assert (one / "meta.json").read_bytes() == (two / "meta.json").read_bytes()
    assert (one / "train.npz").read_bytes() == (two / "train.npz").read_bytes()
    assert (one / f"{later}.npz").read_bytes() != (two / f"{later}.npz").read_bytes()


@pytest.mark.parametrize("normalise", ["none", "last", "window"])
def test_what_is_told_comes_back_in_the_units_of_the_series(normalise, tmp_path):
    folder = prepared(hourly(), tmp_path, normalise=normalise)
    task, split, meta = opened(folder, "test")
    for rows, batch in task.numbered_batches(split):
        told = task.restore(batch.targets.double().numpy(), split, rows)
        assert np.allclose(told, truth(split, meta)[rows], atol=1e-4)


def test_returns_come_back_too(raw_prices, tmp_path):
    params = ForecastPrepare(predict="return", window=20, horizon=3)
    prepare(raw_prices, tmp_path, params, 0, SeriesSource(dataset="sp500"))
    task, split, meta = opened(tmp_path, "test")
    assert meta["series"] == ["nasdaq", "sp500"]
    for rows, batch in task.numbered_batches(split):
        told = task.restore(batch.targets.double().numpy(), split, rows)
        assert np.allclose(told, truth(split, meta)[rows], atol=1e-6)
    # One step ahead, a return is that of the next row.
    assert np.allclose(truth(split, meta)[:, 0, 0], split.returns[split.origins + 1])
    # The return of several days is the sum of theirs.
    assert np.allclose(truth(split, meta)[:, 2, 0], sum(split.returns[split.origins + day] for day in (1, 2, 3)))


@pytest.mark.parametrize(("normalise", "shift", "factor"), [("last", 7.0, 1.0), ("window", 7.0, 3.0)])
def test_normalised_windows_do_not_know_where_they_are(normalise, shift, factor, tmp_path):
    """The same windows in test at another level (and in another unit) are read, and to be told, as the same."""
    table, moved = hourly(), hourly()
    moved.loc[500:, "load"] = moved.loc[500:, "load"] * factor + shift
    batches = []
    for name, one in (("here", table), ("there", moved)):
        task, split, _ = opened(prepared(one, tmp_path / name, normalise=normalise), "test")
        batches.append(next(batch for _, batch in task.numbered_batches(split)))
    here, there = batches
    tolerance = 1e-5 if normalise == "last" else 0.02  # the share of the series' own deviation does not scale along
    assert torch.allclose(here.inputs[:, :, 0], there.inputs[:, :, 0], atol=tolerance)
    assert torch.allclose(here.targets, there.targets, atol=tolerance)


def test_a_window_shows_nothing_of_what_comes(tmp_path):
    """Values after an origin, in the same split, change nothing that is read before it."""
    table, other = hourly(), hourly()
    other.loc[560:, ["load", "heat"]] += 5
    windows = []
    for name, one in (("one", table), ("other", other)):
        task, split, _ = opened(prepared(one, tmp_path / name), "test")
        before = split.origins < 560 - 510  # test begins with row 510
        windows.append(next(batch.inputs for _, batch in task.numbered_batches(split))[before])
    assert before.sum() > 10
    assert torch.equal(*windows)


@pytest.mark.parametrize("stride", [1, 4])
def test_an_epoch_shows_each_window_once(stride, tmp_path):
    task, split, _ = opened(prepared(hourly(), tmp_path))
    params, generator = ForecastTrain(batch_size=32, stride=stride), torch.Generator().manual_seed(0)
    whole = next(batch.inputs for _, batch in task.numbered_batches(split))
    place = {row.numpy().tobytes(): number for number, row in enumerate(whole)}
    batches = list(task.train_batches(split, params, generator))
    found = sorted(place[row.numpy().tobytes()] for batch in batches for row in batch.inputs)
    assert found == list(range(found[0], len(whole), stride))
    assert len(batches) <= task.steps(split, params)


def test_scores_do_not_depend_on_how_many_are_asked_at_once(tmp_path, monkeypatch):
    task, split, _ = opened(prepared(hourly(), tmp_path))

    class Model(torch.nn.Linear):
        def forward(self, inputs):
            return super().forward(inputs.flatten(1))

        def losses(self, raw, targets):
            return (raw - targets).square()

        def tell(self, raw):
            return type("Told", (), {"point": raw})

    torch.manual_seed(0)
    model = Model(24 * 4, 6)
    with torch.no_grad():
        one = task.scores(model, split)
        monkeypatch.setattr(forecast, "EVALUATION_BATCH", 7)
        assert task.scores(model, split) == pytest.approx(one, rel=1e-5)


def test_ones_own_table_gives_the_window_that_training_would_give(tmp_path):
    table = hourly()
    folder = prepared(table, tmp_path)
    task, split, _ = opened(folder, "test")
    table.iloc[:-6].to_csv(tmp_path / "latest.csv", index=False)
    own = task.own_input(tmp_path / "latest.csv")
    ((_, batch),) = task.numbered_batches(own)
    assert torch.equal(batch.inputs[0], next(batch for _, batch in task.numbered_batches(split)).inputs[-1])


def test_a_table_that_is_too_short(tmp_path):
    table = hourly()
    task, _, _ = opened(prepared(table, tmp_path))
    table.iloc[:23].to_csv(tmp_path / "latest.csv", index=False)
    with pytest.raises(
        KassandraError, match=r"series 'load' ends in 23 rows without a gap; the model reads the last 24"
    ):
        task.own_input(tmp_path / "latest.csv")


PANEL = SeriesSource(path="load.csv", time="date", target="load", series="town", frequency="h")


def test_each_series_of_a_panel_has_its_own_scale(tmp_path):
    small, large = hourly().assign(town="Aa"), hourly(seed=1).assign(town="Bb")
    large["load"] *= 1000
    folder = prepared(pd.concat([small, large]), tmp_path, PANEL)
    task, split, meta = opened(folder)
    assert meta["series"] == ["Aa", "Bb"]
    assert np.bincount(split.series).tolist() == [361, 361]
    for series in (0, 1):
        rows = slice(*split.offsets[series : series + 2])
        assert np.abs(split.inputs[rows, 0].std() - 1) < 1e-5
    for batch in (batch for _, batch in task.numbered_batches(split._replace(origins=split.origins[:361]))):
        assert np.abs(batch.targets.numpy().std(0) - 1).max() < 1e-3
    large.to_csv(tmp_path / "latest.csv", index=False)
    own = task.own_input(tmp_path / "latest.csv")
    assert own.series.tolist() == [1]


def test_a_series_that_train_had_not(tmp_path):
    panel = pd.concat([hourly().assign(town="Aa"), hourly(seed=1).assign(town="Bb")])
    task, _, _ = opened(prepared(panel, tmp_path, PANEL))
    hourly().assign(town="Cc").to_csv(tmp_path / "latest.csv", index=False)
    with pytest.raises(KassandraError, match=r"series name 'Cc'; known series names are \['Aa', 'Bb'\]"):
        task.own_input(tmp_path / "latest.csv")


def test_windows_that_would_see_a_gap_are_left_out(tmp_path):
    table = hourly().drop(index=[100, 101])
    folder = prepared(table, tmp_path, missing="drop")
    split = read_split(folder / "train.npz")
    assert len(split.origins) == 390 - 29 - (24 + 6 + 1)
    assert not read_arrays(folder / "train.npz")["values"][100:102].any()


def test_what_is_interpolated_does_not_know_the_next_split(tmp_path):
    """The last rows of train are missing: to draw a line to the first value after them would be to look ahead."""
    table = hourly()
    table.loc[385:400, "load"] = np.nan
    split = read_split(prepared(table, tmp_path, missing="interpolate") / "train.npz")
    assert split.origins.max() + 6 == 384


def test_a_stride_longer_than_train_shows_one_window(tmp_path):
    task, split, _ = opened(prepared(hourly(), tmp_path))
    for seed in range(5):
        batches = list(task.train_batches(split, ForecastTrain(stride=10_000), torch.Generator().manual_seed(seed)))
        assert [len(batch.targets) for batch in batches] == [1]


def test_too_short_for_its_windows(tmp_path):
    with pytest.raises(KassandraError, match=r"no window of 70 rows and 6 after them lies whole within test"):
        prepared(hourly(), tmp_path, window=70, valid_fraction=0.3, test_fraction=0.25)


def test_the_stage_says_what_it_did(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    hourly().to_csv(raw / "load.csv", index=False)
    said = prepare(raw, tmp_path / "prepared", ForecastPrepare(window=24, horizon=6), 0, SOURCE)
    assert said == (
        "361 train (2016-07-01 to 2016-07-17T05:00:00), 31 valid (2016-07-18T12:00:00 to 2016-07-20T23:00:00), "
        "61 test (2016-07-22T06:00:00 to 2016-07-25T23:00:00) windows of 24 rows, 6 told, 2 inputs, 1 series"
    )


def test_several_targets(tmp_path):
    source = SeriesSource(path="load.csv", time="date", target=["load", "heat"], frequency="h")
    folder = prepared(hourly(), tmp_path, source, normalise="window")
    task, split, meta = opened(folder, "test")
    assert (meta["targets"], meta["spec"]["outputs"], meta["target_inputs"]) == (["load", "heat"], 12, [0, 1])
    ((rows, batch),) = task.numbered_batches(split)
    told = task.restore(batch.targets.double().numpy(), split, rows)
    assert told.shape == (61, 6, 2)
    assert np.allclose(told, truth(split, meta), atol=1e-4)


def test_prices_have_no_value_and_ones_own_table_names_its_columns(tmp_path):
    with pytest.raises(
        KassandraError, match=r"data set 'sp500' holds prices, whose 'return' and 'volatility' are told"
    ):
        prepare(tmp_path, tmp_path, ForecastPrepare(), 0, SeriesSource(dataset="sp500"))
