"""Which results are one model, what each is called, and the page."""

import re
from dataclasses import replace

import pytest

from kassandra.cli.leaderboard import page
from kassandra.contracts.seeds import member_seeds
from kassandra.contracts.tables import write_table
from kassandra.experiments import leaderboard, recorded
from kassandra.experiments.leaderboard import boards
from kassandra.experiments.recorded import Result
from kassandra.judging.intervals import Estimate

PARAMS = {"input": "images", "target": "label", "source.dataset": "mnist", "prepare.scan": "rows",
          "model.variant": "vanilla", "model.hidden_size": 32, "train.epochs": 2}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_in_the_cache(monkeypatch):
    monkeypatch.setattr(leaderboard, "cached", lambda folder: {})
    monkeypatch.setattr(leaderboard, "cpu_seconds", lambda result: 10.0 + result.seed if result.seed else None)


def result(value, seed, code="c0", name="accuracy", larger=True, **params):
    changed = {key.replace("__", "."): change for key, change in params.items()}
    base, sign = 0.5, 1 if larger else -1
    scores = {
        name: value, f"baseline_{name}": base, "examples": 100, "parameters": 1234,
        "intervals": [{"score": name, "value": value, "low": value - 0.01, "high": value + 0.01}],
        "baselines": [
            {"baseline": "easy", name: {"value": base - sign * 0.1}, "gain": {"value": sign * (value - base) + 0.1}},
            {"baseline": "hard", name: {"value": base}, "gain": {"value": sign * (value - base)}},
        ],
    }  # fmt: skip
    return Result("digits", seed, {**PARAMS, **changed}, code, scores, f"exp-{seed}", "abc1234", "t", "w", "p")


def seeds(value, **kwargs):
    return [result(value + 0.001 * seed, seed, **kwargs) for seed in (0, 1, 2)]


def test_seeds_are_merged_and_nothing_else():
    (board,) = boards(
        seeds(0.9)
        + seeds(0.8, model__variant="stacked")
        + seeds(0.7, model__hidden_size=64)
        + [result(0.6, 0, code="c1"), result(0.95, 0, train__epochs=3)]
    )
    assert [(row.name, len(row.seeds), row.rank.standing) for row in board.rows] == [
        ("vanilla, code c0, model.hidden_size 32, train.epochs 2", 3, "best"),
        ("stacked, code c0, model.hidden_size 32, train.epochs 2", 3, "worse"),
        ("vanilla, code c0, model.hidden_size 64, train.epochs 2", 3, "worse"),
        ("vanilla, code c0, model.hidden_size 32, train.epochs 3", 1, "few"),
        ("vanilla, code c1, model.hidden_size 32, train.epochs 2", 1, "few"),
    ]
    first = board.rows[0]
    assert first.rank.mean == pytest.approx(0.901)
    assert first.cpu_seconds == pytest.approx(11.5)  # of the two that are known
    assert (first.baseline, first.baseline_score) == ("hard", 0.5)


def test_a_name_says_what_differs_and_no_more():
    (board,) = boards(seeds(0.9) + seeds(0.8, model__variant="stacked") + seeds(0.8, model__variant="attention"))
    assert [row.name for row in board.rows] == ["vanilla", "attention", "stacked"]
    (board,) = boards(seeds(0.9) + seeds(0.8, model__dropout=0.5))
    assert [row.name for row in board.rows] == ["vanilla, no model.dropout", "vanilla, model.dropout 0.5"]


def test_other_questions_are_other_tables():
    """A loss per character and one per word, say, are no two ranks of one list."""
    found = boards(seeds(0.9) + seeds(0.8, prepare__scan="pixels"))
    assert [(board.asked, len(board.rows)) for board in found] == [("prepare.scan rows", 1), ("prepare.scan pixels", 1)]


@pytest.mark.parametrize(("target", "name", "larger"), [("label", "accuracy", True), ("forecast", "rmse", False)])
def test_the_direction_is_that_of_the_score(target, name, larger):
    (board,) = boards(
        seeds(0.3, name=name, larger=larger, target=target)
        + seeds(0.8, name=name, larger=larger, target=target, model__hidden_size=64)
    )
    assert board.larger_is_better == larger
    assert board.rows[0].rank.mean == pytest.approx(0.801 if larger else 0.301)
    assert board.rows[0].baseline == "hard"


@pytest.mark.slow
def test_seeds_whose_predictions_are_kept_are_paired(monkeypatch, answers, tmp_path):
    """Examples are drawn together for both models; the headline is the target's own Score."""
    results = []
    for place, share in enumerate((0.8, 0.9)):
        for seed in range(3):
            (scores, table), name = answers(share, own=3 * place + seed), f"p{place}{seed}"
            write_table(tmp_path / name, table)
            params = {**PARAMS, "model.hidden_size": place}
            results.append(Result("digits", seed, params, "c", scores, "exp", "abc", "t", "w", name))
    monkeypatch.setattr(leaderboard, "cached", lambda folder: {"test.parquet": tmp_path / folder})
    (board,) = boards(results)
    assert [(row.rank.standing, row.rank.paired) for row in board.rows] == [("best", None), ("worse", True)]


def of_members(value, count, seed=0, **params):
    """A result of several members, each a hair better than the one before."""
    one = result(value, seed, **params)
    (score,) = one.scores["intervals"]
    members = [value + 0.001 * (number - (count - 1) / 2) for number in range(count)]
    score |= {"members": members} | ({"together": dict(score)} if count > 1 else {})
    return replace(one, scores=one.scores | {"seeds": count})


def test_members_count_as_seeds_and_a_seed_counts_once():
    (board,) = boards([of_members(0.9, 3), of_members(0.8, 3, model__variant="stacked")])
    assert [(row.rank.standing, len(row.seeds)) for row in board.rows] == [("best", 3), ("worse", 3)]
    assert board.rows[0].seeds == sorted(member_seeds(0, 3))
    assert board.rows[0].rank.interval == Estimate(0.9, 0.89, 0.91)  # as it is reported
    (board,) = boards([of_members(0.9, 3), of_members(0.8, 2, model__variant="stacked")])
    assert [row.rank.standing for row in board.rows] == ["best", "few"]
    # The number of seeds makes no other model: two members of three are the same.
    (board,) = boards([of_members(0.9, 3), of_members(0.9, 2, train__seeds=2), of_members(0.9, 3, seed=1)])
    (row,) = board.rows
    assert row.seeds == sorted({*member_seeds(0, 3), *member_seeds(1, 3)})


def test_results_of_before_there_were_members_rank_beside_them():
    (board,) = boards([*seeds(0.9), of_members(0.8, 3, model__variant="stacked")])
    assert [(row.name, row.rank.standing, len(row.seeds)) for row in board.rows] == [
        ("vanilla", "best", 3),
        ("stacked", "worse", 3),
    ]


def test_the_page():
    text = page(boards([*seeds(0.9), result(0.8, 0, model__variant="stacked")]), ["exp-7: its run failed"], ["a", "b"])
    assert "Written by `kassandra leaderboard a b` from" in text
    assert "| **best** | vanilla | 0.9010 [0.8907, 0.9113] | 3 | 1,234 | 12 | abc1234 | 0.5000 (hard) |" in text
    assert "| needs 3 seeds | stacked | 0.8000 | 1 | 1,234 | – | abc1234 | 0.5000 (hard) |" in text
    assert "## Left out\n\n- exp-7: its run failed\n" in text


@pytest.fixture
def board(monkeypatch, kassandra, tmp_path):
    """Runs `kassandra leaderboard` where these results, each with weights of its own, are recorded."""
    monkeypatch.setattr(recorded, "first_with", lambda weights: "abc1234" if weights == "committed" else "")

    def board(results, *options):
        monkeypatch.setattr(recorded, "read", lambda names: recorded.Recorded(list(results), ["exp-7: its run failed"]))
        return kassandra("leaderboard", *options)

    return board


def with_weights(results, *weights):
    return [replace(each, weights=own) for each, own in zip(results, weights, strict=True)]


def test_it_is_printed_and_no_page_is_written(board, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    done = board([*seeds(0.9), result(0.8, 0, model__variant="[stacked]")])
    assert (done.status, done.err) == (0, "")
    assert "digits: accuracy of 2 models; best is vanilla with 0.9010" in done.out
    assert re.search(r"best +vanilla +0.9010 \[0.8907, 0.9113\] +3 +1,234 +12 +abc1234 +0.5000 \(hard\)", done.out)
    assert re.search(r"needs 3 seeds +\[stacked\] +0.8000 +1 +1,234 +–", done.out)
    assert "Left out: exp-7: its run failed" in done.out
    assert not list((tmp_path / "docs").iterdir())


def test_no_row_of_a_page_is_lost(board, tmp_path):
    """Neither a model, nor a seed of one, that this clone cannot see; nor a page that is none of ours."""
    path = tmp_path / "page.md"
    both = with_weights([*seeds(0.9), result(0.8, 0, model__variant="stacked")], "a", "b", "c", "d")
    assert board(both, "--output", str(path)).out.endswith(f"Wrote {path}\n")
    before = path.read_text()
    for some, lost in ((both[:3], 1), (both[1:], 1), (both[1:3], 2)):
        done = board(some, "--output", str(path))
        assert done.status == 1
        assert done.err.startswith(f"Error: {path}: {lost} of its 2 rows are of results that are not recorded here, or")
        assert done.err.count("\n") <= 1
        assert path.read_text() == before
    more = with_weights(seeds(0.7, model__hidden_size=64), "e", "f", "g")
    assert board([*both, *more], "--output", str(path)).status == 0  # none lost, names changed
    assert board(both[:3], "--output", str(path), "--force").status == 0
    assert "stacked" not in path.read_text()


def test_a_row_that_a_later_commit_replaced_is_not_lost(board, tmp_path):
    path = str(tmp_path / "page.md")
    assert board(with_weights([result(0.8, 0)], "committed"), "--output", path).status == 0
    assert board(with_weights([result(0.9, 0)], "new"), "--output", path).status == 0
    assert board(with_weights([result(0.7, 0)], "newer"), "--output", path).status == 1


def test_a_page_of_before_and_a_page_of_somebody_else(board, tmp_path):
    path = tmp_path / "page.md"
    board(seeds(0.9), "--output", str(path))
    path.write_text(path.read_text().partition("<!-- results")[0])
    assert f"{path}: 1 of its 1 rows are of results that are not known" in board(seeds(0.9), "--output", str(path)).err
    path.write_text("# Mine\n")
    assert "is no leaderboard, so it is not overwritten" in board(seeds(0.9), "--output", str(path)).err
    assert path.read_text() == "# Mine\n"
