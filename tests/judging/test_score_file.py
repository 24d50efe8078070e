"""metrics/<pipeline>/test.json, and what `dvc metrics show` makes of it."""

import json

import numpy as np
import pytest

from kassandra.judging.intervals import Estimate
from kassandra.judging.judge import EqualityTest, Report, contents, judge
from kassandra.judging.score import Score
from kassandra.targets.label.evaluate.scores import RESAMPLING, SCORES, predictions

TRAINED_ON = {"torch": "2.13.0", "device": "cpu", "threads": "2"}


@pytest.fixture(scope="module")
def file():
    targets = np.arange(60) % 3
    log_probabilities = np.log(np.eye(3)[np.where(np.arange(60) < 50, targets, 0)] * 0.7 + 0.1)
    baselines = {"one": np.zeros(60, int), "two": np.where(np.arange(60) < 30, targets, 2)}
    table = predictions([str(row) for row in range(60)], targets, log_probabilities, ["a", "b", "c"])
    others = {name: table.assign(predicted=answers) for name, answers in baselines.items()}
    scores = contents(judge(SCORES, [table], table, others, RESAMPLING, 0), 12345, TRAINED_ON, {"torch": "2"})
    return json.loads(json.dumps(scores))


@pytest.mark.slow
def test_numbers_alone_at_the_top_and_all_else_in_lists(file):
    """`dvc metrics show` makes columns of numbers and of mappings, and leaves lists out."""
    numbers = [name for name, value in file.items() if isinstance(value, (int, float)) and not isinstance(value, bool)]
    assert numbers == [
        "accuracy", "accuracy_low", "accuracy_high", "baseline_accuracy", "examples", "seeds", "parameters",
    ]  # fmt: skip
    assert all(isinstance(file[name], list) for name in set(file) - set(numbers))


def test_the_same_figures_at_the_top_and_below(file):
    for score in file["intervals"]:
        assert score["low"] <= score["value"] <= score["high"]
    accuracy = file["intervals"][0]
    assert (file["accuracy"], file["accuracy_low"], file["accuracy_high"]) == (
        accuracy["value"],
        accuracy["low"],
        accuracy["high"],
    )
    assert (file["examples"], file["parameters"]) == (60, 12345)


def test_the_best_baseline_stands_at_the_top(file):
    assert [baseline["baseline"] for baseline in file["baselines"]] == ["one", "two"]
    assert file["baseline_accuracy"] == max(baseline["accuracy"]["value"] for baseline in file["baselines"])
    for baseline in file["baselines"]:
        assert baseline["gain"]["value"] == pytest.approx(file["accuracy"] - baseline["accuracy"]["value"], abs=2e-6)


def test_of_a_headline_that_is_better_when_lower():
    """A task may head its report with something else, of which the least is best."""
    scores = {"perplexity": Estimate(8.0, 7.0, 9.0), "loss": Estimate(2.08, 1.9, 2.2)}
    baselines = {"one": Estimate(20.0, 19.0, 21.0), "two": Estimate(10.0, 9.0, 11.0)}
    gains = {"one": Estimate(12.0, 11.0, 13.0), "two": Estimate(2.0, 1.0, 3.0)}
    alone = {name: [score.value] for name, score in scores.items()}
    kinds = (Score("perplexity", "lower", "per token"), Score("loss", "lower"))
    made = contents(Report(scores, alone, scores, baselines, gains, 70, kinds), 5, {}, {})
    numbers = {name: value for name, value in made.items() if not isinstance(value, list)}
    assert numbers == {
        "perplexity": 8.0, "perplexity_low": 7.0, "perplexity_high": 9.0,
        "baseline_perplexity": 10.0, "examples": 70, "seeds": 1, "parameters": 5,
    }  # fmt: skip
    assert next(iter(numbers)) == "perplexity"
    assert [score["score"] for score in made["intervals"]] == ["perplexity", "loss"]
    assert made["intervals"][0] | {"value": 0, "low": 0, "high": 0} == {
        "score": "perplexity", "value": 0, "low": 0, "high": 0, "better": "lower", "unit": "per token", "decimals": 4,
        "members": [8.0],
    }  # fmt: skip
    for baseline in made["baselines"]:
        name = baseline["baseline"]
        assert baseline["perplexity"] == baselines[name]._asdict()
        assert baseline["gain"] == gains[name]._asdict()


def small(**more):
    """A report of an error so small that six decimals would show little of it."""
    score, gain = (
        Estimate(0.0123456789, 0.0112345678, 0.0134567891),
        Estimate(0.0000123456, -0.0000023456, 0.0000223456),
    )
    one, kinds = {"rmse": score}, (Score("rmse", "lower"),)
    return Report(one, {"rmse": [score.value]}, one, {"zero": score}, {"zero": gain}, 7, kinds, **more)


def test_tests_and_cautions_stand_there_if_there_are_any(file):
    assert not {"tests", "cautions"} & set(file)
    tests = (EqualityTest("zero", "all", 2.25, 0.0312345678912), EqualityTest("zero", 1, -0.5, 1.0))
    made = contents(small(tests=tests, cautions=("Mind the gap.",)), 5, {}, {})
    assert json.loads(json.dumps(made)) == made
    assert made["tests"] == [
        {"baseline": "zero", "steps": "all", "statistic": 2.25, "p": 0.03123457},
        {"baseline": "zero", "steps": 1, "statistic": -0.5, "p": 1.0},
    ]
    assert made["cautions"] == ["Mind the gap."]


def test_small_numbers_keep_their_digits(file):
    made = contents(small(), 5, {}, {})
    assert made["rmse"] == 0.01234568
    assert made["baselines"][0]["gain"] == {"value": 0.00001235, "low": -0.00000235, "high": 0.00002235}
    assert all(score["value"] == round(score["value"], 6) for score in file["intervals"])


def test_fingerprints(file):
    assert file["trained_on"] == ["torch: 2.13.0", "device: cpu", "threads: 2"]
    assert file["evaluated_on"] == ["torch: 2"]


def test_nothing_of_how_long_it_took(file):
    """What differs from run to run has no place in a reproducible file."""
    assert not [name for name in file if "second" in name or "time" in name]
