"""Series become rows of three parts of time: nothing fitted on later parts, gaps kept, no window over an edge."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.windows import read_split

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
    def prepared(table, folder, **params):
        raw = folder / "raw"
        raw.mkdir(parents=True)
        table.to_csv(raw / "load.csv", index=False)
        chosen = {"window": 24, "horizon": 6, "season": 24, "calendar": ["hour"]} | params
        prepare("series", "forecast", raw, folder / "prepared", source=SOURCE, **chosen)
        return folder / "prepared"

    return prepared


def test_what_is_written(prepared, tmp_path):
    folder = prepared(hourly(), tmp_path)
    split, meta = read_split(folder / "train.npz"), read_json(folder / "meta.json")
    assert meta["inputs"] == ["load", "heat", "hour_sin", "hour_cos"]
    assert meta["targets"] == ["load"]
    assert meta["spec"]["outputs"] == 6
    assert meta["spec"]["steps"] == 24
    assert meta["examples"] == {"train": 390 - 29, "valid": 90 - 30 - 29, "test": 120 - 30 - 29}
    assert meta["spans"]["train"] == ["2016-07-01", "2016-07-17T05:00:00"]
    assert split.inputs.shape == (390, 4)
    assert np.abs(split.inputs[:, :2].mean(0)).max() < 1e-5
    assert np.abs(split.inputs[:, :2].std(0) - 1).max() < 1e-5


def test_no_row_is_in_two_splits_and_the_gap_is_kept(prepared, tmp_path):
    folder = prepared(hourly(), tmp_path)
    times = [read_split(folder / f"{name}.npz").times for name in ("train", "valid", "test")]
    for before, after in pairwise(times):
        assert (after[0] - before[-1]) // 3600 == 24 + 6 + 1


@pytest.mark.parametrize("later", ["valid", "test"])
def test_what_is_fitted_is_fitted_on_train(later, prepared, tmp_path):
    """Other values in a later split change neither the scales nor the arrays of the earlier ones."""
    table = hourly()
    begin = {"valid": 390 + 30, "test": 480 + 30}[later]
    other = table.copy()
    other.loc[begin:, ["load", "heat"]] *= 3
    one, two = prepared(table, tmp_path / "one"), prepared(other, tmp_path / "two")
    assert (one / "meta.json").read_bytes() == (two / "meta.json").read_bytes()
    assert (one / "train.npz").read_bytes() == (two / "train.npz").read_bytes()
    assert (one / f"{later}.npz").read_bytes() != (two / f"{later}.npz").read_bytes()


def test_windows_that_would_see_a_gap_are_left_out(prepared, tmp_path):
    table = hourly().drop(index=[100, 101])
    folder = prepared(table, tmp_path, missing="drop")
    split = read_split(folder / "train.npz")
    assert len(split.origins) == 390 - 29 - (24 + 6 + 1)
    assert not read_arrays(folder / "train.npz")["values"][100:102].any()


def test_what_is_interpolated_does_not_know_the_next_split(prepared, tmp_path):
    """The last rows of train are missing: to draw a line to the first value after them would be to look ahead."""
    table = hourly()
    table.loc[385:400, "load"] = np.nan
    split = read_split(prepared(table, tmp_path, missing="interpolate") / "train.npz")
    assert split.origins.max() + 6 == 384


def test_too_short_for_its_windows(prepared, tmp_path):
    with pytest.raises(KassandraError, match=r"no window of 70 rows and 6 after them lies whole within test"):
        prepared(hourly(), tmp_path, window=70, valid_fraction=0.3, test_fraction=0.25)


def test_what_is_printed(prepare, tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    hourly().to_csv(raw / "load.csv", index=False)
    printed = prepare("series", "forecast", raw, tmp_path / "prepared", source=SOURCE, window=24, horizon=6)
    assert printed == (
        "361 train (2016-07-01 to 2016-07-17T05:00:00), 31 valid (2016-07-18T12:00:00 to 2016-07-20T23:00:00), "
        "61 test (2016-07-22T06:00:00 to 2016-07-25T23:00:00) windows of 24 rows, 6 forecast, 2 inputs, 1 series"
    )


def test_prices_have_no_value_and_ones_own_table_names_its_columns(prepare, tmp_path):
    with pytest.raises(KassandraError, match=r"data set 'sp500' holds prices, of which 'return' and 'volatility' are"):
        prepare("series", "forecast", tmp_path, tmp_path, source={"dataset": "sp500"})


def test_windows_may_reach_back_over_the_horizon_alone(prepared, tmp_path):
    """As ETTh1 is split in the literature: months as plain dates, targets in one split alone, no row lost."""
    table = hourly(24 * 100)
    dates = {"train_until": "2016-08-30", "valid_until": "2016-09-19"}
    folder = prepared(table, tmp_path, window=48, horizon=12, gap="horizon", **dates)
    meta, splits = read_json(folder / "meta.json"), {}
    for name, days in (("train", 60), ("valid", 20), ("test", 20)):
        split = splits[name] = read_split(folder / f"{name}.npz")
        rows = 24 * days
        reach = 0 if name == "train" else 48
        assert meta["examples"][name] == rows - 11 - (48 if name == "train" else 0)
        assert len(split.times) == rows + reach
        targets = split.times[split.origins[:, None] + np.arange(1, 13)]
        until = [meta["spans"][name][0], meta["spans"][name][1]]
        assert (targets >= np.datetime64(until[0], "s").astype(int)).all()
        assert targets.max() == np.datetime64(until[1], "s").astype(int)
    before, after = splits["train"], splits["valid"]
    assert after.times[48] - before.times[-1] == 3600
    assert meta["spans"]["valid"] == ["2016-08-30", "2016-09-18T23:00:00"]


def test_what_fits_is_said(prepared, tmp_path):
    largest = "the largest window that fits is 5 with `prepare.gap: window` or 24 with `prepare.gap: horizon`"
    with pytest.raises(KassandraError, match=f"The rows are 93 train, 22 valid, 29 test; {largest}$"):
        prepared(hourly(144), tmp_path)
    for gap, size in (("window", 5), ("horizon", 24)):
        prepared(hourly(144), tmp_path / gap, window=size, gap=gap)
    with pytest.raises(KassandraError):
        prepared(hourly(144), tmp_path / "larger", window=6)
    with pytest.raises(KassandraError, match=r"no window fits this horizon$"):
        prepared(hourly(20), tmp_path / "small")


def test_bad_rows_stand_in_the_meta(prepare, tmp_path):
    (tmp_path / "raw").mkdir()
    table = hourly(900).astype(object)
    table.loc[500, "load"] = "broken"
    table.loc[501, "heat"] = "broken"
    table.to_csv(tmp_path / "raw" / "load.csv", index=False)
    source = SOURCE | {"frequency": None}
    prepare("series", "forecast", tmp_path / "raw", tmp_path / "prepared", source=source, window=24, horizon=6)
    assert read_json(tmp_path / "prepared" / "meta.json")["left_out"] == {
        "no number in column 'load'": {"rows": 1, "first_lines": [502], "by_label": {}},
        "no number in column 'heat'": {"rows": 1, "first_lines": [503], "by_label": {}},
    }


def test_nothing_is_learned_of_held_out_series(prepare, tmp_path):
    """They are test alone; their scales are of their own past, which stands beside what is learned."""
    raw = tmp_path / "raw"
    raw.mkdir()
    tables = [hourly(seed=seed).assign(unit=f"u{seed}") for seed in range(3)]
    pd.concat(tables).to_csv(raw / "load.csv", index=False)
    how = {"window": 24, "horizon": 6, "season": 24}
    source = SOURCE | {"series": "unit"}
    message = prepare("series", "forecast", raw, tmp_path / "held", source=source, held_out=["u1"], **how)
    assert "test is of u1 alone" in message
    prepare("series", "forecast", raw, tmp_path / "all", source=source, **how)
    held, everything = (
        {name: read_split(tmp_path / folder / f"{name}.npz") for name in ("train", "valid", "test")}
        for folder in ("held", "all")
    )
    assert set(held["test"].series) == {1}
    for name in ("train", "valid"):
        assert set(held[name].series) == {0, 2}
        assert (held[name].whole.origins == everything[name].origins).all()
    one, other = (read_json(tmp_path / folder / "meta.json") for folder in ("held", "all"))
    assert all(one[key] == other[key] for key in ("target_mean", "target_std", "input_mean", "mase_scale"))
    for names, says in ((["u9"], "unknown series 'u9'"), (["u0", "u1", "u2"], "leave one to learn from")):
        with pytest.raises(KassandraError, match=says):
            prepare("series", "forecast", raw, tmp_path / "no", source=source, held_out=names, **how)


@pytest.mark.slow
def test_baselines_of_held_out_series_know_their_own_past_alone(prepare, tmp_path):
    from kassandra.targets.forecast.baseline.stage import predictions

    raw = tmp_path / "raw"
    raw.mkdir()
    tables = [hourly(rows=400, seed=seed).assign(unit=f"u{seed}") for seed in range(3)]
    for number, scale in enumerate((1, 1, 5)):
        tables[number]["load"] *= scale
    results = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        pd.concat(tables).to_csv(tmp_path / folder / "load.csv", index=False)
        prepare("series", "forecast", tmp_path / folder, tmp_path / f"out {folder}", source=SOURCE | {"series": "unit"},
                held_out=["u1"], window=12, horizon=3, season=24)  # fmt: skip
        results.append(predictions(None, tmp_path / f"out {folder}", 0))
        tables[1].loc[:200, "load"] += 30  # of its past: what is learned of the others stays, its own mean does not
    assert len(results[0]) == len(results[1]) > 0
    assert (results[0]["historical mean"] != results[1]["historical mean"]).all()
    assert np.allclose(results[0]["last value"], results[1]["last value"], rtol=1e-9)
