"""Somebody's table for a model of several series: each that is there once, and only under its own name."""

import numpy as np
import pandas as pd
import pytest

from kassandra.contracts.artifacts import read_json
from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.show.own_table import last_windows

pytestmark = pytest.mark.slow

NAMES = ["Aa", "Bb", "Cc"]


def panel(names, rows=90):
    parts = []
    for name in names:
        values = np.random.default_rng(NAMES.index(name)).normal(size=rows).round(3) + 10 * NAMES.index(name)
        parts.append(pd.DataFrame({"date": pd.date_range("2020-01-01", periods=rows), "y": values, "town": name}))
    return pd.concat(parts)


@pytest.fixture(scope="module")
def meta(prepare, tmp_path_factory):
    folder = tmp_path_factory.mktemp("panel")
    (folder / "raw").mkdir()
    panel(NAMES).to_csv(folder / "raw" / "y.csv", index=False)
    source = {"path": "y.csv", "time": "date", "target": "y", "series": "town", "frequency": "d"}
    prepare("series", "forecast", folder / "raw", folder, source=source, window=4, horizon=2, missing="drop")
    return read_json(folder / "meta.json")


@pytest.fixture
def table(tmp_path):
    def table(rows):
        rows.to_csv(tmp_path / "latest.csv", index=False)
        return tmp_path / "latest.csv"

    return table


@pytest.mark.parametrize("names", [["Aa"], ["Bb"], ["Cc"], ["Aa", "Cc"], ["Bb", "Cc"], NAMES])
def test_each_series_that_is_there_once(meta, table, names):
    split = last_windows(table(panel(names)), meta)
    assert [NAMES[number] for number in split.series] == names
    assert np.array_equal(split.values[split.origins, 0], panel(names).groupby("town")["y"].last())


def test_one_of_several(meta, table):
    split = last_windows(table(panel(NAMES)), meta, "Bb")
    assert split.series.tolist() == [1]


def test_a_name_in_the_table_is_believed(meta, table):
    with pytest.raises(KassandraError, match=r"--series: .*unknown series name 'Aa'; known series names are \['Cc'\]"):
        last_windows(table(panel(["Cc"])), meta, "Aa")


def test_a_value_that_did_not_change_lately(meta, table):
    split = last_windows(table(panel(["Aa"], 6).assign(y=7)), meta)
    assert split.origins.tolist() == [5]


def test_a_gap_at_the_end(meta, table):
    rows = panel(["Aa"], 20)
    rows.loc[18, "y"] = np.nan
    with pytest.raises(KassandraError, match=r"series 'Aa' ends in 1 rows without a gap; the model reads the last 4"):
        last_windows(table(rows), meta)


def test_numbers_out_of_all_proportion(meta, table):
    with pytest.raises(KassandraError, match=r"far too large for what the model was trained on"):
        last_windows(table(panel(["Aa"]).assign(y=lambda rows: rows["y"] * 1e60)), meta)


def test_what_was_repaired_is_reported(meta, table, capsys):
    last_windows(table(panel(["Aa"]).iloc[::-1]), meta)
    assert "sorted" in capsys.readouterr().err
