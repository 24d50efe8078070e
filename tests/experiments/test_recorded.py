"""What counts as a result of an experiment: what it ran, and seeds of the same that it found done."""

import pytest

from kassandra.experiments import recorded
from kassandra.experiments.recorded import Revision

# commit → pipeline → what stands for its stages in dvc.lock: code, seed
LOCKS = {
    "head": {"a": ("new", 0), "b": ("new", 0)},
    "old": {"a": ("old", 0), "b": ("old", 0), "c": ("old", 0)},
    "first": {"a": ("old", 1), "b": ("old", 0), "c": ("old", 0)},
    "second": {"a": ("old", 2), "b": ("old", 0), "c": ("old", 0)},
    "third": {"a": ("old", 0), "b": ("old", 0), "c": ("old", 0)},  # it was asked for the seed of its base
}


@pytest.fixture
def recorded_results(monkeypatch, tmp_path):
    (tmp_path / "dvc.yaml").touch()
    monkeypatch.chdir(tmp_path)

    def result(revision, name, stages):
        code, seed, *weights = stages
        return recorded.Result(name, seed, {}, code, {}, revision.name, revision.base, "", "".join(weights) or code, "")

    monkeypatch.setattr(recorded, "_git", lambda *arguments: b"head\n")
    monkeypatch.setattr(recorded, "_locked", lambda commit: LOCKS[commit or "head"])
    monkeypatch.setattr(recorded, "_result", result)
    all_three = [Revision(name, name, "old") for name in ("first", "second", "third")]
    monkeypatch.setattr(recorded, "_experiments", lambda: (all_three, []))
    return lambda *names: {(each.pipeline, each.code, each.seed) for each in recorded.read(list(names)).results}


def test_a_seed_that_the_base_had_already_is_one_more_of_the_same_model(recorded_results):
    assert recorded_results("a") == {("a", "new", 0), ("a", "old", 0), ("a", "old", 1), ("a", "old", 2)}


def test_what_was_made_again_by_code_that_changed_nothing_is_one_training(recorded_results, monkeypatch):
    monkeypatch.setitem(LOCKS, "head", {"a": ("new", 0, "old")})
    assert recorded_results("a") == {("a", "old", 0), ("a", "old", 1), ("a", "old", 2)}
    monkeypatch.setitem(LOCKS, "head", {"a": ("new", 3, "old")})  # another seed, though it has led to the same
    assert recorded_results("a") == {("a", "new", 3), ("a", "old", 0), ("a", "old", 1), ("a", "old", 2)}


def test_another_pipeline_of_an_experiment_that_is_long_past_is_no_result_of_it(recorded_results):
    assert recorded_results("b", "c") == {("b", "new", 0)}
