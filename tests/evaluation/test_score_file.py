"""metrics/<pipeline>/test.json, and what `dvc metrics show` makes of it."""

import json

import numpy as np
import pytest

from kassandra.evaluation.classification import report
from kassandra.evaluation.score_file import contents

TRAINED_ON = {"torch": "2.13.0", "device": "cpu", "threads": "2"}


@pytest.fixture(scope="module")
def file():
    targets = np.arange(60) % 3
    log_probabilities = np.log(np.eye(3)[np.where(np.arange(60) < 50, targets, 0)] * 0.7 + 0.1)
    baselines = {"one": np.zeros(60, int), "two": np.where(np.arange(60) < 30, targets, 2)}
    scores = contents(
        report(targets, log_probabilities, baselines, ["a", "b", "c"], 0), 60, 12345, TRAINED_ON, {"torch": "2"}
    )
    return json.loads(json.dumps(scores))


def test_numbers_alone_at_the_top_and_all_else_in_lists(file):
    """`dvc metrics show` makes columns of numbers and of mappings, and leaves lists out."""
    numbers = [name for name, value in file.items() if isinstance(value, (int, float)) and not isinstance(value, bool)]
    assert numbers == [
        "accuracy", "accuracy_low", "accuracy_high", "precision", "recall", "f1", "loss",
        "baseline_accuracy", "examples", "parameters",
    ]  # fmt: skip
    assert all(isinstance(file[name], list) for name in set(file) - set(numbers))


def test_the_same_figures_at_the_top_and_below(file):
    for score in file["intervals"]:
        assert file[score["score"]] == score["value"]
        assert score["low"] <= score["value"] <= score["high"]
    accuracy = file["intervals"][0]
    assert (file["accuracy_low"], file["accuracy_high"]) == (accuracy["low"], accuracy["high"])
    assert (file["examples"], file["parameters"]) == (60, 12345)


def test_the_best_baseline_stands_at_the_top(file):
    assert [baseline["baseline"] for baseline in file["baselines"]] == ["one", "two"]
    assert file["baseline_accuracy"] == max(baseline["accuracy"]["value"] for baseline in file["baselines"])
    for baseline in file["baselines"]:
        assert baseline["gain"]["value"] == pytest.approx(file["accuracy"] - baseline["accuracy"]["value"], abs=2e-6)


def test_fingerprints(file):
    assert file["trained_on"] == ["torch: 2.13.0", "device: cpu", "threads: 2"]
    assert file["evaluated_on"] == ["torch: 2"]


def test_nothing_of_how_long_it_took(file):
    """What differs from run to run has no place in a reproducible file."""
    assert not [name for name in file if "second" in name or "time" in name]
