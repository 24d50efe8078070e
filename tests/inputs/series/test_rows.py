"""A table as text: what is written is read back, cell by cell, and what cannot be read is told with its line."""

import csv
import gzip
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare.rows import Rows, numbers, read_rows

SAME_FOLDER = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
CELLS = st.text(st.sampled_from('ab01,;"\t .-\n\u2028é'), max_size=6).map(str.strip)
FLOATS = st.floats(-1e100, 1e100)  # larger ones are refused


@pytest.fixture
def read(tmp_path):
    def run(data, name="a.csv", choose=list):
        (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
        return read_rows(tmp_path / name, choose)

    return run


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t"), ("a.csv.gz", ",")])
@SAME_FOLDER
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), blank=st.booleans(), mark=st.booleans())
@pytest.mark.slow
def test_what_is_written_is_read_back(read, name, delimiter, rows, blank, mark):
    """With blank lines between, with and without the mark that some programs begin UTF-8 with."""
    text, lines, line = "", [], 1
    for row in [("time", "value"), *rows]:
        stream = io.StringIO(newline="")
        csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL if row in rows else csv.QUOTE_MINIMAL).writerow(
            row
        )
        written = stream.getvalue() + "\n" * blank
        text, lines = text + written, [*lines, line]
        line += written.count("\n")
    data = b"\xef\xbb\xbf" * mark + text.encode()
    found = read(gzip.compress(data) if name.endswith(".gz") else data, name)
    assert found.columns == {"time": [row[0] for row in rows], "value": [row[1] for row in rows]}
    assert found.lines.tolist() == lines[1:]


@SAME_FOLDER
@given(values=st.lists(FLOATS | st.none(), min_size=1, max_size=8))
@pytest.mark.slow
def test_numbers_are_read_to_the_bit(tmp_path, read, values):
    """From text and from parquet alike; a missing one is NaN in each of its forms."""
    expected = np.array([np.nan if value is None else value for value in values])
    forms = ["", "nan", "NaN", " "]
    cells = [forms[row % 4] if value is None else repr(value) for row, value in enumerate(values)]
    rows = read("value,other\n" + "".join(f"{cell},\n" for cell in cells))
    np.testing.assert_array_equal(numbers(rows, "value"), expected)
    parquet.write_table(pa.table({"value": pa.array(values, pa.float64())}), tmp_path / "a.parquet")
    np.testing.assert_array_equal(numbers(read_rows(tmp_path / "a.parquet", list), "value"), expected)


def test_parquet_is_read_as_its_text_would_be(tmp_path):
    noon = datetime(2024, 5, 6, 12, tzinfo=UTC)
    table = {
        "zoned": pa.array([noon], pa.timestamp("ms", "Europe/Berlin")),
        "plain": pa.array([noon.replace(tzinfo=None)], pa.timestamp("ns")),
        "day": pa.array([date(2024, 5, 6)]),
        "text": pa.array([" a "]).dictionary_encode(),
        "single": pa.array([0.1], pa.float32()),
        "whole": pa.array([2**60]),
        "exact": pa.array([Decimal("1.50")]),
        "empty": pa.array([None], pa.float64()),
        "list": pa.array([[1]]),
        "bytes": pa.array([b"\xff"]),
    }
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table(table), path)
    rows = read_rows(path, lambda known: [name for name in known if name not in ("list", "bytes")])
    assert {name: cells[0] for name, cells in rows.columns.items()} == {
        "zoned": "2024-05-06 12:00:00.000Z",
        "plain": "2024-05-06 12:00:00.000000000",
        "day": "2024-05-06",
        "text": "a",
        "single": repr(float(np.float32(0.1))),
        "whole": str(2**60),
        "exact": "1.50",
        "empty": "",
    }
    with pytest.raises(
        KassandraError, match=r"a.parquet: column 'list' is of the kind list.*; expected numbers, times"
    ):
        read_rows(path, lambda _: ["list"])
    with pytest.raises(KassandraError, match=r"a.parquet: cannot be read: as parquet: Invalid UTF8"):
        read_rows(path, lambda _: ["bytes"])
    with pytest.raises(KassandraError, match=r"column 'text' holds what is no finite number: 'a' \(row 1\)"):
        numbers(rows, "text")


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("n/a", r"column 'value' holds what is no finite number: 'n/a' \(line 3\); leave a cell empty where there is"),
        ("NA", "'NA'"),
        ("-", "'-'"),
        ("inf", "'inf'.*leave a cell empty"),
        ("1e999", "'1e999'"),
        ("1_000", "'1_000'"),
        ("0x10", "'0x10'"),
        ("١٢", "'١٢'"),
        ('"1,234"', r"'1,234' \(line 3\); is it a decimal comma, or one between thousands\? Write 1234.5"),
        ('"-1.234,5"', r"decimal comma"),
        ("12 %", r"'12 %' \(line 3\); write the number alone, without a unit"),
        ("3.5kWh", "without a unit"),
        ("x" * 50, r"'x{40}…'"),
        ("True", "'True'"),
    ],
)  # fmt: skip
def test_what_is_no_number(read, cell, says):
    rows = read(f"time,value\n1,5\n2,{cell}\n3,1.5\n")
    with pytest.raises(KassandraError, match=rf"a.csv: .*{says}"):
        numbers(rows, "value")


def test_five_cells_are_reported_and_how_many_more(read):
    rows = read("time,value\n" + "1,?\n" * 7)
    with pytest.raises(KassandraError, match=r"'\?' \(line 2\), .*'\?' \(line 6\) and 2 more; leave"):
        numbers(rows, "value")


def test_decimal_commas_where_semicolons_delimit(read):
    rows = read("time;value\n2024-01-01;1,5\n")
    with pytest.raises(KassandraError, match=r"'1,5' \(line 2\); is it a decimal comma"):
        numbers(rows, "value")


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "a.csv", "a.csv: is empty; expected a first line with the names of columns"),
        (b"\n\n", "a.csv", "a.csv: is empty"),
        (b"time,value\n", "a.csv", "a.csv: holds the names of columns and no rows"),
        ("time,value\n1,2\n".encode("utf-16"), "a.csv", "a.csv: UTF-16, not UTF-8; convert it, .*iconv -f UTF-16"),
        (b"time,value\n1,2\n3,\xe9\n", "a.csv", "a.csv: line 3: not UTF-8; convert it, .*iconv -f LATIN1"),
        (b"a,b\n1,2\n\n1,2,3\n1\n1,5,5\n", "a.csv", r"more fields than the 2 columns in lines 4, 6; a comma within"),
        (b"a,b\n1,2\n1\n", "a.csv", r"fewer fields than the 2 columns in line 3; is a line cut off\?"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "a.csv", r"line 3: unexpected end of data; is a quote never closed\?"),
        (b'a,b\n1,"2"3\n', "a.csv", r"line 2: ',' expected after '\"'; is a quote"),
        (b"a,a\n1,2\n", "a.csv", "column 'a' is named more than once"),
        (b"a,b\n1,2\n", "a.xlsx", r"a.xlsx: no table of series; known suffixes are \['.csv'"),
        (b"a,b\n1,2\n", "a.csv.gz", "a.csv.gz: cannot be read: Not a gzipped file"),
        (gzip.compress(b"a,b\n1,2\n" * 99)[:-9], "a.csv.gz", "a.csv.gz: cannot be read: "),
        (b"a,b\n1,2\n", "a.parquet", "a.parquet: cannot be read: as parquet: "),
    ],
    ids=range(14),
)  # fmt: skip
def test_what_cannot_be_read_at_all(read, data, name, says):
    with pytest.raises(KassandraError, match=says):
        read(data, name)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv.gz", "a.parquet"])
def test_missing_file(tmp_path, name):
    with pytest.raises(KassandraError, match=f"{name}: no such file"):
        read_rows(tmp_path / name, list)


def test_columns_that_are_not_asked_for_may_hold_anything(read):
    rows = read('time,value,,\n1,2,"x\ny",\n', choose=lambda known: [name for name in known if name != "time"])
    assert rows.columns == {"value": ["2"]}


def test_where(tmp_path):
    rows = Rows(tmp_path / "a.csv", {"a": list("abcdefg")}, np.arange(2, 9))
    assert rows.where([0]) == "line 2"
    assert rows.where(range(7)) == "lines 2, 3, 4, 5, 6 and 2 more"
    assert rows.cells("a", [1, 6]) == "'b' (line 3), 'g' (line 8)"
    assert rows._replace(path=tmp_path / "a.parquet").where([0]) == "row 2"


def test_a_table_alone_in_a_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", "value\n1.5\n")
    rows = read_rows(tmp_path / "a.zip", lambda known: known)
    assert numbers(rows, "value").tolist() == [1.5]


def test_several_tables_in_a_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", "value\n1.5\n")
        archive.writestr("b.csv", "value\n1.5\n")
    with pytest.raises(KassandraError, match=r"a\.zip: holds 2 files; expected one table"):
        read_rows(tmp_path / "a.zip", lambda known: known)


def test_what_is_no_zip(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"value\n1.5\n")
    with pytest.raises(KassandraError, match=r"a\.zip: cannot be read: File is not a zip file"):
        read_rows(tmp_path / "a.zip", lambda known: known)
