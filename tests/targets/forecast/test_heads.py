"""Heads: what they forecast is what their loss asks for, and a linear map beside the encoder is just that."""

import math

import pytest
import torch
from scipy import stats

from kassandra.contracts.spec import LEVELS, ModelSpec
from kassandra.lstm.heads import HEADS
from kassandra.params.targets.forecast import Model
from kassandra.targets.forecast.train.target import build

SPEC = ModelSpec(outputs=6, features=3, steps=7)


def model_of(**params):
    torch.manual_seed(0)
    return build(SPEC, Model.model_validate({"variant": "vanilla", "hidden_size": 5, **params}))


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["vanilla", "stacked", "bidirectional", "attention"])
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("linear", [False, True])
def test_shapes(variant, head, linear):
    model = model_of(variant=variant, head=head, linear=linear)
    raw = model(torch.randn(4, 7, 3))
    assert raw.shape == (4, 6, HEADS[head].parameters)
    assert model.losses(raw, torch.randn(4, 6)).shape == (4, 6)
    forecast = model.forecast(raw)
    assert forecast.point.shape == (4, 6)
    assert forecast.quantiles is None if head == "point" else forecast.quantiles.shape == (len(LEVELS), 4, 6)


@pytest.mark.parametrize("head", ["gaussian", "student", "quantiles"])
def test_quantiles_never_cross(head):
    raw = torch.randn(50, 6, HEADS[head].parameters) * 5
    assert (HEADS[head].quantiles(raw).diff(dim=0) >= 0).all()


def test_zeros_are_about_a_standard_normal_distribution():
    # So training begins at the historical mean and deviation, whatever the head.
    wanted = torch.tensor(stats.norm.ppf(LEVELS))
    for name in ("gaussian", "quantiles"):
        forecast = HEADS[name].quantiles(torch.zeros(1, 1, HEADS[name].parameters)).flatten().double()
        assert (forecast - wanted).abs().max() < 0.01, name


def test_gaussian_loss_is_that_of_scipy():
    raw, targets = torch.randn(20, 2, 2).double(), torch.randn(20, 2).double()
    scale = torch.nn.functional.softplus(raw[..., 1] + 0.5413) + 1e-3
    wanted = -stats.norm.logpdf(targets.numpy(), raw[..., 0].numpy(), scale.numpy())
    assert torch.allclose(HEADS["gaussian"].losses(raw, targets), torch.from_numpy(wanted))


def test_student_loss_and_quantiles_are_those_of_scipy():
    raw, targets = torch.randn(20, 2, 3).double(), torch.randn(20, 2).double()
    place, scale, freedom = raw[..., 0], *(torch.nn.functional.softplus(raw[..., k] + 0.5413) + 1e-3 for k in (1, 2))
    law = stats.t(2 + freedom.numpy(), place.numpy(), scale.numpy())
    assert torch.allclose(HEADS["student"].losses(raw, targets), torch.from_numpy(-law.logpdf(targets.numpy())))
    for level, forecast in zip(LEVELS, HEADS["student"].quantiles(raw), strict=True):
        assert torch.allclose(forecast, torch.from_numpy(law.ppf(level)))


def test_pinball_loss_of_the_definition():
    raw, targets = torch.randn(9, 2, len(LEVELS)), torch.randn(9, 2)
    forecast = HEADS["quantiles"].quantiles(raw)
    total = torch.zeros(9, 2)
    for level, quantile in zip(LEVELS, forecast, strict=True):
        missed = targets - quantile
        total += torch.where(missed >= 0, level * missed, (level - 1) * missed)
    assert torch.allclose(HEADS["quantiles"].losses(raw, targets), total / len(LEVELS), atol=1e-6)


@pytest.mark.slow
@pytest.mark.statistics
@pytest.mark.parametrize("head", HEADS)
def test_each_head_finds_the_distribution_that_it_is_shown(head):
    """Fitted to draws from one law, without an encoder, it forecasts that law's mean and quantiles."""
    generator = torch.Generator().manual_seed(0)
    draws = 2 + 0.5 * torch.randn(20_000, 1, generator=generator)
    raw = torch.zeros(1, 1, HEADS[head].parameters, requires_grad=True)
    optimizer = torch.optim.Adam([raw], 0.05)
    for step in range(900):
        optimizer.param_groups[0]["lr"] = 0.05 if step < 400 else 0.002
        optimizer.zero_grad()
        HEADS[head].losses(raw.expand(len(draws), -1, -1), draws).mean().backward()
        optimizer.step()
    assert HEADS[head].point(raw).item() == pytest.approx(2, abs=0.03)
    if head != "point":
        forecast = HEADS[head].quantiles(raw).flatten().detach().double()
        wanted = torch.tensor(stats.norm.ppf(LEVELS, 2, 0.5))
        assert (forecast - wanted).abs().max() < 0.04


@pytest.mark.parametrize("head", HEADS)
def test_the_linear_map_moves_every_quantile_alike(head):
    model = model_of(head=head, linear=True).eval()
    inputs = torch.randn(4, 7, 3)
    with torch.no_grad():
        forecast = model.forecast(model(inputs))
        line = model.highway(inputs.flatten(1))
        model.highway.weight.zero_()
        model.highway.bias.zero_()
        without = model.forecast(model(inputs))
    assert torch.allclose(forecast.point - without.point, line, atol=1e-5)
    if forecast.quantiles is not None:
        assert torch.allclose(
            (forecast.quantiles - without.quantiles).float(), line.expand(len(LEVELS), -1, -1), atol=1e-5
        )


@pytest.mark.parametrize("head", HEADS)
def test_a_loss_in_another_unit_is_that_of_forecasts_and_targets_in_it(head):
    """Values times 3 have the distribution of the forecasts times 3: place and scale, or each quantile."""
    parameters = HEADS[head].parameters
    raw, targets, unit = torch.randn(20, 2, parameters).double(), torch.randn(20, 2).double(), torch.full((20, 2), 3.0)
    losses = HEADS[head].in_unit(HEADS[head].losses(raw, targets), unit)
    if head in ("point", "quantiles"):
        forecast = HEADS[head].quantiles(raw) if head == "quantiles" else HEADS[head].point(raw).unsqueeze(0)
        missed = 3 * targets - 3 * forecast  # (levels, batch, outputs)
        levels = torch.tensor(LEVELS)[:, None, None]
        pinball = torch.maximum(levels * missed, (levels - 1) * missed).mean(0)
        expected = pinball if head == "quantiles" else missed[0].square()
    else:
        scale = 3 * (torch.nn.functional.softplus(raw[..., 1] + 0.5413) + 1e-3)
        law = stats.norm(3 * raw[..., 0], scale)
        if head == "student":
            law = stats.t(2 + torch.nn.functional.softplus(raw[..., 2] + 0.5413) + 1e-3, 3 * raw[..., 0], scale)
        expected = torch.from_numpy(-law.logpdf(3 * targets))
    torch.testing.assert_close(losses, expected.double(), rtol=1e-5, atol=1e-6)


def test_a_likelihood_is_never_infinite():
    raw = torch.tensor([[[0.0, -1e4]]])
    assert math.isfinite(HEADS["gaussian"].losses(raw, torch.zeros(1, 1)).item())


@pytest.mark.parametrize("head", HEADS)
def test_what_is_no_number_makes_the_loss_none(head):
    """So that training says that it diverged, whatever the head."""
    raw = torch.full((2, 3, HEADS[head].parameters), float("nan"))
    assert HEADS[head].losses(raw, torch.zeros(2, 3)).isnan().all()
