"""From a trained folder to the parameters of a distribution, in the units of the series."""

import numpy as np
import pytest
from scipy import stats

from kassandra.contracts.artifacts import read_json
from kassandra.contracts.spec import LEVELS
from kassandra.inference import load
from kassandra.targets.forecast.evaluate.stage import predictions
from tests.untrained import save_untrained

pytestmark = pytest.mark.slow


@pytest.fixture
def forecast(prepared_prices, tmp_path):
    """What a model with this head forecasts of the test split, and the table of it."""

    def forecast(head):
        meta = read_json(prepared_prices / "meta.json")
        model = load(save_untrained(tmp_path / head, "series", "forecast", meta, head=head))
        split = model.pair.read(prepared_prices / "test.npz")
        (done,) = model.of_members(split)
        return done, predictions(split.inputs, done, None, meta)

    return forecast


@pytest.mark.parametrize("head", ["gaussian", "student"])
def test_quantiles_are_those_of_the_distribution(forecast, head):
    done, table = forecast(head)
    law = done.distribution
    assert list(law) == ["place", "spread", "freedom"][: 2 if head == "gaussian" else 3]
    assert all(values.shape == done.point.shape for values in law.values())
    assert (law["spread"] > 0).all()
    drawn = stats.norm if head == "gaussian" else stats.t(law["freedom"])
    for level, quantiles in zip(LEVELS, done.quantiles, strict=True):
        np.testing.assert_allclose(quantiles, law["place"] + law["spread"] * drawn.ppf(level), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(done.point, law["place"], rtol=1e-5, atol=1e-9)
    assert table["spread"].tolist() == law["spread"].ravel().tolist()


@pytest.mark.parametrize("head", ["point", "quantiles"])
def test_others_have_none(forecast, head):
    done, table = forecast(head)
    assert done.distribution == {}
    assert not {"place", "spread", "freedom"} & set(table)
