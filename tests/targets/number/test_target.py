"""A model of numbers: what it learns is standardised, what it predicts is in the unit of the number."""

import numpy as np
import pytest
import torch

from kassandra.contracts.spec import LEVELS, ModelSpec
from kassandra.lstm.heads import HEADS
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.number.evaluate.predict import Outputs, together
from kassandra.targets.number.train.target import Target, build

SPEC = ModelSpec(outputs=1, features=3)
VARIANTS = ["vanilla", "stacked", "bidirectional", "attention"]


def model_of(input="audio", spec=SPEC, **params):
    torch.manual_seed(0)
    kind = pipeline_of(input, "number").model_fields["model"].annotation
    return build(spec, kind.model_validate({"variant": "vanilla", "hidden_size": 5, **params})).eval()


def target_of(log=False, mean=3.0, std=2.0):
    return Target({"log": log, "target_mean": mean, "target_std": std}, torch.device("cpu"))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("head", HEADS)
def test_shapes(variant, head):
    model = model_of(variant=variant, head=head)
    raw = model(torch.randn(4, 7, 3), torch.tensor([7, 3, 1, 5]))
    assert raw.shape == (4, 1, HEADS[head].parameters)
    point, quantiles = target_of().predicted(model, raw)
    assert point.shape == (4,)
    assert quantiles is None if head == "point" else quantiles.shape == (len(LEVELS), 4)


def test_texts_have_an_embedding():
    model = model_of("text", ModelSpec(outputs=1, vocab_size=20), embedding_size=4)
    assert model(torch.tensor([[3, 4], [5, 0]]), torch.tensor([2, 1])).shape == (2, 1, len(LEVELS))


@pytest.mark.parametrize("log", [False, True])
def test_predictions_are_in_the_unit_of_the_number(log):
    target, model = target_of(log), model_of(head="gaussian")
    raw = torch.zeros(2, 1, 2)  # about a standard normal distribution
    point, quantiles = target.predicted(model, raw)
    middle = np.exp(3.0) if log else 3.0
    assert quantiles[LEVELS.index(0.5)] == pytest.approx([middle] * 2)
    assert (np.diff(quantiles, axis=0) > 0).all()
    assert point == pytest.approx(quantiles.mean(0))
    assert set(target.distribution(model, raw)) == (set() if log else {"place", "spread"})
    if not log:
        assert target.distribution(model, raw)["spread"] == pytest.approx([2.0] * 2, rel=1e-2)


def test_an_extreme_logarithm_is_no_infinite_number():
    assert np.isfinite(target_of(log=True).restored(torch.full((1,), 1e9))).all()


def test_what_is_learned_is_standardised():
    batch = target_of().batch(np.array([3.0, 5.0, 1.0]), np.array([0, 1]), torch.zeros(2, 1, 3), None)
    assert batch.targets.tolist() == [[0.0], [1.0]]
    logs = target_of(log=True).batch(np.exp([3.0, 5.0]), np.array([1]), torch.zeros(1, 1, 3), None)
    assert logs.targets.tolist() == [[1.0]]


@pytest.mark.slow
@pytest.mark.parametrize("head", HEADS)
def test_eight_examples_are_learned(head):
    torch.manual_seed(0)
    model, target = model_of(hidden_size=16, head=head).train(), target_of(mean=0.0, std=1.0)
    inputs, numbers = torch.randn(8, 5, 3), np.linspace(-1.5, 1.5, 8)
    batch = target.batch(numbers, np.arange(8), inputs, None)
    optimiser = torch.optim.Adam(model.parameters(), 0.02)
    for _ in range(150):
        optimiser.zero_grad()
        target.loss(model, batch, None)[0].backward()
        optimiser.step()
    scores = target.scores(model.eval(), [(np.arange(8), batch)], numbers)
    assert scores["r2"] > 0.97


def test_together_is_the_mean_of_distributions():
    each = [Outputs(np.array([place]), place + np.array(LEVELS)[:, None] * 0.1, None, {}) for place in (0.0, 10.0)]
    joint = together(each)
    assert joint.point.tolist() == [5.0]
    assert joint.quantiles[0] < 0.2
    assert joint.quantiles[-1] > 9.8
    assert together(each[:1]) is each[0]
