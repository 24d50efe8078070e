"""What is made up is never a target, and what knows the future is never read."""

import numpy as np
import pandas as pd
import pytest

from kassandra.contracts.windows import mean_and_std
from kassandra.inputs.series.prepare.table import fit, read
from kassandra.params.inputs.series import TablePrepare, TableSource
from kassandra.targets.forecast.prepare.stage import naive_errors

SOURCE = TableSource(path="y.csv", time="date", target="y", features=["x"], frequency="d")


@pytest.fixture
def columns(tmp_path):
    """The series of a table with these values, one a day, NaN where a cell is empty."""

    def columns(values, **params):
        dates = pd.date_range("2020-01-01", periods=len(values), freq="D").strftime("%Y-%m-%d")
        pd.DataFrame({"date": dates, "y": values, "x": 1.0}).to_csv(tmp_path / "y.csv", index=False)
        (one,) = read(tmp_path, SOURCE, TablePrepare(**params)).series
        return one

    return columns


WITH_A_GAP = [1.0, 2.0, 4.0, np.nan, np.nan, 7.0, 9.0, 8.0]


def test_what_is_interpolated_is_no_target_and_does_not_show_the_next(columns):
    """Rows 3 and 4 are on the line from 4 to 7, so they are no targets, and after row 4 the 7 is none."""
    assert columns(WITH_A_GAP, missing="interpolate").origins(2, 1).tolist() == [1, 5, 6]


def test_a_value_that_is_repeated_may_be_read_and_is_no_target(columns):
    assert columns(WITH_A_GAP, missing="forward").origins(2, 1).tolist() == [1, 4, 5, 6]


def test_no_window_sees_a_row_that_is_left_out(columns):
    assert columns(WITH_A_GAP, missing="drop").origins(2, 1).tolist() == [1, 6]


@pytest.mark.parametrize("missing", ["drop", "forward", "interpolate"])
def test_the_scale_of_mase_is_of_what_was_measured(columns, missing):
    (scale,) = naive_errors([columns(WITH_A_GAP, missing=missing)], None)
    assert scale == [pytest.approx(np.mean([1, 2, 2, 1]))]


def test_a_season_longer_than_train_is_as_none(columns):
    one = columns([1.0, 2.0, 4.0])
    assert naive_errors([one], 3) == naive_errors([one], None) == [[1.5]]


@pytest.mark.parametrize("size", [3, 49, 302])
def test_what_never_changes_has_no_deviation(size):
    assert mean_and_std([0.1] * size) == (0.1, 0.0)


def test_a_feature_that_never_changes_in_train_is_only_shifted(columns):
    assert fit(columns([1.0, 2.0, 4.0])).std[1] == 1.0
