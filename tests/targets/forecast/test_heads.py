"""Heads: what they tell is what their loss asks for, and a linear map beside the encoder is just that."""

import math

import pytest
import torch
from scipy import stats

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import LEVELS, ModelSpec
from kassandra.lstm.build import build
from kassandra.params.model import ForecasterParams, ModelParams
from kassandra.targets.forecast.train.heads import HEADS

SPEC = ModelSpec("many_to_one", outputs=6, features=3, answers="numbers", steps=7)


def forecaster(**params):
    torch.manual_seed(0)
    return build(SPEC, ForecasterParams.model_validate({"variant": "vanilla", "hidden_size": 5, **params}))


@pytest.mark.parametrize("variant", ["vanilla", "stacked", "bidirectional", "attention"])
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("linear", [False, True])
def test_shapes(variant, head, linear):
    model = forecaster(variant=variant, head=head, linear=linear)
    raw = model(torch.randn(4, 7, 3))
    assert raw.shape == (4, 6, HEADS[head].parameters)
    assert model.losses(raw, torch.randn(4, 6)).shape == (4, 6)
    told = model.tell(raw)
    assert told.point.shape == (4, 6)
    assert told.quantiles is None if head == "point" else told.quantiles.shape == (len(LEVELS), 4, 6)


@pytest.mark.parametrize("head", ["gaussian", "student", "quantiles"])
def test_quantiles_never_cross(head):
    raw = torch.randn(50, 6, HEADS[head].parameters) * 5
    assert (HEADS[head].quantiles(raw).diff(dim=0) >= 0).all()


def test_zeros_are_about_a_standard_normal_distribution():
    # So training begins at the historical mean and deviation, whatever the head.
    wanted = torch.tensor(stats.norm.ppf(LEVELS))
    for name in ("gaussian", "quantiles"):
        told = HEADS[name].quantiles(torch.zeros(1, 1, HEADS[name].parameters)).flatten().double()
        assert (told - wanted).abs().max() < 0.01, name


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
    for level, told in zip(LEVELS, HEADS["student"].quantiles(raw), strict=True):
        assert torch.allclose(told, torch.from_numpy(law.ppf(level)))


def test_pinball_loss_of_the_definition():
    raw, targets = torch.randn(9, 2, len(LEVELS)), torch.randn(9, 2)
    told = HEADS["quantiles"].quantiles(raw)
    total = torch.zeros(9, 2)
    for level, quantile in zip(LEVELS, told, strict=True):
        missed = targets - quantile
        total += torch.where(missed >= 0, level * missed, (level - 1) * missed)
    assert torch.allclose(HEADS["quantiles"].losses(raw, targets), total / len(LEVELS), atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("head", HEADS)
def test_each_head_finds_the_distribution_that_it_is_shown(head):
    """Fitted to draws from one law, without an encoder, it tells that law's mean and quantiles."""
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
        told = HEADS[head].quantiles(raw).flatten().detach().double()
        wanted = torch.tensor(stats.norm.ppf(LEVELS, 2, 0.5))
        assert (told - wanted).abs().max() < 0.04


@pytest.mark.parametrize("head", HEADS)
def test_the_linear_map_moves_every_quantile_alike(head):
    model = forecaster(head=head, linear=True).eval()
    inputs = torch.randn(4, 7, 3)
    with torch.no_grad():
        told = model.tell(model(inputs))
        line = model.highway(inputs.flatten(1))
        model.highway.weight.zero_()
        model.highway.bias.zero_()
        without = model.tell(model(inputs))
    assert torch.allclose(told.point - without.point, line, atol=1e-5)
    if told.quantiles is not None:
        assert torch.allclose((told.quantiles - without.quantiles).float(), line.expand(len(LEVELS), -1, -1), atol=1e-5)


def test_a_likelihood_is_never_infinite():
    raw = torch.tensor([[[0.0, -1e4]]])
    assert math.isfinite(HEADS["gaussian"].losses(raw, torch.zeros(1, 1)).item())


def test_params_must_be_of_the_kind_that_the_spec_asks_for():
    with pytest.raises(KassandraError, match=r"spec: ModelParams are not of models whose answers are numbers"):
        build(SPEC, ModelParams(variant="vanilla"))
    with pytest.raises(KassandraError, match=r"spec: ForecasterParams are not of models whose answers are classes"):
        build(ModelSpec("many_to_one", outputs=2, features=3), ForecasterParams(variant="vanilla"))


@pytest.mark.parametrize("head", HEADS)
def test_what_is_no_number_makes_the_loss_none(head):
    """So that training says that it diverged, whatever the head."""
    raw = torch.full((2, 3, HEADS[head].parameters), float("nan"))
    assert HEADS[head].losses(raw, torch.zeros(2, 3)).isnan().all()
