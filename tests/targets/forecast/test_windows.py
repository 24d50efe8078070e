"""Windows of series are cut as they are described, and forecasts come back in the units of the series."""

import numpy as np
import pandas as pd
import pytest
import torch

from kassandra.contracts.artifacts import read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.contracts.windows import observed
from kassandra.inputs.series.train import table as reading
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.params.targets.forecast import Model
from kassandra.targets.forecast.train.target import build
from kassandra.training.pair import Pair, Split

Train = pipeline_of("series", "forecast").model_fields["train"].annotation
SOURCE = {"path": "load.csv", "time": "date", "target": "load", "features": ["heat"], "frequency": "h"}


def hourly(rows=600, seed=0):
    """Daily waves with noise, and a feature that goes with them."""
    generator = np.random.default_rng(seed)
    hours = np.arange(rows)
    load = 50 + 10 * np.sin(2 * np.pi * hours / 24) + generator.normal(size=rows)
    times = pd.date_range("2016-07-01", periods=rows, freq="h").astype(str)
    return pd.DataFrame({"date": times, "load": load, "heat": load + generator.normal(size=rows)})


@pytest.fixture
def prepared(prepare):
    """Writes a table as raw data, and prepares it; returns the folder."""

    def prepared(table, folder, source=SOURCE, **params):
        raw = folder / "raw"
        raw.mkdir(parents=True)
        table.to_csv(raw / "load.csv", index=False)
        chosen = {"window": 24, "horizon": 6, "season": 24, "calendar": ["hour"]} | params
        prepare("series", "forecast", raw, folder / "prepared", source=source, **chosen)
        return folder / "prepared"

    return prepared


def opened(folder, split="train"):
    meta = read_json(folder / "meta.json")
    pair = Pair.of("series", "forecast", meta, torch.device("cpu"))
    return pair, pair.read(folder / f"{split}.npz"), meta


def test_what_is_written(prepared, tmp_path):
    folder = prepared(hourly(), tmp_path)
    pair, split, meta = opened(folder)
    assert meta["inputs"] == ["load", "heat", "hour_sin", "hour_cos"]
    assert meta["targets"] == ["load"]
    assert meta["spec"]["outputs"] == 6
    assert meta["spec"]["steps"] == 24
    assert meta["examples"] == {"train": 390 - 29, "valid": 90 - 30 - 29, "test": 120 - 30 - 29}
    assert meta["spans"]["train"] == ["2016-07-01", "2016-07-17T05:00:00"]
    assert split.inputs.inputs.shape == (390, 4)
    assert np.abs(split.inputs.inputs[:, :2].mean(0)).max() < 1e-5
    assert np.abs(split.inputs.inputs[:, :2].std(0) - 1).max() < 1e-5
    (batch,) = [batch for _, batch in pair.numbered_batches(split)]
    assert batch.inputs.shape == (361, 24, 4)
    assert batch.targets.shape == (361, 6)


@pytest.mark.parametrize("normalise", ["none", "last", "window"])
def test_forecasts_come_back_in_the_units_of_the_series(normalise, prepared, tmp_path):
    folder = prepared(hourly(), tmp_path, normalise=normalise)
    pair, split, meta = opened(folder, "test")
    for rows, batch in pair.numbered_batches(split):
        forecast = pair.target.restored(batch.targets, batch)
        assert np.allclose(forecast, observed(split.targets, meta)[rows], atol=1e-4)


def test_returns_come_back_too(prepared_prices):
    pair, split, meta = opened(prepared_prices, "test")
    assert meta["series"] == ["nasdaq", "sp500"]
    for rows, batch in pair.numbered_batches(split):
        forecast = pair.target.restored(batch.targets, batch)
        assert np.allclose(forecast, observed(split.targets, meta)[rows], atol=1e-6)
    # One step ahead, a return is that of the next row.
    assert np.allclose(observed(split.targets, meta)[:, 0, 0], split.targets.returns[split.targets.origins + 1])
    # The return of several days is the sum of theirs.
    days = [split.targets.returns[split.targets.origins + day] for day in (1, 2, 3)]
    assert np.allclose(observed(split.targets, meta)[:, 2, 0], sum(days))


@pytest.mark.parametrize(("normalise", "shift", "factor"), [("last", 7.0, 1.0), ("window", 7.0, 3.0)])
def test_normalised_windows_do_not_know_where_they_are(normalise, shift, factor, prepared, tmp_path):
    """The same windows in test at another level (and in another unit) are read, and to be forecast, as the same."""
    table, moved = hourly(), hourly()
    moved.loc[500:, "load"] = moved.loc[500:, "load"] * factor + shift
    batches = []
    for name, one in (("here", table), ("there", moved)):
        pair, split, _ = opened(prepared(one, tmp_path / name, normalise=normalise), "test")
        batches.append(next(batch for _, batch in pair.numbered_batches(split)))
    here, there = batches
    tolerance = 1e-5 if normalise == "last" else 0.02  # the share of the series' own deviation does not scale along
    assert torch.allclose(here.inputs[:, :, 0], there.inputs[:, :, 0], atol=tolerance)
    assert torch.allclose(here.targets, there.targets, atol=tolerance)


def test_a_window_shows_nothing_of_what_comes(prepared, tmp_path):
    """Values after an origin, in the same split, change nothing that is read before it."""
    table, other = hourly(), hourly()
    other.loc[560:, ["load", "heat"]] += 5
    windows = []
    for name, one in (("one", table), ("other", other)):
        pair, split, _ = opened(prepared(one, tmp_path / name), "test")
        before = split.targets.origins < 560 - 510  # test begins with row 510
        windows.append(next(batch.inputs for _, batch in pair.numbered_batches(split))[before])
    assert before.sum() > 10
    assert torch.equal(*windows)


@pytest.mark.parametrize("stride", [1, 4])
def test_an_epoch_shows_each_window_once(stride, prepared, tmp_path):
    pair, split, _ = opened(prepared(hourly(), tmp_path))
    params, generator = Train(batch_size=32, stride=stride), torch.Generator().manual_seed(0)
    whole = next(batch.inputs for _, batch in pair.numbered_batches(split))
    place = {row.numpy().tobytes(): number for number, row in enumerate(whole)}
    batches = list(pair.train_batches(split, params, generator))
    got = sorted(place[row.numpy().tobytes()] for batch in batches for row in batch.inputs)
    assert got == list(range(got[0], len(whole), stride))
    assert len(batches) <= pair.steps(split, params)


def test_scores_do_not_depend_on_how_many_are_asked_at_once(prepared, tmp_path, monkeypatch):
    pair, split, _ = opened(prepared(hourly(), tmp_path))

    class Model(torch.nn.Linear):
        def forward(self, inputs):
            return super().forward(inputs.flatten(1))

        def losses(self, raw, targets, unit):
            return (raw - targets).square()

        def forecast(self, raw):
            return type("Forecast", (), {"point": raw})

    torch.manual_seed(0)
    model = Model(24 * 4, 6)
    with torch.no_grad():
        one = pair.scores(model, split)
        monkeypatch.setattr(reading, "EVALUATION_BATCH", 7)
        assert pair.scores(model, split) == pytest.approx(one, rel=1e-5)


def test_ones_own_table_gives_the_window_that_training_would_give(prepared, tmp_path):
    table = hourly()
    folder = prepared(table, tmp_path)
    pair, split, _ = opened(folder, "test")
    table.iloc[:-6].to_csv(tmp_path / "latest.csv", index=False)
    own = pair.own(tmp_path / "latest.csv")
    ((_, batch),) = pair.numbered_batches(own)
    assert torch.equal(batch.inputs[0], next(batch for _, batch in pair.numbered_batches(split)).inputs[-1])


def test_a_table_that_is_too_short(prepared, tmp_path):
    table = hourly()
    pair, _, _ = opened(prepared(table, tmp_path))
    table.iloc[:23].to_csv(tmp_path / "latest.csv", index=False)
    with pytest.raises(
        KassandraError, match=r"series 'load' ends in 23 rows without a gap; the model reads the last 24"
    ):
        pair.own(tmp_path / "latest.csv")


PANEL = {"path": "load.csv", "time": "date", "target": "load", "series": "town", "frequency": "h"}


def test_each_series_of_a_panel_has_its_own_scale(prepared, tmp_path):
    small, large = hourly().assign(town="Aa"), hourly(seed=1).assign(town="Bb")
    large["load"] *= 1000
    folder = prepared(pd.concat([small, large]), tmp_path, PANEL)
    pair, split, meta = opened(folder)
    assert meta["series"] == ["Aa", "Bb"]
    assert np.bincount(split.targets.series).tolist() == [361, 361]
    for series in (0, 1):
        rows = slice(*split.targets.offsets[series : series + 2])
        assert np.abs(split.inputs.inputs[rows, 0].std() - 1) < 1e-5
    some = Split(*(part._replace(origins=part.origins[:361]) for part in split))
    for batch in (batch for _, batch in pair.numbered_batches(some)):
        assert np.abs(batch.targets.numpy().std(0) - 1).max() < 1e-3
    large.to_csv(tmp_path / "latest.csv", index=False)
    own = pair.own(tmp_path / "latest.csv")
    assert own.targets.series.tolist() == [1]


def test_a_series_that_train_had_not(prepared, tmp_path):
    panel = pd.concat([hourly().assign(town="Aa"), hourly(seed=1).assign(town="Bb")])
    pair, _, _ = opened(prepared(panel, tmp_path, PANEL))
    hourly().assign(town="Cc").to_csv(tmp_path / "latest.csv", index=False)
    with pytest.raises(KassandraError, match=r"series name 'Cc'; known series names are \['Aa', 'Bb'\]"):
        pair.own(tmp_path / "latest.csv")


def test_a_stride_longer_than_train_shows_one_window(prepared, tmp_path):
    pair, split, _ = opened(prepared(hourly(), tmp_path))
    for seed in range(5):
        batches = list(pair.train_batches(split, Train(stride=10_000), torch.Generator().manual_seed(seed)))
        assert [len(batch.targets) for batch in batches] == [1]


def test_several_targets(prepared, tmp_path):
    source = {"path": "load.csv", "time": "date", "target": ["load", "heat"], "frequency": "h"}
    folder = prepared(hourly(), tmp_path, source, normalise="window")
    pair, split, meta = opened(folder, "test")
    assert (meta["targets"], meta["spec"]["outputs"], meta["target_inputs"]) == (["load", "heat"], 12, [0, 1])
    ((_, batch),) = pair.numbered_batches(split)
    forecast = pair.target.restored(batch.targets, batch)
    assert forecast.shape == (61, 6, 2)
    assert np.allclose(forecast, observed(split.targets, meta), atol=1e-4)


@pytest.mark.parametrize("head", ["point", "gaussian", "student", "quantiles"])
def test_the_loss_is_that_of_values_in_units_of_the_deviation_of_the_series(prepared, tmp_path, head):
    """Whatever the window's own deviation is: PITFALLS 27."""
    pair, split, meta = opened(prepared(hourly(), tmp_path, normalise="window"))
    model = build(ModelSpec(**meta["spec"]), Model(variant="vanilla", hidden_size=5, head=head)).eval()
    _, batch = next(pair.numbered_batches(split))
    raw, std = model(batch.inputs).detach(), meta["value_std"][0][0]
    losses = model.losses(raw, batch.targets, batch.unit).mean(1)
    if head == "point":
        forecasts = torch.from_numpy(pair.target.restored(model.forecast(raw).point, batch)).squeeze(2)
        expected = ((forecasts - torch.from_numpy(observed(split.targets, meta)[:, :, 0])) / std).square().mean(1)
        torch.testing.assert_close(losses.double(), expected, rtol=1e-3, atol=1e-5)
    plain = model.losses(raw, batch.targets)
    unit = {"point": lambda unit: plain * unit**2, "quantiles": lambda unit: plain * unit}
    expected = unit.get(head, lambda unit: plain + unit.log())(batch.scale.float() / std)
    torch.testing.assert_close(losses, expected.mean(1))


@pytest.mark.parametrize("normalise", ["none", "last"])
def test_what_is_not_divided_by_its_window_has_no_unit_of_its_own(prepared, tmp_path, normalise):
    pair, split, _ = opened(prepared(hourly(), tmp_path, normalise=normalise))
    assert all(batch.unit is None for _, batch in pair.numbered_batches(split))


def test_one_stuck_window_does_not_dominate_the_loss(prepared, tmp_path):
    """PITFALLS 27: a sensor that is stuck for a while, and then jumps, was nearly all of the squared targets."""
    table = hourly()
    table.loc[200:230, "load"] = 50.0
    pair, split, _ = opened(prepared(table, tmp_path, normalise="window"))
    _, batch = next(pair.numbered_batches(split))
    squares = batch.targets.square().mean(1)  # (windows,)
    assert squares.max() > 0.3 * squares.sum()
    in_unit = (batch.targets * batch.unit).square().mean(1)
    assert in_unit.max() < 0.03 * in_unit.sum()
