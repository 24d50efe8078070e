"""Where rows begin and end, what parts their cells, and whether a header names the columns."""

import gzip

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.detection.table import Asked, table_of

ROWS = [f"2021-01-{day:02};{day},5;{day * 1000}" for day in range(1, 29)]


def of(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "table"
    path.write_bytes(text.encode(encoding))
    return table_of(path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_recognised(tmp_path, delimiter):
    rows = [f"{number}{delimiter}{number / 8}{delimiter}it is {number}" for number in range(30)]
    table = of(tmp_path, "\n".join([delimiter.join(["a", "b", "c"]), *rows]))
    assert table.keys == {"delimiter": delimiter}
    assert table.names == ["a", "b", "c"]
    assert table.rows == 30


def test_lines_before_and_after(tmp_path):
    text = "\n".join(["Exported by a machine", "", "day;x;y", *ROWS, "", "Source: the office"])
    table = of(tmp_path, text)
    assert table.keys == {"delimiter": ";", "skip_rows": 2, "skip_footer": 1}
    assert table.names == ["day", "x", "y"]
    assert len(table.lines) == 28
    assert table.lines[0] == 4


def test_a_header_of_several_lines(tmp_path):
    table = of(tmp_path, "\n".join(["day;x;y", ";(mm);(kg)", *ROWS]))
    assert table.keys == {"delimiter": ";", "header_rows": 2}


def test_no_header(tmp_path):
    table = of(tmp_path, "\n".join(ROWS))
    assert table.keys == {"delimiter": ";", "header": "none"}
    assert table.names == ["column 1", "column 2", "column 3"]


def test_labels_and_texts_without_a_header(tmp_path):
    rows = [f'{"ham" if number % 2 else "spam"}\tmessage {number} with some "words' for number in range(100)]
    assert of(tmp_path, "\n".join(rows)).keys["header"] == "none"
    assert "header" not in of(tmp_path, "\n".join(["kind\tmessage", *rows])).keys


@pytest.mark.parametrize(("encoding", "key"), [("latin-1", "latin-1"), ("cp1252", "cp1252"), ("utf-16", "utf-16")])
def test_one_encoding_for_the_file(tmp_path, encoding, key):
    rows = [f"{number};Größe {'“' if encoding == 'cp1252' else ''}{number}" for number in range(50)]
    table = of(tmp_path, "\n".join(["a;b", *rows]), encoding)
    assert table.keys["encoding"] == key
    assert table.columns[1].cells[0].startswith("Größe")


def test_the_encoding_of_other_alphabets(tmp_path):
    rows = [f"{number};очень хороший фильм {number}" for number in range(50)]
    table = of(tmp_path, "\n".join(["a;b", *rows]), "cp1251")
    assert table.keys["encoding"] == "cp1251"
    given = table_of(tmp_path / "table", Asked(encoding="koi8-r"))
    assert given.keys["encoding"] == "koi8-r"
    with pytest.raises(KassandraError, match="'nonsense' is no encoding"):
        table_of(tmp_path / "table", Asked(encoding="nonsense"))


@pytest.mark.slow
def test_a_packed_file_and_a_large_one(tmp_path):
    path = tmp_path / "table.csv.gz"
    rows = (f"{number},{number % 7}\n" for number in range(60_000))
    path.write_bytes(gzip.compress(("a,b\n" + "".join(rows)).encode()))
    table = table_of(path)
    assert table.rows == 60_000
    assert len(table.lines) < 40_000  # a sample, to the end
    assert table.lines[-1] == 60_001


@pytest.mark.parametrize("text", ["", "one line", "It was a dark night.\nIt rained, and rained.\nNobody came.\n" * 20])
def test_what_is_no_table(tmp_path, text):
    assert of(tmp_path, text) is None


def test_json_lines(tmp_path):
    table = of(tmp_path, '{"text": "a b", "label": 1}\n{"text": "c", "label": 2.0}\n')
    assert table.form == "json lines"
    assert [column.cells for column in table.columns] == [("a b", "c"), ("1", "2")]
