"""Every variant trains on every kind of input: numbers in windows, and features of unequal lengths."""

import numpy as np
import pytest

from kassandra.inference import load

pytestmark = pytest.mark.slow
VARIANTS = [
    {"variant": "vanilla"},
    {"variant": "stacked"},
    {"variant": "bidirectional", "readout": "concat"},
    {"variant": "attention", "bidirectional": True, "num_layers": 2},
    {"variant": "vanilla", "cell": "gru"},
]


@pytest.mark.parametrize("model", VARIANTS, ids=lambda model: "-".join(map(str, model.values())))
def test_forecasts(prepared_prices, train_small, model):
    forecaster = load(
        train_small(
            "series", "forecast", prepared_prices, {**model, "head": "student"}, {"epochs": 1, "batch_size": 64}
        ).folder
    )
    forecast = forecaster.outputs(forecaster.pair.read(prepared_prices / "test.npz"))
    assert np.isfinite(forecast.point).all()
    assert (np.diff(forecast.quantiles, axis=0) > 0).all()
    assert (forecast.attention is not None) == (model["variant"] == "attention")


@pytest.mark.parametrize("model", VARIANTS, ids=lambda model: "-".join(map(str, model.values())))
def test_speech(prepared_speech, train_small, model):
    predictor = load(train_small("audio", "label", prepared_speech, model, {"epochs": 1, "batch_size": 10}).folder)
    outputs = predictor.outputs(predictor.pair.read(prepared_speech / "test.npz"))
    assert np.allclose(np.exp(outputs.log_probabilities).sum(1), 1)
