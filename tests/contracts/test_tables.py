import numpy as np
import pandas as pd
import pytest

from kassandra.contracts.tables import read_table, write_table

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
