"""A sweep in DVC's queue, as docs/sweeps.md says it, and what the leaderboard makes of it."""

import json

import pytest

from kassandra.contracts.seeds import member_seeds

pytestmark = [pytest.mark.slow, pytest.mark.sweeps]

MARK = "(best so far)"


@pytest.fixture(scope="module")
def swept(source, tmp_path_factory):
    """Two variants by two seeds, and one that cannot be trained. The code of the copies is not what is installed."""
    clone = source.clone(tmp_path_factory.mktemp("swept") / "kassandra")
    params = clone.root / "params.yaml"
    params.write_text(params.read_text().partition("  pictures:")[0].replace("epochs: 20", "epochs: 1"))
    clone.edit("kassandra/training/progress.py", "(best)", MARK)
    clone.commit()
    clone.dvc("repro", "train@digits")
    clone.commit()
    queued = ["exp", "run", "--queue", "evaluate@digits"]
    clone.dvc(*queued, "-S", "pipelines.digits.model.variant=vanilla,stacked", "-S", "seed=0,1", "--name=sweep")
    clone.dvc(*queued, "-S", "pipelines.digits.model.hidden_size=0", "--name=wrong")
    printed = clone.dvc("exp", "run", "--run-all", "-j", "1")
    assert "Failed to reproduce experiment(s) 'wrong'" in printed
    return clone


def test_all_ran_but_the_one_that_is_wrong(swept):
    listed = swept.dvc("exp", "list", "--name-only").split()
    assert sorted(listed) == ["sweep-1", "sweep-2", "sweep-3", "sweep-4"]
    lines = [line.split() for line in swept.dvc("queue", "status").splitlines()]
    states = {words[1]: words[-1] for words in lines if words and words[1:] and words[-1] in ("Success", "Failed")}
    assert states == dict.fromkeys(listed, "Success") | {"wrong": "Failed"}
    why = "pipelines.digits.model.hidden_size: 0 must be ≥ 1"
    assert why in swept.dvc("queue", "logs", "wrong")


def test_the_working_tree_is_as_it_was(swept):
    assert swept.git("status", "--porcelain") == ""
    assert swept.checkpoints() == []
    left = [path.name for path in (swept.root / ".dvc/tmp/exps").iterdir() if path.name.startswith("tmp")]
    assert left == []  # the copies are deleted


def test_the_code_that_ran_is_that_of_the_copy(swept):
    """And not the installed one, which a virtual environment names by its path."""
    assert MARK in swept.dvc("queue", "logs", "sweep-4")


def test_seconds_of_all_trainings_are_kept(swept):
    costs = [json.loads(path.read_text()) for path in (swept.root / "data/costs/digits").iterdir()]
    assert len(costs) == 4  # vanilla with seed 0 was trained before, and came from the cache
    assert all(cost["cpu_seconds"] > 0 for cost in costs)


def test_the_leaderboard(swept):
    printed = swept.run("kassandra", "leaderboard", "--output", "docs/leaderboard.md", "--force")
    assert "digits: accuracy of 2 models; 2 with fewer than 3 seeds" in printed
    assert "Left out: wrong: its run failed; `dvc queue logs <name>` says why" in printed
    assert "Left out: HEAD, workspace: digits was not evaluated: baseline@digits did not run" in printed
    page = (swept.root / "docs/leaderboard.md").read_text()
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| needs")
    ]
    assert sorted(row[1] for row in rows) == ["stacked", "vanilla"]
    assert {row[3] for row in rows} == {"2"}
    assert all(int(row[5]) >= 0 for row in rows)  # CPU seconds are known

    (board,) = json.loads(swept.run("kassandra", "leaderboard", "digits", "--json"))["boards"]
    for row in board["rows"]:
        assert row["seeds"] == sorted([*member_seeds(0, 1), *member_seeds(1, 1)])
        scores = [json.loads(swept.git("show", f"{ref}:metrics/digits/test.json"))["accuracy"]
                  for ref in experiments(swept, row["where"])]  # fmt: skip
        assert row["rank"]["mean"] == pytest.approx(sum(scores) / 2)
        assert row["baseline"] == "logistic regression on pixels"


def experiments(clone, names):
    return [clone.git("for-each-ref", "--format=%(objectname)", f"refs/exps/*/*/{name}").strip() for name in names]


def test_of_what_there_is_no_result(swept):
    printed = swept.run("kassandra", "leaderboard", "pictures", fails=True)
    assert "Error: no results of pictures are recorded; `dvc repro evaluate@pictures`" in printed


def test_a_result_can_be_taken_over(swept, tmp_path):
    clone = swept.copy(tmp_path / "kassandra")
    clone.dvc("exp", "apply", "sweep-4")
    assert "variant: stacked" in (clone.root / "params.yaml").read_text()
    assert (clone.root / "metrics/digits/test.json").exists()
    assert clone.executed(clone.dvc("repro", "evaluate@digits")) == []
