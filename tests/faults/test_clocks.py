"""Clocks that stand still, go back or leap, and files from the future: the same bytes, and nothing is run again."""

import os

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.faults]

FUTURE, LONG_AGO = 4_000_000_000, 1  # 2096, and a second after 1970 began


@pytest.mark.parametrize("clock", ["stopped", "backwards", "leaping"])
@pytest.mark.parametrize("pair", ["images-label", "text-label", "series-forecast"])
def test_the_clock_decides_no_bit(pair, clock, workplace, undisturbed, faults):
    expected = faults.contents(undisturbed(pair).root)
    place = workplace(pair)
    for stage, written in faults.WRITES.items():
        place.remove(*written)
        ended = place.run(stage, clock=clock)
        assert ended.status == 0, ended.printed
    assert place.contents() == expected


@pytest.mark.parametrize("when", [FUTURE, LONG_AGO])
def test_files_from_another_time_are_what_they_are(when, undisturbed, tmp_path):
    clone = undisturbed("text-label").copy(tmp_path / "kassandra")
    for path in (clone.root, *clone.root.rglob("*")):
        if ".git" not in path.parts:
            os.utime(path, (when, when))
    assert clone.executed(clone.dvc("repro")) == []
    assert clone.differs_from(undisturbed("text-label")) == []


def test_a_clock_that_was_put_back_between_two_runs_of_dvc(undisturbed, tmp_path):
    """The second is of yesterday, by a time that the first one has not yet seen."""
    clone = undisturbed("text-label").copy(tmp_path / "kassandra")
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(
        "import time\nnow = time.time\ntime.time = lambda: now() - 86_400\n"
    )
    yesterday = type(clone)(clone.root, {**clone.variables, "PYTHONPATH": str(tmp_path / "clock")})
    clone.edit("params.yaml", "epochs: 2", "epochs: 3")
    assert yesterday.executed(yesterday.dvc("repro")) == ["train@small", "evaluate@small"]
    clone.edit("params.yaml", "epochs: 3", "epochs: 2")
    assert clone.executed(clone.dvc("repro")) == []
    assert clone.differs_from(undisturbed("text-label")) == []
