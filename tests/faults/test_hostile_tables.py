"""Tables made to do harm, or no tables at all: a sentence within seconds, and memory that is bounded."""

import gzip
import json
import pickle
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.faults]

MEMORY = 1_000_000_000  # bytes that a stage may take beyond what it has when it starts
SIZE = 100_000_000
OWN = {
    "text-label": ("dataset: books", "path: mine.csv, text: text, label: label"),
    "series-forecast": ("dataset: sp500", "path: mine.csv, time: time, target: value"),
}
HEADER = {"text-label": b"text,label\n", "series-forecast": b"time,value\n", "audio-label": b"index,filename\n"}


@pytest.fixture
def table(workplace):
    """A workplace whose raw data are a table with this content: of one's own, or the index of recordings."""

    def table(pair, content, name="mine.csv"):
        place = workplace(pair)
        if pair in OWN:
            params = place.path("params.yaml")
            text = params.read_text().replace(*OWN[pair]).replace("predict: return, ", "")
            params.write_text(text.replace("mine.csv", name))
            place.remove("data/raw/small")
            place.path("data/raw/small").mkdir()
        path = place.path(f"data/raw/small/{name if pair in OWN else 'index_to_filename.csv'}")
        path.write_bytes(content)
        return place, path.relative_to(place.root)

    return table


CONTENTS = {
    "one line of 100 MB": b"x" * SIZE,
    "a row of 100 MB": b"HEADER" + b"x" * SIZE,
    "fields without end": b"HEADER" + b"1," * (SIZE // 2),
    "a quote that is never closed": b"HEADER" + b'"' + b"x\n" * 1_000_000,
    "Latin-1": b"HEADER" + "größe,schön\n".encode("latin-1") * 1000,
    "UTF-16": "text,label\nno,yes\n".encode("utf-16"),
    "NUL": b"\0" * 1_000_000,
    "nothing": b"",
}


@pytest.mark.parametrize("kind", CONTENTS)
@pytest.mark.parametrize("pair", HEADER)
def test_no_table(pair, kind, table):
    place, path = table(pair, CONTENTS[kind].replace(b"HEADER", HEADER[pair], 1))
    sentence = place.run("prepare", memory=MEMORY).sentence()
    assert str(path) in sentence or str(path.parent) in sentence


@pytest.mark.parametrize("pair", OWN)
def test_a_table_that_unpacks_to_a_gigabyte(pair, table):
    one = gzip.compress(b"x" * (1 << 24), 1)
    place, path = table(pair, gzip.compress(HEADER[pair]) + 64 * one, "mine.csv.gz")
    assert str(path) in place.run("prepare", memory=MEMORY).sentence()


def test_by_way_of_dvc(undisturbed, tmp_path):
    """The download takes any file, and the stage that reads it refuses it; what was made before stays as it was."""
    for pair, mine in OWN.items():
        clone = undisturbed(pair).copy(tmp_path / pair)
        clone.edit("params.yaml", *mine)
        if pair == "series-forecast":
            clone.edit("params.yaml", "predict: return, ", "")
        (clone.root / "mine.csv").write_bytes(HEADER[pair] + b"x" * SIZE)
        output = clone.dvc("repro", fails=True)
        assert "Error: data/raw/small/mine.csv: line 2: longer than 10 MB; is it a table?" in output
        assert clone.executed(output) == ["download@small", "prepare@small"]
        assert clone.differs_from(undisturbed(pair), "models") == []
        clone.git("checkout", "params.yaml")
        assert clone.executed(clone.dvc("repro")) == []
        assert clone.differs_from(undisturbed(pair)) == []


class Trap:
    """Unpickling it makes the file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def parquets(trap):
    """Whole tables whose words about themselves are not true, or not harmless."""
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table({"text": ["good", "bad"] * 50, "label": ["yes", "no"] * 50, "value": [1.0, 2.0] * 50})
    extension = {b"ARROW:extension:name": b"arrow.py_extension_type", b"ARROW:extension:metadata": pickle.dumps(trap)}
    hostile = pa.schema([field.with_metadata(extension) for field in table.schema])
    words = (
        {"pandas": json.dumps({"index_columns": [{"kind": "range", "start": 0, "stop": 2**62, "step": 1}]})},
        {"pandas": json.dumps({"columns": [{"name": "text", "pandas_type": "object", "numpy_type": "object"}]})},
        {"pandas": json.dumps({"index_columns": ["no such column"], "columns": 3, "column_indexes": "x"})},
        {"pandas": "{" * 1000},
        {"ARROW:schema": "no schema"},
        {"sha256": "0" * 64},
    )
    stream = pa.BufferOutputStream()
    parquet.write_table(table.cast(hostile), stream)
    yield stream.getvalue().to_pybytes()
    for printed in words:
        stream = pa.BufferOutputStream()
        parquet.write_table(table.replace_schema_metadata(printed), stream)
        yield stream.getvalue().to_pybytes()
    stream = pa.BufferOutputStream()
    parquet.write_table(pa.table({"text": [[{"deep": [1]}]], "label": [b"\xff"], "value": [None]}), stream)
    yield stream.getvalue().to_pybytes()


def test_parquet(table, workplace, tmp_path):
    canary = tmp_path / "sprung"
    place = workplace("images-label")
    for content in parquets(Trap(canary)):
        place.path("data/baselines/small.parquet").write_bytes(content)
        ended = place.run("evaluate", memory=MEMORY)
        assert not canary.exists()
        assert "data/baselines/small.parquet" in ended.sentence()
    for pair in OWN:
        for content in parquets(Trap(canary)):
            where, _ = table(pair, content, "mine.parquet")
            ended = where.run("prepare", memory=MEMORY)
            assert not canary.exists()
            assert ended.status == 0 or ended.sentence()
            where.remove(".")
