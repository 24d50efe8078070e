"""Your own series: what stands in the table is what is read, and whatever is done to it is declared and reported."""

import random
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare.clock import HOUR
from kassandra.inputs.series.prepare.table import read_own
from kassandra.params.inputs.series import TableSource

START = datetime(2016, 7, 1)
SAME_FOLDER = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
VALUES = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
# A series: which hours after START have a row, and what it says there; the first and the last are never empty.
HOURS = st.sets(st.integers(1, 30), min_size=3, max_size=20).map(sorted)
ROWS = st.integers(0, 2**32).flatmap(
    lambda seed: st.tuples(HOURS, st.just(random.Random(seed))).map(
        lambda drawn: [(f"{START + timedelta(hours=hour)}", round(drawn[1].gauss(0, 9), 3)) for hour in drawn[0]]
    )
)


@pytest.fixture
def read(tmp_path):
    def run(data, missing="error", duplicates="error", name="a.csv", **source):
        (tmp_path / name).write_text(data)
        given = {"path": "a.csv", "time": "date", "target": "OT", "frequency": "h", **source}
        found = read_own(tmp_path, TableSource(**given), missing, duplicates)
        (tmp_path / name).unlink()
        return found

    return run


def table(rows, header="date,OT"):
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"


def same(one, other):
    assert [series.name for series in one] == [series.name for series in other]
    for first, second in zip(one, other, strict=True):
        assert list(first.columns) == list(second.columns)
        for left, right in ((first.times, second.times), (first.usable, second.usable), (first.filled, second.filled)):
            np.testing.assert_array_equal(left, right)
        for name, column in first.columns.items():
            np.testing.assert_array_equal(column, second.columns[name])


def test_an_hourly_table_as_those_of_transformers(read):
    """The columns of ETTh1 (Zhou et al. 2021)."""
    values = np.random.default_rng(0).normal(size=(100, 7)).round(6)
    rows = [(START + timedelta(hours=hour), *row.tolist()) for hour, row in enumerate(values)]
    found = read(table(rows, "date,HUFL,HULL,MUFL,MULL,LUFL,LULL,OT"), name="ETTh1.csv", features=["LULL", "HUFL"])
    (series,) = found.series
    assert (series.name, found.message, list(series.columns)) == ("ETTh1", "", ["OT", "LULL", "HUFL"])
    np.testing.assert_array_equal(series.times, 1467331200 + HOUR * np.arange(100))
    np.testing.assert_array_equal(np.stack([*series.columns.values()], axis=1), values[:, [6, 5, 0]])
    assert series.usable.all()
    assert not series.filled.any()
    assert {column.dtype for column in series.columns.values()} == {np.dtype(np.float64)}
    assert series.times.dtype == np.int64


@pytest.mark.slow
@SAME_FOLDER
@given(of=st.dictionaries(st.sampled_from(["A", "B", "a b", "é"]), ROWS, min_size=1), seed=st.integers(0, 99))
@pytest.mark.parametrize("kind", ["csv", "tsv", "semicolons", "parquet"])
def test_shuffled_rows_and_other_kinds_of_table_give_the_same_series(tmp_path, kind, of, seed):
    rows = [(time, value, name) for name, mine in of.items() for time, value in mine]
    source = TableSource(path="x", time="date", target="OT", series="of")
    (tmp_path / "1").mkdir(exist_ok=True)
    (tmp_path / "1" / "a.csv").write_text(table(rows, "date,OT,of"))
    plain = read_own(tmp_path / "1", source, "error", "error")
    assert plain.message == ""
    assert [series.name for series in plain.series] == sorted(of)
    for series in plain.series:
        assert series.columns["OT"].tolist() == [value for _, value in of[series.name]]
    shuffled = random.Random(seed).sample(rows, len(rows))
    path = tmp_path / {"tsv": "b.tsv", "parquet": "b.parquet"}.get(kind, "b.csv")
    if kind == "parquet":
        frame = pd.DataFrame(shuffled, columns=["date", "OT", "of"])
        frame.assign(date=pd.to_datetime(frame["date"])).to_parquet(path)
    else:
        path.write_text(table(shuffled, "date,OT,of").replace(",", {"tsv": "\t", "semicolons": ";"}.get(kind, ",")))
    found = read_own(path, source, "error", "error")  # a file in place of a folder
    same(found.series, plain.series)
    orders = [[row for row in shuffled if row[2] == name] for name in of]
    assert ("sorted" in found.message) == any(order != sorted(order) for order in orders)


@pytest.mark.slow
@SAME_FOLDER
@given(rows=ROWS, later=st.integers(1, 3), value=VALUES)
def test_forward_never_knows_a_later_row(read, rows, later, value):
    before = read(table(rows), missing="forward", frequency=None).series[0]
    end = datetime.fromisoformat(rows[-1][0]) + timedelta(hours=later)
    after = read(table([*rows, (end, value)]), missing="forward", frequency=None).series[0]
    np.testing.assert_array_equal(after.columns["OT"][: len(rows)], before.columns["OT"])


@pytest.mark.parametrize(
    ("column", "source", "says"),
    [
        ("date", {"time": "Date"}, r"source.time: unknown column 'Date'; known columns are .*did you mean 'date'\?"),
        ("OT", {"target": ["OT", "TO"]}, r"source.target: unknown column 'TO'; known columns are \['OT', 'date'\]"),
        ("x", {"features": ["x"]}, "source.features: unknown column 'x'"),
        ("y", {"series": "y"}, "source.series: unknown column 'y'"),
    ],
    ids=["time", "target", "features", "series"],
)  # fmt: skip
def test_unknown_columns(read, column, source, says):
    with pytest.raises(KassandraError, match=says):
        read("date,OT\n2024-01-01,1\n", **source)


@pytest.mark.parametrize(
    ("data", "source", "says"),
    [
        ("date,OT\n2024-01-01,5\n2024-01-02,5\n2024-01-03,5\n", {},
         r"a.csv: column 'OT' never changes \(5 in every row\), so there is nothing to forecast; name another"),
        ("date,OT,x\n2024-01-01,,1\n2024-01-02,nan,2\n", {}, "column 'OT' holds no number; leave it out of `source`"),
        ("date,OT,of\n2024-01-01,1,A\n2024-01-01,2, \n2024-01-01,1,\n", {"series": "of"},
         "column 'of' names no series in lines 3, 4; each row needs a name"),
        ("date,OT\n2024-01-01,1\n1.2.2024,2\n", {}, "column 'date' holds dates that may begin .*line 3"),
        ("date,OT\n2024-01-01,1\n2024-01-02,n/a\n", {}, r"'OT' holds what is no finite number: 'n/a' \(line 3\)"),
    ],
    ids=range(5),
)  # fmt: skip
def test_columns_that_say_nothing(read, data, source, says):
    with pytest.raises(KassandraError, match=says):
        read(data, frequency=None, **source)


def test_what_may_stay_the_same(read):
    """A feature, a target in one of several series, and the only row that there is."""
    data = "date,OT,x,of\n2024-01-01,1,5,A\n2024-01-02,1,5,A\n2024-01-01,2,5,B\n"
    found = read(data, frequency=None, features=["x"], series="of")
    assert [series.columns["x"].tolist() for series in found.series] == [[5, 5], [5]]
    assert len(read("date,OT\n2024-01-01,1\n", frequency="d").series[0].times) == 1


@pytest.mark.parametrize(
    ("names", "says"),
    [([], "found no file in"), (["a.csv", "b.csv"], r"found a.csv, b.csv; several tables .* `source.files`")],
)
def test_one_file_is_expected(tmp_path, names, says):
    for name in [*names, ".hidden"]:
        (tmp_path / name).write_text("date,OT\n2024-01-01,1\n")
    with pytest.raises(KassandraError, match=says):
        read_own(tmp_path, TableSource(path="x", time="date", target="OT"), "error", "error")


def days(path, first: int, last: int, value: int = 0) -> None:
    rows = [f"2024-01-{day:02},{day + value}\n" for day in range(first, last)]
    path.write_text("date,OT\n" + "".join(rows))


def test_splits_are_tables_that_follow_on_each_other(tmp_path):
    for name, first, last in (("train", 1, 11), ("val", 11, 16), ("test", 16, 21)):
        days(tmp_path / f"{name}.csv", first, last)
    (tmp_path / "README.md").write_text("of days")
    source = TableSource(path="x", time="date", target="OT", frequency="d")
    found = read_own(tmp_path, source, "error", "error")
    assert [one.columns["OT"].tolist() for one in found.series] == [list(range(1, 21))]
    assert found.until == ("2024-01-11", "2024-01-16")
    assert "set aside: README.md" in found.message
    assert "3 tables: train.csv, val.csv, test.csv" in found.message
    days(tmp_path / "val.csv", 10, 16)
    with pytest.raises(
        KassandraError, match="valid begins at 2024-01-10, and train ends at 2024-01-10; splits of series"
    ):
        read_own(tmp_path, source, "error", "error")


def test_tables_are_series_or_parts(tmp_path):
    days(tmp_path / "a.csv", 1, 6)
    days(tmp_path / "b.csv", 6, 11)
    source = TableSource(path="x", time="date", target="OT", frequency="d", files="parts")
    assert [one.columns["OT"].tolist() for one in read_own(tmp_path, source, "error", "error").series] == [
        list(range(1, 11))
    ]
    found = read_own(tmp_path, source.model_copy(update={"files": "series"}), "error", "error")
    assert [(one.name, one.columns["OT"].tolist()) for one in found.series] == [
        ("a", [1, 2, 3, 4, 5]),
        ("b", [6, 7, 8, 9, 10]),
    ]
    (tmp_path / "b.csv").write_text("date,OT\n2024-01-05,1\n2024-01-06,2\n2024-01-07,3\n")
    with pytest.raises(KassandraError, match=r"several rows for one time: 2024-01-05 \(lines 6 of a.csv, 2 of b.csv\)"):
        read_own(tmp_path, source, "error", "error")


def test_two_columns_name_the_series(read):
    data = "date,OT,shop,item\n2024-01-01,1,A,x\n2024-01-02,2,A,x\n2024-01-01,3,A,y\n2024-01-02,4,A,y\n"
    found = read(data, frequency="d", series=["shop", "item"])
    assert [(one.name, one.columns["OT"].tolist()) for one in found.series] == [("A / x", [1, 2]), ("A / y", [3, 4])]


def test_all_that_is_done_is_reported(read):
    times = [START + timedelta(hours=hour) for hour in (0, 2, 1, 4, 4, 4, 5, 6)]
    rows = [(time, value, of) for of in "AB" for time, value in zip(times, [1, 2, "", 4, 5, 6, "", 8], strict=True)]
    found = read(table([*rows, (START, 9, "C")], "date,OT,of"), "interpolate", "mean", series="of")
    assert found.message.endswith(
        "a.csv: 2 rows stood after later ones in 2 series: sorted; "
        "4 rows were too many for their times in 2 series: mean; "
        "2 times were missing in 2 series: interpolate; "
        "4 values were missing in 2 series: interpolate"
    )
    for series in found.series[:2]:
        np.testing.assert_allclose(series.columns["OT"], [1, 1.5, 2, 3.5, 5, 6.5, 8], rtol=1e-15)
        assert series.filled.tolist() == [False, True, False, True, False, True, False]
        assert series.usable.all()


def test_what_is_dropped_stands_there_as_nothing(read):
    times = [START + timedelta(hours=hour) for hour in (0, 1, 3)]
    series = read(table(zip(times, [1, "", 3], strict=True)), "drop").series[0]
    np.testing.assert_array_equal(series.columns["OT"], [1, np.nan, np.nan, 3])
    np.testing.assert_array_equal(np.diff(series.times), HOUR)
    assert series.usable.tolist() == [True, False, False, True]
    assert not series.filled.any()


def test_the_day_and_the_month_of_a_format(read):
    data = "date,OT\n01/02/2003,1\n02/02/2003,2\n"
    found = read(data, frequency="d", time_format="%d/%m/%Y").series[0].times
    np.testing.assert_array_equal(np.diff(found), [86_400])
    with pytest.raises(KassandraError, match="has 2 of the 32 times"):
        read(data, frequency="d", time_format="%m/%d/%Y")


def test_an_index_without_a_name_and_a_mark_that_is_suspected(read):
    rows = [(START + timedelta(hours=hour), hour % 7 if hour != 5 else -9999) for hour in range(20)]
    found = read(table(rows, ",OT"), time="Unnamed: 0")
    assert len(found.series[0].times) == 20
    assert "column 'OT' holds -9999 in line 7, all others lie from 0 to 6; if it marks missing" in found.message
    assert "1 value was missing in 1 series: forward" in read(table(rows, ",OT"), "forward", time="column 1",
                                                              missing_values=["-9999"]).message  # fmt: skip


def test_rows_that_are_counted_and_steps(read):
    one = read("OT\n1\n2\n4\n", time="row", frequency=None)
    assert (one.series[0].times.tolist(), one.clock.unit) == ([1, 2, 3], "step")
    two = read(
        "unit,cycle,OT\n1,7,1\n1,8,2\n2,7,3\n2,8,5\n", time="cycle", time_format="step", series="unit", frequency=None
    )
    assert [series.times.tolist() for series in two.series] == [[7, 8], [7, 8]]


def test_rows_are_put_in_order_unless_that_is_refused(read):
    rows = [(START + timedelta(hours=hour), hour) for hour in (3, 2, 1)]
    assert "2 rows stood after later ones in 1 series: sorted" in read(table(rows)).message
    with pytest.raises(KassandraError, match=r"rows are earlier than the ones before them in lines 3, 4; `source.sort"):
        read(table(rows), sort="none")


def test_a_row_of_nothing_beside_a_row_of_its_time(read):
    """As dividends stand between the days of a web page's prices."""
    found = read(
        "date,note,OT\n2024-01-01,,1\n2024-01-02,,2\n2024-01-02,0.24 Dividend,\n2024-01-03,,4\n", frequency="d"
    )
    assert found.series[0].columns["OT"].tolist() == [1, 2, 4]
    assert "1 row without a value in 1 series: another has the time; left out" in found.message
