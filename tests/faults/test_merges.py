"""Two branches that both ran are merged: dvc.lock stage by stage, scores from the side whose run they are of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.cli.merge import merged
from kassandra.contracts import lock

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


def test_two_branches_that_both_ran(toy):
    toy.git("checkout", "--quiet", "-b", "branch")
    toy.edit("params.yaml", "epochs: 2, rate", "epochs: 1, rate")
    toy.edit("params.yaml", "other: {epochs: 2}", "other: {epochs: 7}")
    toy.dvc("repro")
    toy.commit()
    theirs = toy.made("other")
    toy.git("checkout", "--quiet", "-")
    toy.edit("params.yaml", "rate: 2", "rate: 1")
    toy.dvc("repro", "evaluate@small")
    toy.commit()

    toy.run("git", "merge", "branch", fails=True)
    assert toy.run("kassandra", "report", "small", fails=True) == (
        "Error: metrics/small/test.json: holds the marks of a merge; `kassandra merge` resolves it\n"
    )
    assert toy.run("kassandra", "merge", fails=True) == (
        "Error: params.yaml: resolve what conflicts there first, `git add` it, then `kassandra merge` again\n"
    )
    (toy.root / "params.yaml").write_text("pipelines:\n  small: {epochs: 1, rate: 1}\n  other: {epochs: 7}\n")
    toy.git("add", "params.yaml")
    output = toy.run("kassandra", "merge")
    assert "  train@small ran on both; what HEAD has is kept, until `dvc repro` runs what is stale\n" in output
    assert "  train@other ran on the other branch alone, and is taken from there\n" in output
    assert toy.git("ls-files", "--unmerged") == ""
    toy.dvc("checkout")
    assert toy.executed(toy.dvc("repro")) == ["train@small", "evaluate@small"]
    assert toy.made("other") == theirs
    toy.commit()
    assert toy.dvc("status") == "Data and pipelines are up to date.\n"
    assert "kassandra merge: nothing conflicts here" in toy.run("kassandra", "merge", fails=True)
