"""Your own table of texts: what is written is read back, and every row that is not is reported with its line."""

import csv
import gzip
import io
import json
import tracemalloc
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.text.prepare.table import read_table_of_texts
from kassandra.params.inputs.text import ExamplesSource
from kassandra.sources.own.lines import AFTER_QUOTE, NOT_UTF_8, NUL, RETURN, WITHIN
from kassandra.sources.own.refused import Refused, sentence

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".csv.gz", ".tsv.gz", ".jsonl.gz")
CHARACTERS = st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")
# What readers of tables stumble over, more often than chance would have it.
TEXTS = st.lists(st.one_of(st.sampled_from([*"\",;\t\n\r\\'", "\r\n", '""', "\ufeff", "\u2028", "\x1a"]), CHARACTERS))
TEXTS = TEXTS.map("".join).filter(str.strip)
LABELS = TEXTS.map(str.strip)
ENDS = st.sampled_from([b"\n", b"\r\n"])
ROWS = st.lists(st.tuples(TEXTS, LABELS), min_size=1, max_size=8)
BAD = {  # one line each, and the reason
    ".csv": {
        b",pos": "empty text",
        b'" \t ",pos': "empty text",
        b"fine,": "missing label",
        b"fine, ": "missing label",
        b"fine": "fewer fields than the 2 columns",
        b"fine,or,not": "more fields than the 2 columns",
        b"caf\xe9,pos": NOT_UTF_8,
        b"a\0b,pos": NUL,
        b'"said "so"",pos': AFTER_QUOTE,
        b"half\rdone,pos": RETURN,
    },
    ".jsonl": {
        b'{"text": " ", "label": 1}': "empty text",
        b'{"text": null, "label": 1}': "empty text",
        b'{"text": 5, "label": 1}': "text that is no string",
        b'{"text": "fine", "label": null}': "missing label",
        b'{"text": "fine", "label": NaN}': "missing label",
        b'{"text": "fine", "label": [1]}': "label that is neither text, a number, true nor false",
        b'{"text": "fine"}': "no key 'label'",
        b'{"label": 1}': "no key 'text'",
        b'{"text": "fine", "label": 1': "invalid JSON",
        b"[" * 100_000: "invalid JSON",
        b'["fine", 1]': "JSON, but no object",
        b'{"text": "caf\xe9", "label": 1}': NOT_UTF_8,
        b'{"text": "\\ud800", "label": 1}': NOT_UTF_8,
        b'{"text": "a\0b", "label": 1}': NUL,
        b'{"text": "a\\u0000b", "label": 1}': NUL,
    },
}


def read_file(path, text=None, label=None, **keys):
    return read_table_of_texts(path, ExamplesSource(path=path.name, text=text, label=label, **keys))


def reasons(table):
    return [(row.line, row.reason) for row in table.refused]


def packed(rows, suffix):
    """The good rows as blocks of bytes, each of one or more lines, the header first where there is one."""
    if "json" in suffix:
        return [json.dumps({"text": text, "label": label}).encode() + b"\n" for text, label in rows]
    blocks = []
    for row in [("text", "label"), *rows]:
        stream = io.StringIO(newline="")
        csv.writer(stream, delimiter="\t" if "tsv" in suffix else ",").writerow(row)
        blocks.append(stream.getvalue().encode())
    return blocks


def write(path, rows):
    if path.suffix == ".parquet":
        parquet.write_table(pa.table({"text": [row[0] for row in rows], "label": [row[1] for row in rows]}), path)
    else:
        data = b"".join(packed(rows, path.name))
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


@pytest.fixture
def read(tmp_path):
    def run(data, name="a.csv", text=None, label=None):
        (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
        return read_file(tmp_path / name, text, label)

    return run


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_what_is_written_is_read_back(tmp_path, suffix, rows):
    write(tmp_path / f"a{suffix}", rows)
    assert read_file(tmp_path / f"a{suffix}")[:3] == (*map(list, zip(*rows, strict=True)), [])


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, data=st.data())
def test_bad_rows_are_reported_with_their_lines_and_harm_no_other(tmp_path, suffix, rows, data):
    """Blank lines count as lines, not as rows. As many good rows as bad ones at least: else the file is refused."""
    blocks = packed(rows, suffix)
    bad = BAD[".jsonl" if suffix == ".jsonl" else ".csv"]
    if suffix == ".tsv":
        bad = {line.replace(b",", b"\t"): reason for line, reason in bad.items() if b"\t" not in line}
    chosen = data.draw(st.lists(st.sampled_from([*bad, b""]), max_size=len(rows)))
    for line in chosen:
        blocks.insert(data.draw(st.integers(suffix != ".jsonl", len(blocks))), line + data.draw(ENDS))
    expected, good, line = [], [], 1
    for number, block in enumerate(blocks):
        if block.strip(b"\r\n") in bad:
            expected.append((line, bad[block.strip(b"\r\n")]))
        elif block.strip() and (number or suffix == ".jsonl"):
            good.append(line)
        line += block.count(b"\n")
    (tmp_path / f"a{suffix}").write_bytes(b"".join(blocks))
    read = read_file(tmp_path / f"a{suffix}")
    assert read[:2] == tuple(map(list, zip(*rows, strict=True)))
    assert reasons(read) == expected
    assert read.lines == good


@pytest.mark.faults
def test_bad_rows_of_parquet(tmp_path):
    texts = pa.array([b"good", b"caf\xe9", None, b" ", b"fine", b"a\0b", b"good"]).view(pa.string())
    labels = ["1", "1", "1", "1", None, "1", " 2 "]
    for kind in (pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()), pa.binary()):
        parquet.write_table(pa.table({"text": texts.cast(kind), "label": labels}), tmp_path / "a.parquet")
        read = read_file(tmp_path / "a.parquet")
        assert read[:2] == (["good", "good"], ["1", "2"])
        assert read.lines == [1, 7]
        assert read.refused == [
            Refused(2, NOT_UTF_8), Refused(3, "empty text", "1"), Refused(4, "empty text", "1"),
            Refused(5, "missing label"), Refused(6, NUL),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([1, 0, -3], ["1", "0", "-3"]),
        ([1.0, 2.5, -0.0], ["1", "2.5", "0"]),
        ([True, False, True], ["true", "false", "true"]),
        ([Decimal("1.00"), Decimal("2.50"), Decimal("10.00")], ["1", "2.50", "10"]),
        (["1.0", " NA", "01"], ["1.0", "NA", "01"]),
    ],
    ids=["int", "float", "bool", "decimal", "text"],
)
def test_labels_are_text(tmp_path, labels, expected):
    parquet.write_table(pa.table({"text": ["a", "b", "c"], "label": labels}), tmp_path / "a.parquet")
    assert read_file(tmp_path / "a.parquet").labels == expected
    if not isinstance(labels[0], Decimal):
        lines = [json.dumps({"text": "a", "label": label}) for label in labels]
        (tmp_path / "a.jsonl").write_text("\n".join(lines))
        assert read_file(tmp_path / "a.jsonl").labels == expected


def test_a_missing_number_is_a_missing_label(tmp_path):
    table = pa.table({"text": ["a", "b", "c"], "label": [1.0, None, float("nan")]})
    parquet.write_table(table, tmp_path / "a.parquet")
    read = read_file(tmp_path / "a.parquet")
    assert read[:4] == (["a"], ["1"], [Refused(2, "missing label"), Refused(3, "missing label")], [1])


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""], ids=["lf", "crlf", "none"])
@pytest.mark.parametrize(
    ("name", "header", "row", "columns"),
    [
        ("a.csv", "id,Review,STARS", "7,good,4", (None, None)),
        ("a.csv", "id; Review ;STARS", "7;good, or not;4", (None, None)),
        ("a.TSV", "id\tReview\tSTARS", "7\tgood, or not; 5\t4", (None, None)),
        ("a.csv", "v1,v2,,", "4,good,,", ("v2", "v1")),  # columns without a name, as spreadsheets leave them
        ("a.csv", "text,comment,label", "no,good,4", ("comment", None)),
        ("a.csv", "text,comment", "good,4", (None, "comment")),
        ("a.csv", '"review\nof it",stars', '"good\none",4', ("review\nof it", None)),
    ],
    ids=["comma", "semicolon", "tab", "nameless", "given", "other", "lines"],
)
def test_columns(read, mark, end, name, header, row, columns):
    table = read(f"{mark}{header}\n{row}{end}", name, *columns)
    assert (len(table.texts), table.labels, table.refused) == (1, ["4"], [])
    assert table.texts[0].startswith("good")


def test_keys_may_come_in_any_order_and_late(read):
    table = read('{"id": 1}\n{"label": "x", "text": "a"}\n', "a.jsonl")
    assert table[:4] == (["a"], ["x"], [Refused(1, "no key 'text'")], [2])


@pytest.mark.faults
@pytest.mark.parametrize(
    ("name", "data", "columns", "says"),
    [
        ("a.csv", "a,label\nx,y", (None, None), r"^source.text: no column has a usual name \(text, .*'a', 'label'\]"),
        ("a.csv", "Text,review,label\nx,y,z", (None, None), r"^source.text: \['Text', 'review'\] may all be it; say"),
        ("a.csv", "text,label,stars\nx,y,z", ("text", None), r"^source.label: \['label', 'stars'\] may all be it"),
        ("a.csv", "text,label\nx,y", ("txt", None), r"^source.text: unknown column 'txt'; .*did you mean 'text'\?"),
        ("a.csv", "text,label\nx,y", ("text", "text"), "^source.label: 'text' is the column of the text"),
        ("a.csv", "text,label, text\nx,y,z", (None, None), "column 'text' is named more than once"),
        ("a.csv", "x" * 900 + ",y\n", (None, None), r"the columns are \['x{40}…', 'y'\]$"),
        ("a.csv", "", (None, None), "a.csv: is empty; expected a first line with the names of columns"),
        ("a.csv", "\n,\n", (None, None), r"no column has a usual name.*\['column 1', 'column 2'\]"),
        ("a.csv", "text,label\n", (None, None), "a.csv: holds the names of columns and no rows"),
        ("a.csv", "text,label\n,x\ny,\n ,z", (None, None), "2 × empty text .lines 2, 4; .*; 1 × .*; no row is good"),
        ("a.jsonl", "[\n]\n", (None, None), r"a.jsonl: 2 of 2 rows refused: 2 × invalid JSON .*no row is good"),
        ("a.jsonl", '{"a": 1}', (None, None), r"^source.text: no column .*\['a'\]"),
        ("a.csv", "text,la\rbel\nx,y\r", (None, None), "a.csv: line 1: carriage return outside quotes; end lines"),
        ("a.csv", 'text,"la"bel\nx,y', (None, None), "line 1: something after a closing quote.*mend the names"),
        ("a.csv", "text,label\nx,y".encode("utf-16"), (None, None), "a.csv: UTF-16, not UTF-8; say `source.enc"),
        ("a.csv", "text,label\nx,y".encode("utf-16-le"), (None, None), "line 1: NUL character; `source.enc.*utf-16`"),
        ("a.csv", b"text,label,caf\xe9\nx,y,z", (None, None), "line 1: not UTF-8; .*`source.encoding: latin-1`"),
        ("a.csv", b"text,label\n\xe9,1\n\xe9,1", (None, None), "2 × not UTF-8 .*no row is good; .*: latin-1`"),
        ("a.csv.gz", gzip.compress(b"text,label\nx,y")[:-9], (None, None), "a.csv.gz: cannot be read: "),
        ("a.parquet", b"PAR1 no PAR1", (None, None), "a.parquet: cannot be read: "),
    ],
    ids=range(21),
)  # fmt: skip
def test_what_cannot_be_read_at_all(read, name, data, columns, says):
    with pytest.raises(KassandraError, match=says):
        read(data, name, *columns)


def test_garbled_rows(read):
    table = read(b"text,label\n\xe9,1\nx,y")
    assert table.refused == [Refused(2, NOT_UTF_8)]
    assert table.hint == "the file seems to be in another encoding: say it, perhaps `source.encoding: latin-1`"


def test_keys_of_the_file(tmp_path):
    (tmp_path / "a").write_bytes('1;caf\xe9 "x;-\n2;n/a;\n'.encode("latin-1"))
    keys = {"encoding": "latin-1", "header": "none", "delimiter": ";", "quotes": False, "missing_values": ["n/a", "-"]}
    table = read_file(tmp_path / "a", "column 2", "column 1", **keys)
    assert table[:4] == (['café "x'], ["1"], [Refused(2, "empty text", "2")], [1])


def test_missing_file_and_columns_of_parquet(tmp_path):
    for name in ("a.csv", "a.jsonl.gz", "a.parquet"):
        with pytest.raises(KassandraError, match=f"{name}: no such file"):
            read_file(tmp_path / name)
    twice = pa.Table.from_arrays([pa.array(["a"])] * 3, names=["text", "text", "label"])
    parquet.write_table(twice, tmp_path / "a.parquet")
    with pytest.raises(KassandraError, match="column 'text' is named more than once"):
        read_file(tmp_path / "a.parquet")
    parquet.write_table(pa.table({"text": ["a"], "label": [[1]]}), tmp_path / "a.parquet")
    with pytest.raises(KassandraError, match=r"1 × label that is neither text, a number, true nor false \(row 1\)"):
        read_file(tmp_path / "a.parquet")


@pytest.mark.faults
@pytest.mark.slow
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, first=st.tuples(TEXTS, LABELS))
def test_quote_that_is_never_closed(tmp_path, rows, first):
    """It is reported with its own line, which need not be the line where its row begins."""
    blocks = packed([*rows, first], ".csv")
    quoted = b'"' + first[0].replace('"', '""').encode() + b'",'
    data = b"".join(blocks[:-1]) + quoted
    (tmp_path / "a.csv").write_bytes(data + b'"opens\na,b\n""c"",d\n')
    with pytest.raises(
        KassandraError, match=f"a.csv: line {data.count(bytes([10])) + 1}: the quote that opens here is"
    ):
        read_file(tmp_path / "a.csv")


@pytest.mark.faults
def test_what_a_wrong_quote_holds_is_reported_line_by_line(read):
    table = read('text,label\na,1\n"open,2\nb,3\n\nc,4\n"d",5\ne,6\n')
    assert (table.texts, table.labels) == (["a", "e"], ["1", "6"])
    assert table.refused == [Refused(3, AFTER_QUOTE), Refused(4, WITHIN), Refused(6, WITHIN), Refused(7, WITHIN)]


@pytest.mark.slow
def test_a_long_review_is_read_and_the_limit_of_csv_is_put_back(read):
    csv.field_size_limit(limit := 131_072)  # what Python begins with
    assert [len(text) for text in read(f"text,label\n{'x' * 9_000_000},1\n").texts] == [9_000_000]
    assert csv.field_size_limit() == limit
    with pytest.raises(KassandraError, match=r"line 3: longer than 10 MB"):
        read(f"text,label\na,b\n{'x' * 11_000_000},1\n")
    with pytest.raises(KassandraError, match=r"line 3: a field of this row is longer than 10 MB; is a quote never"):
        read('text,label\na,b\n"x' + "x,y\n" * 2_600_000)
    assert csv.field_size_limit() == limit


@pytest.mark.faults
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.csv.gz"])
def test_a_file_without_line_ends_takes_little_memory(tmp_path, name):
    path = tmp_path / name
    with gzip.open(path, "wb", 1) if name.endswith(".gz") else path.open("wb") as file:
        for _ in range(100):
            file.write(b"x" * 1_000_000)
    tracemalloc.start()
    with pytest.raises(KassandraError, match="line 1: longer than 10 MB; is it a table"):
        read_file(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000


def test_sentence():
    refused = [Refused(line, "empty text") for line in range(2, 9)] + [Refused(9, NOT_UTF_8)]
    assert sentence(refused, Path("a.csv"), 1000) == (
        "a.csv: 8 of 1000 rows refused: 7 × empty text (lines 2, 3, 4, 5, 6, …); 1 × not UTF-8 (line 9)"
    )
    assert sentence(refused[:2], Path("a.parquet"), 3).endswith("2 × empty text (rows 2, 3)")
    assert sentence([], Path("a.csv"), 1000) == "a.csv: 0 of 1000 rows refused"
