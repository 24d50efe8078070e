"""What `kassandra predict` is given: a table is read as that of train was, and a text is a text."""

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.text.show.own_examples import read

SOURCE = {"encoding": "latin-1", "header": "none", "delimiter": ";", "text": "column 2", "label": "column 1"}


def test_a_table_is_read_as_that_of_train_was(tmp_path, capsys):
    for name in ("mine.csv", "mine"):
        (tmp_path / name).write_bytes("x;café\ny;\n".encode("latin-1"))
        assert read([str(tmp_path / name)], {"source": SOURCE}) == (["café"], ["café"])
        assert f"{name}: 1 of 2 rows refused: 1 × empty text (line 2)" in capsys.readouterr().err
    assert read([str(tmp_path / "mine.csv")], {"source": SOURCE}, "column 1")[0] == ["x", "y"]


def test_what_is_no_table(tmp_path):
    (tmp_path / "mine").write_text("a text\n")
    assert read([str(tmp_path / "mine")], {})[0] == [str(tmp_path / "mine")]
    assert read(["a text"], {"source": SOURCE})[0] == ["a text"]
    assert read(["x" * 5000], {"source": SOURCE})[0] == ["x" * 5000]
    with pytest.raises(KassandraError, match=r"none.csv: no such file"):
        read(["none.csv"], {})
    with pytest.raises(KassandraError, match="--text: names a column"):
        read(["a text"], {"source": SOURCE}, "column 1")
