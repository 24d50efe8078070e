"""Scores of classifiers: those of scikit-learn, each with its interval."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from kassandra.judging.judge import judge
from kassandra.targets.label.evaluate.scores import RESAMPLING, SCORES, counts, precision_recall_f1, predictions
from kassandra.targets.label.evaluate.stage import mistakes, per_class

CLASSES = ["ant", "bee", "cat", "dog"]


def made(examples=80, classes=4, seed=0, right=0.6):
    """Targets, and log-probabilities of a model that is right now and then."""
    generator = np.random.default_rng(seed)
    targets = generator.integers(0, classes, examples)
    logits = generator.normal(size=(examples, classes))
    logits[np.arange(examples), targets] += 3 * (generator.random(examples) < right)
    return targets, logits - np.log(np.exp(logits).sum(1, keepdims=True))


def table_of(targets, log_probabilities, classes=CLASSES):
    return predictions([f"image {row}" for row in range(len(targets))], targets, log_probabilities, classes)


def report(targets, log_probabilities, baselines, classes, seed):
    table = table_of(targets, log_probabilities, classes)
    others = {name: table.assign(predicted=answers) for name, answers in baselines.items()}
    return judge(SCORES, [table], table, others, RESAMPLING, seed)


@pytest.fixture(scope="module")
def reported():
    targets, log_probabilities = made()
    baselines = {"always bee": np.ones(80, dtype=int), "the truth": targets}
    return targets, log_probabilities, report(targets, log_probabilities, baselines, CLASSES, 0)


@settings(max_examples=25)
@given(st.integers(2, 6), st.integers(1, 40), st.integers(0, 10**6))
def test_precision_recall_f1_are_those_of_scikit_learn(classes, examples, seed):
    """Also where a class is never predicted or never observed."""
    generator = np.random.default_rng(seed)
    targets, predicted = generator.integers(0, generator.integers(1, classes + 1, 2)[:, None], (2, examples))
    columns = {f"probability_{label}": 0.0 for label in range(classes)}
    sums = counts(pd.DataFrame({"target": targets, "predicted": predicted, **columns})).sum(0)
    expected = metrics.precision_recall_fscore_support(targets, predicted, labels=range(classes), zero_division=0)[:3]
    np.testing.assert_allclose(precision_recall_f1(sums), np.stack(expected), rtol=1e-12)


def test_scores_are_those_of_scikit_learn(reported):
    targets, log_probabilities, done = reported
    predicted, macro = log_probabilities.argmax(1), {"average": "macro", "zero_division": 0}
    expected = {
        "accuracy": metrics.accuracy_score(targets, predicted),
        "precision": metrics.precision_score(targets, predicted, **macro),
        "recall": metrics.recall_score(targets, predicted, **macro),
        "f1": metrics.f1_score(targets, predicted, **macro),
        "loss": metrics.log_loss(targets, np.exp(log_probabilities)),
        "roc_auc": metrics.roc_auc_score(targets, np.exp(log_probabilities), multi_class="ovr"),
        "average_precision": metrics.average_precision_score(np.eye(4)[targets], np.exp(log_probabilities)),
    }
    scores = done.scores
    assert {name: scores[name].value for name in expected} == pytest.approx(expected)
    of_many = ("micro_f1", "hamming_loss", "ranking_precision")
    assert list(scores) == [score.name for score in SCORES if score.name not in of_many]
    for score in scores.values():
        assert score.low < score.value < score.high


def test_baselines_and_what_the_model_adds(reported):
    targets, _, done = reported
    assert {name: score.value for name, score in done.baselines.items()} == {
        "always bee": (targets == 1).mean(),
        "the truth": 1.0,
    }
    assert list(done.gains) == list(done.baselines)
    for name, gain in done.gains.items():
        assert gain.value == pytest.approx(done.scores["accuracy"].value - done.baselines[name].value)
    assert done.gains["always bee"].low > 0 > done.gains["the truth"].high


def test_what_the_score_file_needs(reported):
    targets, _, done = reported
    assert (done.headline.name, done.units, done.headline.better) == ("accuracy", len(targets), "higher")


@pytest.mark.slow
def test_the_interval_of_a_gain_is_paired():
    """A baseline that predicts what the model predicts: the gain is 0 and varies little, though both accuracies do."""
    targets, log_probabilities = made()
    same = report(targets, log_probabilities, {"same": log_probabilities.argmax(1)}, CLASSES, 0)
    value, low, high = same.gains["same"]
    accuracy = same.scores["accuracy"]
    assert (value, low) == (0, -high)
    assert high - low < (accuracy.high - accuracy.low) / 2
    assert same.baselines["same"] == same.scores["accuracy"]


@pytest.mark.slow
def test_seeded():
    targets, log_probabilities = made()
    one, again, other = (report(targets, log_probabilities, {}, CLASSES, seed) for seed in (0, 0, 1))
    assert one.scores == again.scores
    tables = [per_class(table_of(targets, log_probabilities), seed) for seed in (0, 0, 1)]
    assert tables[0].equals(tables[1])
    assert not tables[0].equals(tables[2])
    assert one.scores["calibration_error"].high != other.scores["calibration_error"].high  # of resamples
    assert one.scores["loss"] == other.scores["loss"]


@pytest.mark.slow
def test_nothing_but_the_answers_matters_to_accuracy():
    targets, log_probabilities = made()
    sure = np.where(log_probabilities == log_probabilities.max(1, keepdims=True), -1e-3, -20.0)
    one, other = (report(targets, values, {}, CLASSES, 0) for values in (log_probabilities, sure))
    for name in ("accuracy", "precision", "recall", "f1"):
        assert one.scores[name] == other.scores[name]
    assert one.scores["loss"] != other.scores["loss"]


@pytest.mark.slow
def test_examples_in_another_order_have_the_same_scores():
    targets, log_probabilities = made()
    order = np.random.default_rng(1).permutation(len(targets))
    one, other = report(targets, log_probabilities, {}, CLASSES, 0), report(targets[order], log_probabilities[order], {}, CLASSES, 0)  # fmt: skip # noqa: E501
    for name, score in one.scores.items():
        assert other.scores[name].value == pytest.approx(score.value)


def test_per_class(reported):
    targets, log_probabilities, _ = reported
    rows, predicted = table_of(targets, log_probabilities), log_probabilities.argmax(1)
    table = per_class(rows, 0)
    assert list(table) == ["class", "examples", "precision", "recall", "f1_low", "f1_high", "f1"]
    assert table["class"].tolist() == CLASSES
    assert table["examples"].sum() == 80
    np.testing.assert_allclose(table["f1"], metrics.f1_score(targets, predicted, average=None))
    np.testing.assert_allclose(table["precision"], metrics.precision_score(targets, predicted, average=None))
    np.testing.assert_allclose(table["recall"], metrics.recall_score(targets, predicted, average=None))
    assert ((table["f1_low"] < table["f1"]) & (table["f1"] < table["f1_high"])).all()


def test_a_class_without_examples_and_one_that_is_never_predicted():
    targets = np.array([0, 0, 1, 1, 1])
    log_probabilities = np.log(np.eye(4)[[0, 3, 1, 1, 0]] * 0.9 + 0.025)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        done = report(targets, log_probabilities, {}, CLASSES, 0)
        by_class = per_class(table_of(targets, log_probabilities), 0)
    assert by_class["examples"].tolist() == [2, 3, 0, 0]
    assert by_class.iloc[2].tolist() == ["cat", 0, 0, 0, 0, 0, 0]
    assert np.isfinite(by_class.drop(columns="class").to_numpy()).all()
    assert all(np.isfinite(score).all() for score in done.scores.values())
    assert done.scores["accuracy"].value == 0.6
    macro = {"labels": range(4), "average": "macro", "zero_division": 0}  # each class of the task weighs the same
    expected = metrics.precision_recall_fscore_support(targets, log_probabilities.argmax(1), **macro)[:3]
    assert [done.scores[name].value for name in ("precision", "recall", "f1")] == pytest.approx(expected)


@pytest.mark.slow
def test_all_right_and_all_wrong():
    targets = np.arange(40) % 4
    right = report(targets, np.log(np.eye(4)[targets] * 0.96 + 0.01), {}, CLASSES, 0)
    wrong = report(targets, np.log(np.eye(4)[(targets + 1) % 4] * 0.96 + 0.01), {}, CLASSES, 0)
    assert right.scores["accuracy"] == pytest.approx((1, 40 / (40 + 1.96**2), 1), abs=1e-4)  # Wilson (1927)
    assert wrong.scores["accuracy"] == pytest.approx((0, 0, 1.96**2 / (40 + 1.96**2)), abs=1e-4)
    assert wrong.scores["f1"].value == wrong.scores["f1"].low == 0
    assert right.scores["loss"].value == pytest.approx(-np.log(0.97))


def test_mistakes_are_named_the_surest_first():
    targets, log_probabilities = made()
    table = mistakes(table_of(targets, log_probabilities))
    assert list(table) == ["row", "example", "target", "predicted", "probability"]
    assert table["probability"].is_monotonic_decreasing
    assert len(table) == (targets != log_probabilities.argmax(1)).sum()
    first = table.iloc[0]
    assert first["example"] == f"image {first['row']}"
    assert (first["target"], first["predicted"]) == tuple(CLASSES[i] for i in (targets[first["row"]], log_probabilities[first["row"]].argmax()))  # fmt: skip # noqa: E501
