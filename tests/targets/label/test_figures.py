"""Curves: the areas of scikit-learn with intervals, and what stands in the pictures."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from kassandra.judging import class_figures
from kassandra.judging.score import resample
from kassandra.targets.label.evaluate.figures import roc_and_precision_recall
from kassandra.targets.label.evaluate.scores import AREAS, RESAMPLING, SCORES, predictions, rankings

pytestmark = pytest.mark.slow

FOUR = ["World", "Sports", "Business", "Sci/Tech"]


def made(examples=120, classes=2, seed=0, skill=1.0, decimals=8):
    """Targets, and log-probabilities of a model with some skill; with few decimals, many of them equal."""
    generator = np.random.default_rng(seed)
    targets = np.append(np.arange(classes), generator.integers(0, classes, examples - classes))
    logits = generator.normal(size=(examples, classes))
    logits[np.arange(examples), targets] += skill * (1 + targets / classes)
    logits = logits.round(decimals)
    return targets, logits - np.log(np.exp(logits).sum(1, keepdims=True))


def area_scores(targets, log_probabilities, seed):
    classes = [str(label) for label in range(log_probabilities.shape[1])]
    table = predictions([str(row) for row in range(len(targets))], targets, log_probabilities, classes)
    got = resample([(score, table) for score in SCORES if score.name in AREAS], RESAMPLING.units(table), seed)
    return {each.score.name: each.estimate for each in got if each}


def areas(targets, log_probabilities):
    ranked, once = rankings(targets, np.exp(log_probabilities)), np.ones(len(targets), np.int64)
    got = np.array([ranking.areas(once) for ranking in ranked])
    return dict(zip(AREAS, got.mean(0).tolist(), strict=True)) if ranked else {}


@settings(max_examples=40)
@given(st.integers(2, 60), st.integers(0, 10**6), st.sampled_from([0, 1, 8]))
def test_areas_of_two_classes_are_those_of_scikit_learn(examples, seed, decimals):
    targets, log_probabilities = made(examples, 2, seed, decimals=decimals)
    odds = np.exp(log_probabilities[:, 1] - log_probabilities[:, 0]).round(10)  # what is equal to us is equal to them
    log_probabilities = np.log(np.stack([np.ones(examples), odds], 1))
    expected = {
        "roc_auc": metrics.roc_auc_score(targets, odds),
        "average_precision": metrics.average_precision_score(targets, odds),
    }
    assert areas(targets, log_probabilities) == pytest.approx(expected)


@settings(max_examples=20)
@given(st.integers(3, 5), st.integers(0, 10**6))
def test_areas_of_more_classes_are_their_means_one_against_the_rest(classes, seed):
    targets, log_probabilities = made(40, classes, seed)
    expected = {
        "roc_auc": metrics.roc_auc_score(targets, np.exp(log_probabilities), multi_class="ovr"),
        "average_precision": metrics.average_precision_score(np.eye(classes)[targets], log_probabilities),
    }
    assert areas(targets, log_probabilities) == pytest.approx(expected)


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_a_weight_is_as_many_examples(seed):
    """The bootstrap weighs rows instead of repeating them."""
    targets, log_probabilities = made(30, 2, seed, decimals=1)
    rows = np.append([0, 1], np.random.default_rng(seed).integers(0, 30, 28))  # of both classes
    (ranking,) = rankings(targets, np.exp(log_probabilities))
    expected = areas(targets[rows], log_probabilities[rows])
    assert ranking.areas(np.bincount(rows, minlength=30)) == pytest.approx(tuple(expected.values()))


def test_known_areas():
    targets, odds = np.array([0, 0, 1, 1]), np.array([-2.0, -1.0, 1.0, 2.0])
    log_probabilities = np.stack([-np.logaddexp(0, odds), -np.logaddexp(0, -odds)], 1)
    assert areas(targets, log_probabilities) == {"roc_auc": 1, "average_precision": 1}
    assert areas(1 - targets, log_probabilities)["roc_auc"] == 0
    assert areas(targets, np.log(np.full((4, 2), 0.5))) == {"roc_auc": 0.5, "average_precision": 0.5}


def test_certainty_beyond_rounding_still_has_an_order():
    odds = np.array([40.0, 41.0])  # both log-probabilities of the second class are 0 to double precision
    log_probabilities = np.stack([-np.logaddexp(0, odds), -np.log1p(np.exp(-odds)).round(16)], 1)
    assert areas(np.array([0, 1]), log_probabilities)["roc_auc"] == 1


@pytest.mark.parametrize("classes", [2, 4])
def test_scores_are_the_areas_with_intervals_seeded(classes):
    targets, log_probabilities = made(150, classes)
    one, again, other = (area_scores(targets, log_probabilities, seed) for seed in (0, 0, 1))
    assert one == again != other
    assert {name: score.value for name, score in one.items()} == areas(targets, log_probabilities)
    assert all(0 <= score.low < score.value < score.high <= 1 for score in one.values())


def test_the_interval_is_as_wide_as_theory_says():
    """Hanley & McNeil (1982), eq. 2: the deviation of an area."""
    targets, log_probabilities = made(800, skill=0.8)
    score = area_scores(targets, log_probabilities, 0)["roc_auc"]
    a, positives, negatives = score.value, (targets == 1).sum(), (targets == 0).sum()
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    variance = (a * (1 - a) + (positives - 1) * (q1 - a * a) + (negatives - 1) * (q2 - a * a)) / positives / negatives
    assert score.high - score.low == pytest.approx(2 * 1.96 * np.sqrt(variance), rel=0.15)


def test_a_class_of_one_example_has_an_interval_though_resamples_lack_it():
    targets, log_probabilities = made(20)
    targets = (np.arange(20) == 7).astype(int)
    for score in area_scores(targets, log_probabilities, 0).values():
        assert np.isfinite(score).all()


def test_classes_that_are_not_there_are_left_out():
    targets, log_probabilities = made(60, 3)
    one_less = targets.clip(None, 1)
    each = [metrics.roc_auc_score(one_less == label, log_probabilities[:, label]) for label in (0, 1)]
    assert areas(one_less, log_probabilities)["roc_auc"] == pytest.approx(np.mean(each))
    assert areas(targets * 0, log_probabilities) == area_scores(targets * 0, log_probabilities, 0) == {}


def labels(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_two_classes_have_the_curve_of_the_second(shown):
    targets, log_probabilities = made()
    figure = shown(roc_and_precision_recall, targets, log_probabilities, ["negative", "positive"])
    roc, precision = figure.axes
    area = areas(targets, log_probabilities)
    assert figure.get_suptitle() == "“positive” or not"
    assert labels(figure) == [
        f"positive: {area['roc_auc']:.4f}; {area['average_precision']:.4f}",
        f"guessing: 0.5000; {targets.mean():.4f}",
    ]
    assert metrics.auc(*roc.lines[0].get_data()) == pytest.approx(area["roc_auc"])
    recalls, precisions = precision.lines[0].get_data()
    assert precision.lines[0].get_drawstyle() == "steps-pre"  # the area of the steps is the average precision
    assert (np.diff(recalls) * precisions[1:]).sum() == pytest.approx(area["average_precision"])
    assert list(precision.lines[1].get_ydata()) == [targets.mean()] * 2


def test_more_classes_have_a_curve_each_and_the_mean(shown):
    targets, log_probabilities = made(200, 4)
    figure = shown(roc_and_precision_recall, targets, log_probabilities, FOUR)
    area = areas(targets, log_probabilities)
    assert [label.split(":")[0] for label in labels(figure)] == [*FOUR, "mean of 4 classes", "guessing"]
    assert labels(figure)[4].endswith(f": {area['roc_auc']:.4f}; {area['average_precision']:.4f}")
    assert figure.get_suptitle() == "each class against the rest"
    for axis, expected in zip(figure.axes, area.values(), strict=True):
        assert axis.lines[4].get_ydata().mean() == pytest.approx(
            expected, abs=0.003
        )  # the mean curve has the mean area


def test_of_many_classes_the_weakest_are_drawn(shown):
    targets, log_probabilities = made(600, 13)
    names = [f"class {number}" for number in range(13)]
    figure = shown(roc_and_precision_recall, targets, log_probabilities, names)
    each = [metrics.roc_auc_score(targets == label, log_probabilities[:, label]) for label in range(13)]
    weakest = sorted(np.argsort(each)[:10])
    assert [label.split(":")[0] for label in labels(figure)[:10]] == [names[label] for label in weakest]
    assert labels(figure)[10].startswith(f"mean of 13 classes: {np.mean(each):.4f}")
    assert figure.get_suptitle().endswith("; the 10 of 13 with the smallest areas under ROC")


def matrix(classes):
    return np.random.default_rng(0).integers(0, 9, (classes, classes))


def by_class(classes):
    f1 = np.random.default_rng(0).random(classes)
    names = [f"class {number}" for number in range(classes)]
    return pd.DataFrame({"class": names, "examples": 7, "f1_low": f1 * 0.9, "f1_high": f1 * 1.1, "f1": f1})


DRAWINGS = {
    "confusion of 2": lambda path: class_figures.confusion(matrix(2), ["a", "b"], path),
    "confusion of 40": lambda path: class_figures.confusion(
        matrix(40), [f"class {number}" for number in range(40)], path
    ),
    "nothing wrong": lambda path: class_figures.confusion(np.diag([3, 5, 7]), ["ant", "bee", "centipede"], path),
    "a class that is not there": lambda path: class_figures.confusion(np.diag([3, 0, 7]), ["a", "b", "c"], path),
    "per class": lambda path: class_figures.per_class(by_class(3), path),
    "per class, 40": lambda path: class_figures.per_class(by_class(40), path),
    "two": lambda path: roc_and_precision_recall(*made(), ["negative", "positive"], path),
    "strange names": lambda path: roc_and_precision_recall(*made(60, 3), ["$5^{", "猫 \n\t$", "x" * 200], path),
    "strange second": lambda path: roc_and_precision_recall(*made(60, 2), ["a", "$\\frac 猫"], path),
    "one class": lambda path: roc_and_precision_recall(np.zeros(60, int), made(60, 3)[1], ["a", "b", "c"], path),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawn_twice_the_same_bytes(tmp_path, name):
    one, other = tmp_path / "one.png", tmp_path / "other.png"
    for path in (one, other):
        DRAWINGS[name](path)
    assert one.read_bytes() == other.read_bytes()


def test_confusion(shown):
    counts = np.array([[5, 2, 0], [0, 7, 0], [1, 0, 3]])
    (axis,) = shown(class_figures.confusion, counts, ["ant", "bee", "cat"]).axes
    written = {text.get_position(): text.get_text() for text in axis.texts}
    assert {(column, row): str(count or "") for (row, column), count in np.ndenumerate(counts)} == written
    assert axis.get_title() == "3 of 18 test examples are wrong (blue: right)"
    assert [label.get_text() for label in axis.get_yticklabels()] == ["ant", "bee", "cat"]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("what the model predicts", "what it is")
    np.testing.assert_allclose(axis.images[0].get_array(), [[0, 2 / 7, 0], [0, 0, 0], [1 / 4, 0, 0]])


def test_forty_classes_are_coloured_without_numbers(shown):
    (axis,) = shown(class_figures.confusion, matrix(40), [str(number) for number in range(40)]).axes
    assert not axis.texts


def test_per_class_with_the_weakest_on_top(shown):
    (axis,) = shown(class_figures.per_class, by_class(5)).axes
    names = [label.get_text() for label in axis.get_yticklabels()]
    best_first = by_class(5).sort_values("f1", ascending=False)["class"]
    assert names == [f"{name}  (7)" for name in best_first]  # the first tick is the lowest
