"""Calibration: the error as defined, and an interval that covers the truth even of a calibrated model."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.judging import figures
from kassandra.judging.bins import equal_mass
from kassandra.judging.score import resample
from kassandra.targets.label.evaluate.figures import reliability
from kassandra.targets.label.evaluate.scores import BINS, RESAMPLING, SCORES

ERROR = next(score for score in SCORES if score.name == "calibration_error")

pytestmark = pytest.mark.slow


def answers(examples=300, seed=0, excess=0.0):
    """Confidences of a model of two classes, and whether it is right: less often by `excess` than it says."""
    generator = np.random.default_rng(seed)
    confidence = 0.55 + 0.45 * generator.beta(4, 1.5, examples)
    return confidence, generator.random(examples) < confidence - excess


def table_of(confidence, right):
    columns = {"probability_a": confidence, "probability_b": 1 - confidence}
    return pd.DataFrame({"target": np.where(right, 0, 1), "predicted": 0, **columns})


def expected_calibration_error(confidence, right):
    table = table_of(confidence, right)
    return float(ERROR.of(table)(np.ones(len(table), np.int64)))


def calibration_error_score(confidence, right, seed):
    table = table_of(confidence, right)
    (got,) = resample([(ERROR, table)], RESAMPLING.units(table), seed)
    return got.estimate


CONFIDENCES = st.lists(st.tuples(st.sampled_from([0.5, 0.6, 0.75, 0.9, 0.99, 1.0]), st.booleans()), min_size=1)


def split(pairs):
    return np.array([confidence for confidence, _ in pairs]), np.array([right for _, right in pairs])


@given(CONFIDENCES)
def test_error_as_defined(pairs):
    """Guo et al., eq. 3: the sum over bins of |accuracy - confidence|, each weighing as much as it has examples."""
    confidence, right = split(pairs)
    bin_of = equal_mass(confidence, BINS)
    expected = sum(
        abs(right[bin_of == number].mean() - confidence[bin_of == number].mean()) * (bin_of == number).mean()
        for number in range(bin_of.max() + 1)
    )
    assert expected_calibration_error(confidence, right) == pytest.approx(expected, abs=1e-12)


@given(CONFIDENCES, st.randoms())
def test_the_order_of_examples_is_nothing_to_the_error(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    assert expected_calibration_error(*split(shuffled)) == pytest.approx(expected_calibration_error(*split(pairs)))


def test_known_errors():
    sure = np.repeat([0.6, 0.8], 10)
    right = np.repeat([True, False, True, False], [6, 4, 8, 2])
    assert expected_calibration_error(sure, right) == pytest.approx(0)
    assert expected_calibration_error(sure, ~right) == pytest.approx((0.2 + 0.6) / 2)
    assert expected_calibration_error(np.ones(7), np.zeros(7, bool)) == 1


@given(st.lists(st.integers(0, 9), min_size=1), st.integers(1, 20))
def test_bins_keep_order_and_equals_together(values, bins):
    values = np.array(values)
    bin_of = equal_mass(values, bins)
    assert sorted(set(bin_of)) == list(range(bin_of.max() + 1))  # none is empty
    assert bin_of.max() < bins
    for a, b in zip(*np.divmod(np.arange(len(values) ** 2), len(values)), strict=True):
        assert values[a] > values[b] or bin_of[a] <= bin_of[b]
        assert values[a] != values[b] or bin_of[a] == bin_of[b]


@given(st.integers(1, 200), st.integers(1, 20))
def test_bins_of_distinct_values_have_about_equal_sizes(size, bins):
    counts = np.bincount(equal_mass(np.random.default_rng(size).permutation(size), bins))
    assert len(counts) == min(bins, size)
    assert counts.max() - counts.min() <= 1


def test_the_score_is_the_error_seeded_and_inside_of_its_interval():
    for excess in (0.0, 0.1, -0.1):
        confidence, right = answers(excess=excess)
        one, again, other = (calibration_error_score(confidence, right, seed) for seed in (0, 0, 1))
        assert one == again != other
        assert one.value == pytest.approx(expected_calibration_error(confidence, right))
        assert 0 <= one.low <= one.value <= one.high


def test_a_calibrated_model_may_have_no_error_and_another_may_not():
    assert calibration_error_score(*answers(), 0).low == 0
    assert calibration_error_score(*answers(excess=0.2), 0).low > 0.05


@pytest.mark.statistics
@pytest.mark.parametrize("excess", [0, 0.02, 0.05, 0.2])
def test_the_interval_covers_the_truth(excess):
    """A model too sure by `excess` everywhere has that error in any bins. Percentiles would cover a 0 never."""
    covered, trials = 0, 200
    for trial in range(trials):
        score = calibration_error_score(*answers(400, trial, excess), trials + trial)
        covered += score.low <= excess <= score.high
    assert covered / trials >= 0.86  # 0.90 and more of many trials


DRAWINGS = {
    "too sure": answers(excess=0.1),
    "too humble": answers(excess=-0.1),
    "one": (np.array([0.7]), np.array([True])),
    "perfect": (np.ones(20), np.ones(20, bool)),
    "all wrong": (np.full(20, 0.9), np.zeros(20, bool)),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawn_twice_the_same_bytes(tmp_path, name):
    one, other = tmp_path / "one.png", tmp_path / "other.png"
    for path in (one, other):
        reliability(*DRAWINGS[name], calibration_error_score(*DRAWINGS[name], 0), path)
    assert one.read_bytes() == other.read_bytes()


def test_what_the_plot_says(monkeypatch, tmp_path):
    kept = []
    monkeypatch.setattr(figures, "save", lambda figure, path: kept.append(figure))
    confidence, right = answers(excess=0.1)
    reliability(confidence, right, calibration_error_score(confidence, right, 0), tmp_path / "none.png")
    upper, lower = kept[0].axes
    assert upper.get_title() == f"Expected calibration error {calibration_error_score(confidence, right, 0)} on test"
    bin_of = equal_mass(confidence, BINS)
    x, y = upper.containers[0].lines[0].get_data()
    np.testing.assert_allclose(x, [confidence[bin_of == number].mean() for number in range(15)])
    np.testing.assert_allclose(y, [right[bin_of == number].mean() for number in range(15)])
    assert sum(bar.get_height() for bar in lower.patches) == len(confidence)  # none lies outside of the picture
    (bars,) = upper.containers[0].lines[2]
    for (_, low), (_, high) in bars.get_segments():
        assert upper.get_ylim()[0] <= low < high <= upper.get_ylim()[1]
