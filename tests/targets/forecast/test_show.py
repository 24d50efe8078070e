"""`kassandra predict` of series: the next rows with intervals, as a table, CSV or JSON."""

import csv
import gzip
import io
import json

import numpy as np
import pytest

from kassandra.contracts.spec import LEVELS
from kassandra.inference import load
from kassandra.targets.forecast.show import probability_above_zero

pytestmark = pytest.mark.slow


@pytest.fixture
def latest(raw_prices, tmp_path):
    """The first 300 days of the S&P 500, under another name."""
    path = tmp_path / "latest.csv"
    with gzip.open(raw_prices / "sp500.csv.gz", "rt") as file:
        path.write_text("".join(line for _, line in zip(range(301), file, strict=False)))
    return path


def test_into_a_file_it_is_csv(kassandra, trained_forecaster, latest):
    rows = list(csv.DictReader(io.StringIO(kassandra("predict", trained_forecaster, latest, "--series", "sp500").out)))
    assert [row["step"] for row in rows] == ["1", "2", "3"]
    assert {row["series"] for row in rows} == {"sp500"}
    assert {row["after"] for row in rows} == {"2000-03-10"}  # the last of these days
    for row in rows:
        ends = [float(row[name]) for name in ("90% from", "50% from", "median", "50% to", "90% to")]
        assert ends == sorted(ends)
        assert 0 < float(row["up"]) < 1
        assert float(row["close_90% from"]) < float(row["close_point"]) < float(row["close_90% to"])


def test_json_says_the_same(kassandra, trained_forecaster, latest):
    lines = kassandra("predict", trained_forecaster, latest, "--series", "sp500", "--json").out.splitlines()
    rows = [json.loads(line) for line in lines]
    forecast = load(trained_forecaster).predict(latest, "sp500")
    assert [row["point"] for row in rows] == forecast.point[0, :, 0].tolist()
    assert [row["90% to"] for row in rows] == forecast.quantiles[LEVELS.index(0.95), 0, :, 0].tolist()
    last = float(latest.read_text().splitlines()[-1].split(",")[4])  # its close
    assert rows[0]["close_point"] == pytest.approx(last * np.exp(rows[0]["point"]))


def test_the_last_rows_decide(trained_forecaster, latest):
    """Rows before the window change nothing; the last one does."""
    model = load(trained_forecaster)
    before = model.predict(latest, "sp500").point
    lines = latest.read_text().splitlines()
    latest.write_text("\n".join([lines[0], *lines[100:]]) + "\n")
    assert np.allclose(model.predict(latest, "sp500").point, before, atol=1e-9)
    latest.write_text("\n".join(lines[:-1]) + "\n")
    assert not np.allclose(model.predict(latest, "sp500").point, before, atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "Error: predict: give one table with the columns that the model was trained on"),
        (("a.csv", "b.csv"), "Error: predict: give one table with the columns that the model was trained on"),
        (("none.csv",), "none.csv: no such file"),
        (
            ("latest.csv",),
            "unknown series name 'latest'; known series names are 'nasdaq', 'sp500'; --series says which",
        ),
        (("latest.csv", "--series", "dax"), "unknown series name 'dax'; known series names are 'nasdaq', 'sp500'"),
        (("short.csv", "--series", "sp500"), "rows without a gap; the model reads the last 20"),
    ],
)
def test_mistakes(kassandra, trained_forecaster, latest, monkeypatch, arguments, text):
    monkeypatch.chdir(latest.parent)
    (latest.parent / "short.csv").write_text("\n".join(latest.read_text().splitlines()[:30]) + "\n")
    done = kassandra("predict", trained_forecaster, *arguments)
    assert done.status == 1
    assert text in done.err


def test_probability_above_zero():
    assert probability_above_zero(np.array(LEVELS) - 0.3) == pytest.approx(0.7)
    assert probability_above_zero(np.array(LEVELS) + 1) == pytest.approx(0.95)  # the levels end there
    assert probability_above_zero(np.array(LEVELS) - 2) == pytest.approx(0.05)
