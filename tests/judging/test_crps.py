"""The CRPS against numerical integration, and what it sees."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.integrate import quad

from kassandra.contracts.spec import LEVELS
from kassandra.judging import crps, distributions

PLACES = (-4.0, -0.3, 0.0, 1.7, 6.0)


def integrated(distribution, observed):
    below, _ = quad(lambda x: distribution.cdf(x) ** 2, -np.inf, observed)
    above, _ = quad(lambda x: distribution.sf(x) ** 2, observed, np.inf)
    return below + above


@pytest.mark.parametrize("observed", PLACES)
def test_closed_forms_are_the_integrals(observed):
    assert crps.gaussian(observed, 0.5, 1.5) == pytest.approx(integrated(stats.norm(0.5, 1.5), observed))
    for freedom in (2.1, 5.0, 30.0):
        distribution = stats.t(freedom, 0.5, 1.5)
        assert crps.student(observed, 0.5, 1.5, freedom) == pytest.approx(integrated(distribution, observed), rel=1e-6)


def spread(x, at, levels):
    """The distribution function that `crps.quantiles` integrates, by hand."""
    low, high = (
        ((at[1] - at[0]) / np.log(levels[1] / levels[0])),
        (at[-1] - at[-2]) / np.log((1 - levels[-2]) / (1 - levels[-1])),
    )
    if x < at[0]:
        return levels[0] * np.exp((x - at[0]) / low)
    if x > at[-1]:
        return 1 - (1 - levels[-1]) * np.exp((at[-1] - x) / high)
    return np.interp(x, at, levels)


@pytest.mark.parametrize("observed", PLACES)
def test_quantiles_are_the_integral_of_their_distribution(observed):
    levels, at = np.array([0.1, 0.3, 0.5, 0.9]), np.array([-1.0, -0.5, 0.2, 2.0])
    x = np.linspace(-30, 40, 700_001)
    values = np.array([spread(each, at, levels) for each in x[::100]])
    whole = np.interp(x, x[::100], values) - (x >= observed)
    assert crps.quantiles([observed], at[None], levels) == pytest.approx([(whole**2).sum() * 1e-4], rel=2e-3)


def of_quantiles(at):
    """Of a standard normal value, on average: of evenly spread levels."""
    observed = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    return crps.quantiles(observed, np.broadcast_to(at, (len(observed), len(at))), LEVELS).mean()


def test_a_perfect_forecast_reads_what_it_is_and_wide_tails_are_seen():
    at = stats.norm.ppf(LEVELS)
    assert of_quantiles(at) == pytest.approx(0.5642, abs=0.003)  # 1 / √π; without tails 0.592
    wide = at.copy()
    wide[[0, -1]] *= 3
    assert of_quantiles(wide) > 1.05 * of_quantiles(at)
    assert of_quantiles(1.5 * at) > of_quantiles(at) < of_quantiles(0.7 * at)


def test_units_equal_quantiles_and_far_values():
    at, observed = np.array([[-1.0, 0.0, 1.0]]), np.array([0.4])
    once = crps.quantiles(observed, at, [0.1, 0.5, 0.9])
    assert crps.quantiles(1000 * observed, 1000 * at, [0.1, 0.5, 0.9]) == pytest.approx(1000 * once)
    point = np.zeros((1, 3))
    assert crps.quantiles([2.0], point, [0.1, 0.5, 0.9]) == pytest.approx([2.0])  # a point has its absolute error
    assert crps.quantiles([0.0], point, [0.1, 0.5, 0.9]) == pytest.approx([0.0])


def test_what_is_no_distribution_is_refused():
    with pytest.raises(ValueError, match="scale has to be above 0"):
        crps.gaussian(0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="freedom - 1 has to be above 0"):
        crps.student(0.0, 0.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="quantiles decrease"):
        crps.quantiles([0.0], [[1.0, 0.0]], [0.1, 0.9])
    with pytest.raises(ValueError, match="increase within"):
        crps.quantiles([0.0], [[0.0, 1.0]], [0.9, 0.1])
    with pytest.raises(ValueError, match="are not"):
        crps.quantiles([0.0], [[0.0, 1.0, 2.0]], [0.1, 0.9])


def test_in_blocks_it_is_the_same(monkeypatch):
    generator = np.random.default_rng(0)
    drawn = np.sort(generator.normal(size=(50, len(LEVELS))))
    table = pd.DataFrame(
        dict(zip(distributions.QUANTILES, drawn.T, strict=True)) | {"observed": generator.normal(size=50)}
    )
    whole = distributions.crps_of(table)
    monkeypatch.setattr(distributions, "BLOCK", 7)
    np.testing.assert_array_equal(distributions.crps_of(table), whole)
