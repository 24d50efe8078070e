"""`model.linear: fitted`: the model begins as a ridge regression of the window, and the LSTM learns what it leaves."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from kassandra.contracts.spec import LEVELS, ModelSpec
from kassandra.lstm.batch import Batch
from kassandra.lstm.heads import HEADS
from kassandra.params.targets.forecast import Model
from kassandra.targets.forecast.train import linear_map
from kassandra.targets.forecast.train.beside import fit, weigh
from kassandra.targets.forecast.train.target import Target, build

SPEC = ModelSpec(outputs=2, features=3, steps=4)


def model_of(**params):
    torch.manual_seed(0)
    return build(SPEC, Model.model_validate({"variant": "vanilla", "hidden_size": 5, "linear": "fitted", **params}))


def batches(seed, windows=90, unit=None):
    """Targets that are linear in the window, and noise."""
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(windows, 4, 3, generator=generator)
    true = torch.randn(12, 2, generator=torch.Generator().manual_seed(9))
    targets = inputs.flatten(1) @ true + 0.5 + 0.3 * torch.randn(windows, 2, generator=generator)
    whole = Batch(inputs, None, targets, unit=unit)
    halves = [slice(None, windows // 2), slice(windows // 2, None)]
    parts = [Batch(inputs[at], None, targets[at], unit=None if unit is None else unit[at]) for at in halves]
    return whole, lambda: [(None, part) for part in parts]


@pytest.mark.parametrize("head", HEADS)
def test_it_begins_as_ridge_regression_with_its_errors(head):
    model, (whole, train), (_, valid) = model_of(head=head), batches(0), batches(1)
    alpha = fit(model, train, valid)
    x, y = whole.inputs.flatten(1).numpy().astype(float), whole.targets.numpy().astype(float)
    line = Ridge(alpha).fit(x, y).predict(x)
    errors = y - line
    with torch.no_grad():
        raw = model.eval()(whole.inputs)
        forecast = model.forecast(raw)
    if forecast.quantiles is not None:
        middle = forecast.quantiles[LEVELS.index(0.5)].numpy()
        np.testing.assert_allclose(middle, line + np.median(errors, axis=0), atol=0.05)
    if head == "quantiles":
        for level, quantile in zip(LEVELS, forecast.quantiles.numpy(), strict=True):
            np.testing.assert_allclose(quantile - line, np.tile(np.quantile(errors, level, 0), (90, 1)), atol=1e-4)
    else:
        np.testing.assert_allclose(forecast.point.numpy(), line + errors.mean(0), atol=1e-4)
    if head == "gaussian":
        spread = model.head.distribution(raw)["spread"]
        np.testing.assert_allclose(spread[0].numpy(), errors.std(0), rtol=1e-3)


def test_validation_chooses_the_penalty():
    """Where nothing is linear in the window, the largest; where all is, a small one."""
    _, train = batches(0)
    assert fit(model_of(), train, batches(1)[1]) < 10
    nothing = [(None, Batch(torch.randn(60, 4, 3), None, torch.randn(60, 2)))]
    assert (
        fit(model_of(), lambda: nothing, lambda: [(None, Batch(torch.randn(60, 4, 3), None, torch.zeros(60, 2)))]) > 100
    )


def test_windows_count_by_their_unit():
    """Those whose losses count nothing decide nothing."""
    unit = torch.cat([torch.ones(45, 2), torch.zeros(45, 2)])
    first, both = model_of(), model_of()
    whole, train = batches(0, unit=unit)
    fit(both, train, train)
    half = Batch(whole.inputs[:45], None, whole.targets[:45])
    fit(first, lambda: [(None, half)], lambda: [(None, half)])
    torch.testing.assert_close(first.highway.weight, both.highway.weight)


def test_of_long_windows_the_last_numbers_are_read(monkeypatch):
    monkeypatch.setattr(linear_map, "LARGEST", 5)
    model, (_, train) = model_of(), batches(0)
    fit(model, train, train)
    assert not model.highway.weight[:, :7].any()
    assert model.highway.weight[:, 7:].all()


@pytest.mark.parametrize(("much", "factor"), [(0.0, 0.0), (0.4, 0.4), (1.0, 1.0), (2.0, 1.0)])
def test_validation_says_how_much_of_what_the_lstm_adds_is_right(much, factor):
    model, (whole, train) = model_of(head="point").eval(), batches(0)
    fit(model, train, train)
    with torch.no_grad():
        model.linear.weight.normal_()
        adds = model.linear(model.encode(whole.inputs).summary)
        targets = model.highway(whole.inputs.flatten(1)) + adds.mean(0) + much * (adds - adds.mean(0))
    assert weigh(model, [(None, Batch(whole.inputs, None, targets))]) == pytest.approx(factor, abs=0.01)
    with torch.no_grad():
        if much <= 1:
            torch.testing.assert_close(model(whole.inputs)[..., 0], targets, atol=0.02, rtol=0.02)


@pytest.mark.parametrize("head", HEADS)
def test_it_is_never_worse_on_validation_than_before(head):
    model, (_, train), (whole, valid) = model_of(head=head).eval(), batches(0), batches(1)
    fit(model, train, valid)
    with torch.no_grad():
        model.linear.weight.normal_(std=0.3)
    before = model.losses(model(whole.inputs), whole.targets).mean().item()
    assert 0 <= weigh(model, valid()) <= 1
    assert model.losses(model(whole.inputs), whole.targets).mean().item() <= before + 1e-6


def test_it_is_left_as_it_is():
    model = model_of()
    assert not any(weight.requires_grad for weight in model.highway.parameters())
    assert model_of(linear=True).highway.weight.requires_grad


def test_what_is_no_fitted_map_begins_as_before():
    for linear in (False, True):
        model = model_of(linear=linear)
        before = {name: value.clone() for name, value in model.state_dict().items()}
        assert Target.begin(None, model, None, None, None) == []
        assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
