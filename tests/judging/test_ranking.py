"""Means over seeds: intervals that hold what they say, and the best one among those that are marked."""

import math
from dataclasses import replace

import numpy as np
import pytest

from kassandra.judging.intervals import LEVEL, Estimate, Z
from kassandra.judging.ranking import Entry, interval, rank
from kassandra.judging.score import Score, per_row


def entry(values, examples="test", half=0.01):
    """Of (seeds, examples) numbers, whose mean is the score; with what each adds, and intervals of a normal mean."""
    scores, sums = [], []
    for row in values:
        error = Z * row.std(ddof=1) / math.sqrt(len(row)) if len(row) > 1 else half
        scores.append(Estimate(row.mean(), row.mean() - error, row.mean() + error))
        sums.append(per_row(row))
    return Entry(scores, examples=examples, sums=sums, score=Score("mean", "higher"))


def drawn(generator, seeds, examples, of_seeds, of_examples, rest=0.5, mean=0.0, hard=None):
    """(seeds, examples): each seed shifts all examples, each example is as hard for all seeds, and the rest."""
    hard = generator.normal(0, of_examples, examples) if hard is None else hard
    return mean + generator.normal(0, of_seeds, seeds)[:, None] + hard + generator.normal(0, rest, (seeds, examples))


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize(("of_seeds", "of_examples"), [(0.1, 0.1), (0.2, 1.0), (0.01, 1.0)])
def test_the_interval_holds_the_truth_at_least_nineteen_times_in_twenty(seeds, of_seeds, of_examples):
    generator, trials, covered = np.random.default_rng(0), 400, 0
    for _ in range(trials):
        found = interval(entry(drawn(generator, seeds, 100, of_seeds, of_examples)).scores)
        covered += found.low <= 0 <= found.high
    assert covered / trials >= LEVEL - 0.02


@pytest.mark.slow
@pytest.mark.parametrize("which", ["seeds", "examples"])
def test_the_interval_of_one_source_alone_would_not(which):
    """What this guards against: with both, either alone holds the truth far less often."""
    generator, trials, covered = np.random.default_rng(0), 300, 0
    for _ in range(trials):
        scores = entry(drawn(generator, 3, 100, 0.2, 1.0)).scores
        values = np.array([score.value for score in scores])
        reach = 4.3027 * values.std(ddof=1) / math.sqrt(3) if which == "seeds" else scores[0].high - scores[0].value
        covered += abs(values.mean()) <= reach
    assert covered / trials < LEVEL - 0.02


@pytest.mark.statistics
@pytest.mark.slow
def test_the_truly_best_is_marked_although_the_best_was_picked():
    """Six models, all but the same; the first is truly best by a hair. It is marked in 19 of 20 draws or more."""
    generator, trials, marked = np.random.default_rng(0), 150, 0
    for _ in range(trials):
        hard = generator.normal(0, 1, 80)
        models = [entry(drawn(generator, 3, 80, 0.1, 1.0, mean=1e-9 * (number == 0), hard=hard)) for number in range(6)]
        marked += rank(models, larger_is_better=True)[0].standing in ("best", "tied")
    assert marked / trials >= LEVEL


def test_a_worse_one_is_distinguished_from_the_best_on_the_same_examples_alone():
    generator = np.random.default_rng(0)
    hard = generator.normal(0, 1, 200)
    good = entry(drawn(generator, 3, 200, 0.001, 1.0, rest=0.01, mean=0.05, hard=hard))
    bad = entry(drawn(generator, 3, 200, 0.001, 1.0, rest=0.01, hard=hard))
    assert [found.standing for found in rank([bad, good], larger_is_better=True)] == ["worse", "best"]
    assert [found.standing for found in rank([bad, good], larger_is_better=False)] == ["best", "worse"]
    assert rank([bad, good], larger_is_better=True)[0].paired
    for other in (replace(bad, examples="others"), replace(bad, sums=())):
        found = rank([other, good], larger_is_better=True)[0]
        assert (found.standing, found.paired) == ("tied", False)


def test_seeds_that_differ_much_tell_nothing():
    generator = np.random.default_rng(0)
    hard = generator.normal(0, 1, 200)
    good = entry(drawn(generator, 3, 200, 0.2, 1.0, rest=0.01, mean=0.05, hard=hard))
    bad = entry(drawn(generator, 3, 200, 0.2, 1.0, rest=0.01, hard=hard))
    assert {found.standing for found in rank([bad, good], larger_is_better=True)} == {"best", "tied"}


def test_with_few_seeds_nothing_is_ranked_best():
    few = Entry([Estimate(0.9, 0.89, 0.91)] * 2)
    enough = Entry([Estimate(0.5, 0.49, 0.51)] * 3)
    assert [found.standing for found in rank([few, enough], True)] == ["few", "best"]
    assert [(found.standing, found.interval) for found in rank([few, few], True)] == [("few", None)] * 2


def test_an_interval_ends_at_the_largest_score_that_there_can_be():
    scores = [Estimate(value, value - 0.01, value + 0.005) for value in (0.98, 0.99, 0.995)]
    assert rank([Entry(scores)], True)[0].interval.high > 1
    assert rank([Entry(scores, largest=1.0)], True)[0].interval.high == 1


def test_more_models_to_pick_from_make_it_harder_to_be_sure():
    """The difference is between what two, and what twenty models need."""
    good, bad = ([Estimate(value + shift, value + shift - 0.02, value + shift + 0.02) for shift in (-0.01, 0, 0.01)]
                 for value in (0.55, 0.51))  # fmt: skip
    two = rank([Entry(good), Entry(bad)], True)
    twenty = rank([Entry(good), *[Entry(bad)] * 19], True)
    assert two[1].standing == "worse"
    assert {found.standing for found in twenty[1:]} == {"tied"}
