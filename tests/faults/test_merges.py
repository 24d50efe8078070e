"""Two branches that both ran are merged: dvc.lock stage by stage, scores from the side whose run they are of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.cli.merge import merged
from kassandra.contracts import lock
from tests.clone import Clone

pytestmark = [pytest.mark.slow, pytest.mark.faults]

HEAD = "schema: '2.0'\nstages:\n"
LOCKS = st.dictionaries(st.sampled_from(["train@a", "evaluate@a", "train@my b", "prepare@c"]), st.integers(0, 3)).map(
    lambda stages: HEAD + "".join(f"  {stage}:\n    cmd: {number}\n" for stage, number in stages.items())
)


@given(LOCKS, LOCKS, LOCKS)
def test_each_stage_is_whole_and_of_the_side_that_ran_it(before, ours, theirs):
    text, taken = merged(before, ours, theirs)
    result, old, mine, yours = (lock.blocks(each)[1] for each in (text, before, ours, theirs))
    for stage in mine.keys() | yours.keys() | old.keys():
        sides = [each.get(stage) for each in (mine, yours, old)]
        if sides[0] == sides[1]:
            assert (result.get(stage), taken.get(stage)) == (sides[0], None)
        elif sides[1] == sides[2] or sides[0] != sides[2]:
            assert result.get(stage) == sides[0]
            assert taken[stage] == ("HEAD" if sides[1] == sides[2] else "both")
        else:
            assert (result.get(stage), taken[stage]) == (sides[1], "other")
    assert {stage: side for stage, side in merged(before, theirs, ours)[1].items() if side == "both"} == {
        stage: side for stage, side in taken.items() if side == "both"
    }


PIPELINE = """\
stages:
  train:
    foreach: ${pipelines}
    do:
      cmd: mkdir -p data metrics/${key} && cp params.yaml data/${key} && cp params.yaml metrics/${key}/history.csv
      params:
        - pipelines.${key}
      outs:
        - data/${key}
      plots:
        - metrics/${key}/history.csv: {cache: false}
  evaluate:
    foreach: ${pipelines}
    do:
      cmd: cp data/${key} metrics/${key}/test.json
      deps:
        - data/${key}
      metrics:
        - metrics/${key}/test.json: {cache: false}
"""


@pytest.fixture
def clone(tmp_path):
    """Two pipelines, as kassandra's in their names and places, whose stages take no time."""
    clone = Clone(tmp_path / "kassandra")
    clone.root.mkdir()
    (clone.root / "dvc.yaml").write_text(PIPELINE)
    (clone.root / "params.yaml").write_text("pipelines:\n  small: {epochs: 2, rate: 2}\n  other: {epochs: 2}\n")
    (clone.root / ".gitignore").write_text("data/\n")
    clone.git("init", "--quiet")
    clone.dvc("init", "--quiet")
    clone.dvc("repro")
    clone.commit()
    return clone


def test_two_branches_that_both_ran(clone):
    clone.git("checkout", "--quiet", "-b", "branch")
    clone.edit("params.yaml", "epochs: 2, rate", "epochs: 1, rate")
    clone.edit("params.yaml", "other: {epochs: 2}", "other: {epochs: 7}")
    clone.dvc("repro")
    clone.commit()
    theirs = clone.made("other")
    clone.git("checkout", "--quiet", "-")
    clone.edit("params.yaml", "rate: 2", "rate: 1")
    clone.dvc("repro", "evaluate@small")
    clone.commit()

    clone.run("git", "merge", "branch", fails=True)
    assert clone.run("kassandra", "report", "small", fails=True) == (
        "Error: metrics/small/test.json: holds the marks of a merge; `kassandra merge` resolves it\n"
    )
    assert clone.run("kassandra", "merge", fails=True) == (
        "Error: params.yaml: resolve what conflicts there first, `git add` it, then `kassandra merge` again\n"
    )
    (clone.root / "params.yaml").write_text("pipelines:\n  small: {epochs: 1, rate: 1}\n  other: {epochs: 7}\n")
    clone.git("add", "params.yaml")
    output = clone.run("kassandra", "merge")
    assert "  train@small ran on both; what HEAD has is kept, until `dvc repro` runs what is stale\n" in output
    assert "  train@other ran on the other branch alone, and is taken from there\n" in output
    assert clone.git("ls-files", "--unmerged") == ""
    clone.dvc("checkout")
    assert clone.executed(clone.dvc("repro")) == ["train@small", "evaluate@small"]
    assert clone.made("other") == theirs
    clone.commit()
    assert clone.dvc("status") == "Data and pipelines are up to date.\n"
    assert "kassandra merge: nothing conflicts here" in clone.run("kassandra", "merge", fails=True)
