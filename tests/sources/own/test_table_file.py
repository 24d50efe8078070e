"""A table file: what is written is read back, cell by cell, as the keys say it is written."""

import bz2
import csv
import gzip
import io
import json
import lzma
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from kassandra.contracts.errors import KassandraError
from kassandra.params.sections.table_file import TableFile
from kassandra.sources.own.table_file import Table, first_rows, read_table

SAME_FOLDER = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
CELLS = st.text(st.sampled_from('ab01,;"\t .-\n\u2028é'), max_size=6)


@pytest.fixture
def read(tmp_path):
    def run(data, name="a.csv", choose=list, **keys):
        (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
        return read_table(tmp_path / name, TableFile(path=name, **keys), choose)

    return run


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t"), ("a", "|")])
@SAME_FOLDER
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), blank=st.booleans(), mark=st.booleans())
@pytest.mark.slow
def test_what_is_written_is_read_back(read, name, delimiter, rows, blank, mark):
    """With blank lines between, with and without the mark that some programs begin UTF-8 with."""
    text, lines, line = "", [], 1
    for number, row in enumerate([("time", "value"), *rows]):
        stream = io.StringIO(newline="")
        quoting = csv.QUOTE_ALL if number else csv.QUOTE_MINIMAL
        csv.writer(stream, delimiter=delimiter, quoting=quoting).writerow(row)
        written = stream.getvalue() + "\n" * blank
        text, lines = text + written, [*lines, line]
        line += written.count("\n")
    kept = [(row, line) for row, line in zip(rows, lines[1:], strict=True) if any(row)]
    if not kept:
        return
    table = read(b"\xef\xbb\xbf" * mark + text.encode(), name)
    assert table.columns == {"time": [row[0] for row, _ in kept], "value": [row[1] for row, _ in kept]}
    assert table.lines.tolist() == [line for _, line in kept]
    assert sum(table.remarks.values()) == len(rows) - len(kept)


def workbook(rows):
    book, stream = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.create_sheet("other").append(["a", "b"])
    book["other"].append([7, None])
    book.save(stream)
    return stream.getvalue()


def zipped(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


PLAIN = b"a,b\n1,x\n2,y\n"
LINES = b'{"a": 1, "b": "x"}\n{"b": "y", "a": 2}\n'


@pytest.mark.parametrize("name", ["a.csv", "a.dat", "a"])
@pytest.mark.parametrize(
    "content",
    [
        PLAIN, gzip.compress(PLAIN), bz2.compress(PLAIN), lzma.compress(PLAIN), zipped(a=PLAIN, MACOSX__a=b""),
        PLAIN.replace(b"\n", b"\r"), PLAIN.replace(b"\n", b"\r\n"), LINES, gzip.compress(LINES),
        json.dumps([json.loads(line) for line in LINES.splitlines()]).encode(),
        workbook([["a", "b"], [1, "x"], [2, "y"]]),
    ],
    ids=["plain", "gzip", "bzip2", "xz", "zip", "old Mac", "Windows", "JSON lines", "packed", "JSON", "workbook"],
)  # fmt: skip
def test_the_content_says_what_a_file_is(read, content, name):
    content = content.replace(b"MACOSX/a", b"__MACOSX")
    assert {key: list(map(str, cells)) for key, cells in read(content, name).columns.items()} == {
        "a": ["1", "2"],
        "b": ["x", "y"],
    }


@pytest.mark.parametrize(
    ("content", "keys", "columns"),
    [
        ("from me\n\na,b\n1,2\n\ntotals, of all\n\n", {"skip_rows": 1, "skip_footer": 1}, {"a": ["1"], "b": ["2"]}),
        ("a,b\nkW,h\n1,2\n", {"header_rows": 2}, {"a": ["1"], "b": ["2"]}),
        ("1,2\n3,4\n", {"header": "none"}, {"column 1": ["1", "3"], "column 2": ["2", "4"]}),
        ("1,2\n3,4\n", {"header": "none", "columns": ["x", "y"]}, {"x": ["1", "3"], "y": ["2", "4"]}),
        ("a,a\n3,4\n", {"columns": ["x", "y"]}, {"x": ["3"], "y": ["4"]}),
        (",a\n3,4\n", {}, {"column 1": ["3"], "a": ["4"]}),
        ('a\tb\n"x\ty\n', {"delimiter": "\t", "quotes": False}, {"a": ['"x'], "b": ["y"]}),
        ("a,b\n1,2,,\n,\n3,4\n", {}, {"a": ["1", "3"], "b": ["2", "4"]}),
        ("ä,b\n1,é\n".encode("latin-1"), {"encoding": "latin-1"}, {"ä": ["1"], "b": ["é"]}),
        ("ä,b\n1,é\n".encode("utf-16"), {"encoding": "utf-16"}, {"ä": ["1"], "b": ["é"]}),
        (workbook([["x"], ["a", "b"], [1, date(2024, 5, 6)], ["end"]]), {"skip_rows": 1, "skip_footer": 1},
         {"a": [1], "b": ["2024-05-06 00:00:00"]}),
        (workbook([["x"]]), {"sheet": "other"}, {"a": [7], "b": [""]}),
    ],
)  # fmt: skip
def test_keys(read, content, keys, columns):
    assert read(content, **keys).columns == columns


def test_what_was_left_out_is_counted(read):
    table = read("a,b\n1,2,,\n,\n3,4\n5\n6,7,8\n")
    assert sorted(table.remarks.values()) == [1, 1]
    assert [tuple(row)[:2] for row in table.refused] == [
        (5, "fewer fields than the 2 columns"),
        (6, "more fields than the 2 columns"),
    ]
    assert table.total == 4


def test_parquet(tmp_path):
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
    }
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table(table), path)
    rows = read_table(path, TableFile(path="a.parquet"), list)
    assert {name: cells[0] for name, cells in rows.columns.items()} == {
        "zoned": "2024-05-06 12:00:00.000Z",
        "plain": "2024-05-06 12:00:00.000000000",
        "day": "2024-05-06",
        "text": " a ",
        "single": float(np.float32(0.1)),
        "whole": 2**60,
        "exact": Decimal("1.50"),
        "empty": None,
        "list": [1],
    }
    assert rows.where([0]) == "row 1"


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "a.csv", "a.csv: is empty; expected a first line with the names of columns"),
        (b"\n\n", "a.csv", "a.csv: is empty"),
        (b"time,value\n", "a.csv", "a.csv: holds the names of columns and no rows"),
        ("time,value\n1,2\n".encode("utf-16"), "a.csv", "a.csv: UTF-16, not UTF-8; say `source.encoding: utf-16`"),
        ("größe,b\n1,2\n".encode("latin-1"), "a.csv", "line 1: not UTF-8; .*perhaps `source.encoding: latin-1`"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "a.csv", "line 3: the quote that opens here is never .*`source.quotes: false`"),
        (b"a,a\n1,2\n", "a.csv", "column 'a' is named more than once.*`source.columns`"),
        (gzip.compress(b"a,b\n1,2\n" * 99)[:-9], "a.csv.gz", "a.csv.gz: cannot be read: "),
        (b"PAR1,b\n1,2\n", "a.parquet", "a.parquet: cannot be read: as parquet: "),
        (zipped(**{"a.csv": PLAIN, "b.csv": PLAIN}), "a.zip", r"a\.zip: holds 2 files; expected one table"),
        (zipped(**{"xl__workbook.xml": b"<x>"}), "a.xlsx", r"a\.xlsx: cannot be read: as .xlsx: "),
        (b"\xd0\xcf\x11\xe0" * 9, "a.xls", r"a.xls: is an old workbook \(.xls\); save it as .xlsx or .csv"),
        (b'[{"a": 1}, {"a"', "a.json", "a.json: begins as a list of JSON objects, but is not valid JSON"),
    ],
    ids=range(13),
)  # fmt: skip
def test_what_cannot_be_read_at_all(read, data, name, says):
    with pytest.raises(KassandraError, match=says):
        read(data, name)


@pytest.mark.parametrize("keys", [{"columns": ["x"]}, {"sheet": "none"}])
def test_keys_that_do_not_fit_the_file(read, keys):
    with pytest.raises(
        KassandraError, match=r"^source.(columns: names 1 columns; a.csv has 2 in line 1|sheet: .*other)"
    ):
        read(workbook([["a", "b"], [1, 2]]), **keys)


@pytest.mark.parametrize("keys", [{"columns": ["x", "y"]}, {"header": "none"}, {"skip_rows": 1}])
def test_keys_of_lines_where_there_is_no_header(read, keys):
    says = rf"^source.{next(iter(keys))}: is of tables of lines; a.jsonl names its columns itself"
    with pytest.raises(KassandraError, match=says):
        read(LINES, "a.jsonl", **keys)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv.gz", "a.parquet"])
def test_missing_file(tmp_path, name):
    with pytest.raises(KassandraError, match=f"{name}: no such file"):
        read_table(tmp_path / name, TableFile(path=name), list)


def test_columns_that_are_not_asked_for_may_hold_anything(read):
    rows = read('time,value,,\n1,2,"x\ny",\n', choose=lambda known: [name for name in known if name == "value"])
    assert rows.columns == {"value": ["2"]}


def test_where():
    rows = Table(Path("a.csv"), {"a": list("abcdefg")}, np.arange(2, 9))
    assert rows.where([0]) == "line 2"
    assert rows.where(range(7)) == "lines 2, 3, 4, 5, 6 and 2 more"
    assert rows.cells("a", [1, 6]) == "'b' (line 3), 'g' (line 8)"


def test_the_first_rows(tmp_path):
    (tmp_path / "a").write_text("x,y\n1,2\n3\n5,6\n7,8\n")
    names, rows = first_rows(tmp_path / "a", TableFile(path="a"), 3)
    assert names == ["x", "y"]
    assert rows == [(2, ["1", "2"]), (3, "fewer fields than the 2 columns"), (4, ["5", "6"])]
