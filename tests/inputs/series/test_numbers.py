"""Numbers are read to the bit, as `source` says that they are written; what is none is reported with its line."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare.faults import settled
from kassandra.inputs.series.prepare.numbers import numbers
from kassandra.inputs.series.prepare.suspects import suspects
from kassandra.params.inputs.series import TableSource
from kassandra.sources.own.table_file import Table, read_table

SAME_FOLDER = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
FLOATS = st.floats(-1e100, 1e100)  # larger ones are refused
PLAIN = TableSource(path="a.csv")


def table_of(*cells):
    return Table(Path("a.csv"), {"value": list(cells)}, np.arange(2, len(cells) + 2))


def read(*cells, **keys):
    source = TableSource(path="a.csv", **keys)
    table = table_of(*cells)
    values, faults = numbers(table, "value", source)
    settled(table, faults, source.tolerate)
    return values.tolist()


@SAME_FOLDER
@given(values=st.lists(FLOATS | st.none(), min_size=1, max_size=8))
@pytest.mark.slow
def test_numbers_are_read_to_the_bit(tmp_path, values):
    """From text and from parquet alike; a missing one is NaN in each of its forms."""
    expected = np.array([np.nan if value is None else value for value in values])
    forms = ["", "nan", "NaN", " "]
    cells = [forms[row % 4] if value is None else repr(value) for row, value in enumerate(values)]
    (tmp_path / "a.csv").write_text("value,other\n" + "".join(f"{cell},1\n" for cell in cells))
    parquet.write_table(pa.table({"value": pa.array(values, pa.float64())}), tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        table = read_table(tmp_path / name, PLAIN, lambda _: ["value"])
        np.testing.assert_array_equal(numbers(table, "value", PLAIN)[0], expected)


@pytest.mark.slow
@given(value=st.integers(-(10**12), 10**12), decimals=st.integers(0, 3))
@pytest.mark.parametrize(
    ("decimal", "thousands", "typed"), [(".", ",", ","), (",", ".", "."), (",", " ", "\u202f"), (".", "'", "'")]
)
def test_marks_within_numbers(decimal, thousands, typed, value, decimals):
    number = value / 10**decimals
    written = f"{number:,.{decimals}f}".replace(",", "T").replace(".", decimal).replace("T", typed)
    assert read(written, decimal=decimal, thousands=thousands) == [number]


def test_suffixes_and_missing_values():
    assert read("30.96M", "5.5 k", "-0.32%", "1T", "2b", "7", suffixes=True) == [30.96e6, 5500, -0.32, 1e12, 2e9, 7]
    assert read("30.96e2K", "1e3", suffixes=True) == [3_096_000, 1000]
    assert read("\u22125") == [-5]
    assert read("1,00,000.5", thousands=",") == [100_000.5]
    cells = read("NA", "-9999.00", "x", "3", missing_values=["NA", "-9999", "x"])
    assert np.isnan(cells[:3]).all()
    assert cells[3] == 3


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("n/a", r"column 'value' holds what is no finite number: 'n/a' \(line 3\); leave a cell empty where there is"),
        ("NA", "'NA'.*or name the mark in `source.missing_values`"),
        ("-", "'-'"),
        ("inf", "'inf'.*leave a cell empty"),
        ("1e999", "'1e999'"),
        ("1_000", "'1_000'"),
        ("0x10", "'0x10'"),
        ("١٢", "'١٢'"),
        ("1,234", r"'1,234' \(line 3\); is it a decimal comma, or one between thousands\? say it, "
                  "`source.decimal: ','` or `source.thousands: ','`"),
        ("-1.234,5", r"decimal comma"),
        ("12 %", r"'12 %' \(line 3\); `source.suffixes: true` reads 1.5K, 30M and 5%"),
        ("3.5kWh", r"`source.units` names it"),
        ("x" * 50, r"'x{40}…'"),
        ("True", "'True'"),
        (True, "'True'"),
        ([1], r"'\[1\]'"),
    ],
)  # fmt: skip
def test_what_is_no_number(cell, says):
    with pytest.raises(KassandraError, match=rf"a.csv: .*{says}"):
        read("5", cell, "1.5")


def test_five_cells_are_reported_and_how_many_more():
    with pytest.raises(KassandraError, match=r"'\?' \(line 2\), .*'\?' \(line 6\) and 2 more; leave"):
        read(*"???????")


@pytest.mark.parametrize(
    ("cell", "keys"), [("1,5", {"thousands": ","}), ("12.34.56", {"thousands": "."}), ("1.5", {"decimal": ","})]
)
def test_marks_in_the_wrong_place(cell, keys):
    with pytest.raises(KassandraError, match="no finite number"):
        read(cell, **({"decimal": ","} if keys.get("thousands") == "." else {}) | keys)


def test_bad_rows_are_left_out_up_to_a_share():
    table = table_of(*["1"] * 198, "x", "?")
    values, faults = numbers(table, "value", PLAIN)
    used, refused, message = settled(table, faults, 0.01)
    assert np.flatnonzero(~used).tolist() == [198, 199]
    assert message == "a.csv: 2 of 200 rows refused: 2 × no number in column 'value' (lines 200, 201)"
    assert [row.line for row in refused] == [200, 201]
    text = r"`source.tolerate: 0.009` leaves out 1 of 200 rows at most; mend them, or say `source.tolerate: 0.01`"
    with pytest.raises(KassandraError, match=text):
        settled(table, faults, 0.009)
    assert np.isnan(values[198:]).all()


@pytest.mark.parametrize(
    ("values", "suspected"),
    [
        ([1, 2, 3, -9999], "holds -9999 in line 5, all others lie from 1 to 3; if it marks missing values, say"),
        ([1, 2, 3, 4], ""),
        ([-9000, 9000, -9999], ""),  # within reach of the others
        ([0, 1, 0, 1, -1], ""),
        ([5, 6, np.nan, 99999, 99999], "holds 99999 in lines 5, 6"),
    ],
)
def test_suspected_marks_of_missing_values(values, suspected):
    found = suspects(table_of(*map(str, values)), ["value"], np.array(values, float)[:, None])
    assert [suspected in one for one in found] == [True] * bool(suspected)
