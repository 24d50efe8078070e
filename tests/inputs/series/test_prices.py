"""Daily prices are read as they stand, and what is made of them knows no later day and no currency."""

import gzip
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare.clock import DAY
from kassandra.inputs.series.prepare.policies import Series
from kassandra.inputs.series.prepare.prices import SMALLEST, WARM_UP, features, garman_klass, prices
from kassandra.params.inputs.series import TableSource

# As the catalogue has them.
TABLE = """Date,Open,High,Low,Close,Adj Close,Volume
12/30/1998,1228.099976,1246.109985,1228.099976,1244.780029,1244.780029,775000000
1/4/1999,1229.22998,1248.810059,1219.099976,1228.099976,1228.099976,877000000
1/5/1999,1244.780029,1272.5,1244.780029,1272.339966,1272.339966,986900000
"""


DAYS = (np.datetime64("2020-01-01") + np.arange(200)).astype(str).tolist()


def made(seed, days, volume=True):
    """Days whose prices wander, among them such that did not move and such without trade."""
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.02, days)))
    opening = close * np.exp(random.normal(0, 0.01, days))
    spread = np.exp(np.abs(random.normal(0, 0.01, (2, days))))
    opening[::7] = close[::7]
    spread[:, ::7] = 1
    high, low = np.maximum(opening, close) * spread[0], np.minimum(opening, close) / spread[1]
    columns = {"open": opening, "high": high, "low": low, "close": close}
    if volume:
        columns["volume"] = random.integers(0, 4, days) * 1e6
    return Series("a", DAY * np.arange(days), columns, np.ones(days, bool), np.zeros(days, bool))


def cut(series, rows):
    columns = {name: column[rows] for name, column in series.columns.items()}
    return series._replace(times=series.times[rows], columns=columns, usable=series.usable[rows])


SERIES = st.builds(made, st.integers(0, 99), st.integers(1, 80), st.booleans())


@pytest.fixture
def read(tmp_path):
    def run(data, name="own.csv", **keys):
        (tmp_path / name).write_bytes(gzip.compress(data.encode()) if name.endswith(".gz") else data.encode())
        return prices(tmp_path / name, **keys).series

    return run


def test_prices_of_the_catalogue(read):
    series = read(TABLE, "sp500.csv.gz")
    assert series.name == "sp500"
    assert series.times.tolist() == [10_590 * DAY, 10_595 * DAY, 10_596 * DAY]
    assert {name: column.tolist() for name, column in series.columns.items()} == {
        "open": [1228.099976, 1229.22998, 1244.780029],
        "high": [1246.109985, 1248.810059, 1272.5],
        "low": [1228.099976, 1219.099976, 1244.780029],
        "close": [1244.780029, 1228.099976, 1272.339966],
        "volume": [775000000, 877000000, 986900000],
    }
    assert series.usable.all()
    assert not series.filled.any()


def test_prices_of_ones_own(read):
    """ISO dates, with or without a time of the day, columns in any order and case, and no volume."""
    series = read("CLOSE;low;high;Open;date;note\n2;1;3;1.5;2024-01-31 16:00;x\n4;3;5;3.5;2024-02-01;n/a\n")
    assert list(series.columns) == ["open", "high", "low", "close"]
    assert series.columns["close"].tolist() == [2, 4]
    np.testing.assert_array_equal(series.times, (np.array(["2024-01-31", "2024-02-01"], "M8[s]")).astype(int))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("1/5/1999", "1/4/1999", "the same day as another row in line 4; keep one of each, or say which in"),
        ("1/5/1999", "13/5/1999", "some must begin with the day and others with the month: '12/30/1998' .line 2.,"),
        ("12/30/1998", "12/3/1998", "day 12 of month 3 by `source.time_format: '%d/%m/%Y'`, and day 3 of month 12 by"),
        ("1/5/1999", "1999-01-05", r"'1999-01-05' \(line 4\)"),
        ("1/5/1999", "", "column 'Date' is empty in line 4"),
        ("1219.099976", "0", "column 'Low' is not above 0 in line 3; a price is"),
        ("1219.099976", "1228.2", "the lowest price is above another in line 3; are the columns the right way round"),
        ("1248.810059", "1229.2", "the highest price is below another in line 3"),
        ("1272.5", "1200", "the lowest price is above another in line 4"),
        ("986900000", "-1", "column 'Volume' is below 0 in line 4; 0 is a day without trade"),
        ("986900000", "", "column 'Volume' is empty in line 4; .* or say `prepare.missing: drop"),
        ("1272.339966,1272.339966", "n/a,n/a", r"column 'Close' holds what is no finite number: 'n/a' \(line 4\)"),
        ("Low", "Lowest", "own.csv: no column 'low'; prices have Date, Open, High, Low, Close and perhaps Volume; "),
        ("Adj Close", "close", r"own.csv: columns \['Close', 'close'\] are named alike; keep one of them"),
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_price(read, old, new, says):
    assert TABLE.count(old) == 1
    with pytest.raises(KassandraError, match=says):
        read(TABLE.replace(old, new))


def test_rows_in_another_order_twice_or_without_prices(tmp_path):
    head, *rows = TABLE.splitlines()
    twice = rows[1].replace("1228.099976,1228.099976", "1230,1230")
    empty = "1/6/1999,null,null,null,null,null,null"
    (tmp_path / "own.csv").write_text("\n".join([head, empty, *rows[::-1], twice]))
    source = TableSource(path="own.csv", missing_values=["null"])
    close = {"first": 1228.099976, "last": 1230}
    for policy, value in close.items():
        read = prices(tmp_path / "own.csv", source, "drop", policy)
        assert np.diff(read.series.times).min() > 0
        assert read.series.columns["close"].tolist() == [1244.780029, value, 1272.339966]
        said = (
            "1 day without a price in 1 series: left out; 3 rows stood after later ones in 1 series: sorted; 1 row was"
        )
        assert said in read.message
    with pytest.raises(KassandraError, match="earlier day than the row before in lines 4, 5"):
        prices(tmp_path / "own.csv", source.model_copy(update={"sort": "none"}), "drop", "first")


def test_nonsense_is_left_out_up_to_a_share(tmp_path):
    days = [f"{day},{100 + number},{100 + number},{100 + number},{100 + number}" for number, day in enumerate(DAYS)]
    days[50] = days[50].replace("150", "null")
    days[90] = f"{DAYS[90]},5,9,1,-3"
    (tmp_path / "own.csv").write_text("\n".join(["timestamp,open,high,low,close", *days]))
    read = prices(tmp_path / "own.csv")
    assert len(read.series.times) == 198
    assert [row.line for row in read.refused] == [52, 92]
    assert (
        "2 of 200 rows refused: 1 × no number in column 'open' (line 52); 1 × column 'close' is not above"
        in read.message
    )


def test_prices_that_were_rounded_one_by_one(read):
    assert len(read(TABLE.replace("1219.099976", "1228.1").replace("1272.5", "1272.339")).times) == 3


@given(series=SERIES, first=st.integers(0, 80), seed=st.integers(0, 99))
@pytest.mark.slow
def test_features_of_a_day_know_no_later_one(series, first, seed):
    """To the bit: other days after it, or none, leave it as it is."""
    days = len(series.times)
    first = min(first, days)
    other = made(seed + 100, days, "volume" in series.columns)
    later = {name: np.append(column[:first], other.columns[name][first:]) for name, column in series.columns.items()}
    known, changed = features(series), features(series._replace(columns=later))
    for name, column in features(cut(series, slice(first))).items():
        np.testing.assert_array_equal(known[name][:first], column)
        np.testing.assert_array_equal(changed[name][:first], column)


@given(series=SERIES, first=st.integers(0, 40))
@pytest.mark.slow
def test_features_of_a_day_know_the_days_of_the_warm_up_alone(series, first):
    known, later = features(series), features(cut(series, slice(first, None)))
    for name, column in later.items():
        np.testing.assert_allclose(column[WARM_UP:], known[name][first + WARM_UP :], rtol=1e-9, atol=1e-9)


@pytest.mark.slow
@given(series=SERIES, unit=st.floats(1e-3, 1e3))
def test_features_know_no_currency(series, unit):
    other = {name: column * (1 if name == "volume" else unit) for name, column in series.columns.items()}
    for name, column in features(series._replace(columns=other)).items():
        np.testing.assert_allclose(column, features(series)[name], rtol=1e-6, atol=1e-9)
    shares = {name: column * (unit if name == "volume" else 1) for name, column in series.columns.items()}
    for name, column in features(series._replace(columns=shares)).items():
        np.testing.assert_allclose(column, features(series)[name], rtol=1e-6, atol=1e-9)


@given(series=SERIES)
def test_features_are_known_after_the_warm_up(series):
    found = features(series)
    for column in found.values():
        assert column.shape == series.times.shape
        assert np.isfinite(column[WARM_UP:]).all()
    if len(series.times) >= WARM_UP:
        assert np.isnan(found["volume"][WARM_UP - 1])
    assert (np.abs(found["place"]) <= 1).all()


def test_features_by_their_definitions():
    series = made(1, 60)
    o, h, l, c, v = (series.columns[name] for name in ("open", "high", "low", "close", "volume"))  # noqa: E741
    found, t = {name: column.tolist() for name, column in features(series).items()}, 44
    variance = garman_klass(series) ** 2
    traded = [math.log(volume) for volume in v[t - 21 : t] if volume]
    assert v[t] > 0
    assert 0 < len(traded) < 21
    assert {name: column[t] for name, column in found.items()} == pytest.approx({
        "return": math.log(c[t] / c[t - 1]),
        "gap": math.log(o[t] / c[t - 1]),
        "range": math.log(h[t] / l[t]),
        "place": 2 * (c[t] - l[t]) / (h[t] - l[t]) - 1,
        "volume": math.log(v[t]) - sum(traded) / len(traded),
        "volatility_5": math.log(math.sqrt(sum(variance[t - 4 : t + 1]) / 5)),
        "volatility_21": math.log(math.sqrt(sum(variance[t - 20 : t + 1]) / 21)),
        "trend_21": math.log(c[t] / (sum(c[t - 20 : t + 1]) / 21)),
    })  # fmt: skip
    still = 49
    assert (found["range"][still], found["place"][still]) == (0, 0)
    assert {found["volume"][day] for day in range(WARM_UP, 60) if v[day] == 0} == {0}


def test_volume_after_a_month_without_trade():
    """There is nothing that it could be more or less than."""
    series = made(0, 60)
    volume = np.where(np.arange(60) < 30, 0, 5e6)
    found = features(series._replace(columns=series.columns | {"volume": volume}))["volume"]
    assert found[WARM_UP:] == pytest.approx(0, abs=1e-12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=SERIES)
def test_garman_klass(series):
    opening, high, low, close = (series.columns[name] for name in ("open", "high", "low", "close"))
    variance = 0.5 * np.log(high / low) ** 2 - (2 * np.log(2) - 1) * np.log(close / opening) ** 2
    found = garman_klass(series)
    np.testing.assert_allclose(found[variance > SMALLEST**2] ** 2, variance[variance > SMALLEST**2])
    assert (found[variance <= SMALLEST**2] == SMALLEST).all()
    assert found[0] == SMALLEST  # a day that did not move


@pytest.mark.slow
def test_garman_klass_finds_the_volatility_of_a_random_walk():
    """That of the many prices within each day, to a few per cent of it (fewer prices show less of the range)."""
    steps = np.random.default_rng(0).normal(0, 0.02 / math.sqrt(2000), (1500, 2000))
    paths = np.exp(np.concatenate([np.zeros((1500, 1)), np.cumsum(steps, axis=1)], axis=1))
    columns = {"open": paths[:, 0], "high": paths.max(1), "low": paths.min(1), "close": paths[:, -1]}
    series = Series("a", DAY * np.arange(1500), columns, np.ones(1500, bool), np.zeros(1500, bool))
    assert math.sqrt((garman_klass(series) ** 2).mean()) == pytest.approx(0.02, rel=0.04)
