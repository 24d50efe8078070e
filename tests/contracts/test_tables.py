import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.tables import Columns, read_table, write_table

ROWS = [
    {"epoch": 1, "loss": 1 / 3, "class": "größe"},
    {"epoch": 2, "loss": 1234567.0, "class": "a,b"},
    {"epoch": 3, "loss": 1e-9, "class": 'c"d'},
]


def test_csv_is_text_that_git_can_compare(tmp_path):
    write_table(tmp_path / "a.csv", ROWS)
    assert (tmp_path / "a.csv").read_bytes().decode() == (
        'epoch,loss,class\n1,0.333333,größe\n2,1.23457e+06,"a,b"\n3,1e-09,"c""d"\n'
    )
    read = read_table(tmp_path / "a.csv")
    assert read["class"].tolist() == [row["class"] for row in ROWS]
    assert read["epoch"].dtype == np.int64


def test_parquet_keeps_every_bit(tmp_path):
    table = pd.DataFrame({"a": np.random.default_rng(0).random(30) / 3, "b": np.arange(30), "c": ["ö"] * 30})
    write_table(tmp_path / "a.parquet", table)
    pd.testing.assert_frame_equal(read_table(tmp_path / "a.parquet"), table, check_exact=True)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_equal_tables_have_equal_bytes(tmp_path, name):
    write_table(tmp_path / name, ROWS)
    write_table(tmp_path / f"again {name}", pd.DataFrame(ROWS))
    assert (tmp_path / name).read_bytes() == (tmp_path / f"again {name}").read_bytes()


def test_columns_are_those_of_the_table_each_read_when_asked_for(tmp_path):
    """Categories of numbers, which take little room, are read back as the numbers."""
    few = pd.Categorical.from_codes([1, 0, 1], pd.Index([0.25, 1e-9]))
    table = pd.DataFrame(
        {"a @0.1": few, "a": [1.5, 2.5, np.nan], "text": ["x", "", "ü"], "lists": [["a"], [], ["b", "c"]]}
    )
    write_table(tmp_path / "t.parquet", table)
    columns = Columns(tmp_path / "t.parquet")
    assert list(columns) == list(table)
    assert columns["a @0.1"].tolist() == [1e-9, 0.25, 1e-9]
    assert columns.get("b") is None
    for name in ("a", "text"):
        pd.testing.assert_series_equal(columns[name], table[name])
    assert read_table(tmp_path / "t.parquet", sealed=True)["a @0.1"].tolist() == [1e-9, 0.25, 1e-9]


@pytest.mark.parametrize("how", ["other", "unsealed", "cut", "none"])
def test_columns_that_are_not_what_was_written(tmp_path, how):
    path = tmp_path / "t.parquet"
    if how == "unsealed":
        pd.DataFrame({"a": [1.0, 2.0]}).to_parquet(path)
    elif how != "none":
        write_table(path, pd.DataFrame({"a": [1.0, 2.0]}))
    if how == "other":
        content = parquet.read_table(path)
        changed = content.set_column(0, "a", pa.array([1.0, 3.0]))
        parquet.write_table(changed.replace_schema_metadata(content.schema.metadata), path)
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(KassandraError, match="no such file" if how == "none" else "damaged"):
        Columns(path)
