"""`kassandra repro`: several pipelines at the same time give what one after the other gives."""

import pytest
import yaml

pytestmark = [pytest.mark.slow, pytest.mark.sweeps]


def test_two_at_once_give_the_same_bytes_and_the_same_lock(source, reproduced, tmp_path):
    clone = source.copy(tmp_path / "kassandra")
    output = clone.run("kassandra", "repro", "--jobs", "2")
    assert "digits: done" in output
    assert "pictures: done" in output
    assert clone.differs_from(reproduced) == []
    locks = [yaml.safe_load((each.root / "dvc.lock").read_text()) for each in (clone, reproduced)]
    assert locks[0] == locks[1]  # in another order
    assert "didn't change" in clone.dvc("repro")


def test_one_that_fails_stops_no_other(reproduced, tmp_path):
    clone = reproduced.copy(tmp_path / "kassandra")
    clone.edit("params.yaml", "learning_rate: 0.005", "learning_rat: 0.005")
    output = clone.run("kassandra", "repro", fails=True)
    assert "digits: failed" in output
    assert "pictures: done" in output
    assert "unknown key 'learning_rat'" in output


def test_an_unknown_name_is_refused(reproduced):
    output = reproduced.run("kassandra", "repro", "digit", fails=True)
    assert "params.yaml: no pipeline 'digit'; there are digits, pictures" in output
