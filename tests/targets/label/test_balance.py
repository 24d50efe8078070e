"""Classes of unequal size and calibrated probabilities."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import check
from kassandra.lstm.batch import Batch
from kassandra.params.targets.label import Train
from kassandra.targets.label.train.balance import Balanced, calibrate, weights_of_classes
from kassandra.targets.label.train.target import Target


class Linear(nn.Module):
    """A model that is nothing but its last layer."""

    beside = None

    def __init__(self, classes):
        super().__init__()
        self.linear = nn.Linear(classes, classes)
        nn.init.eye_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, inputs, lengths, beside=None):
        return self.linear(inputs)


@pytest.mark.parametrize("counts", [[5, 5], [90, 10], [1, 10, 1000], [7, 0, 3]])
def test_all_classes_weigh_the_same_and_examples_one_on_average(counts):
    weights, number = weights_of_classes(counts).double(), torch.tensor(counts).double()
    shares = (weights * number)[number > 0]
    assert shares.tolist() == pytest.approx([shares[0].item()] * len(shares))
    assert ((weights * number).sum() / number.sum()).item() == pytest.approx(1)


def test_the_weighted_loss_is_that_of_each_class_repeated():
    """20 of one class and 5 of another weigh as 5 of each four times and once."""
    generator = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(25, 2, generator=generator), torch.tensor([0] * 20 + [1] * 5)
    target = Target({"train_labels": [20, 5]}, torch.device("cpu"))
    model = Linear(2)
    total, units, _ = target.loss(model, Batch(logits, None, labels), Train(class_weights="balanced"))
    each = F.cross_entropy(logits, labels, reduction="none")
    assert (total / units).item() == pytest.approx((each[:20].mean() + each[20:].mean()).item() / 2, rel=1e-5)
    plain, _, _ = target.loss(model, Batch(logits, None, labels), Train())
    assert plain.item() == pytest.approx(each.sum().item(), rel=1e-5)


def test_drawn_rows_are_of_all_classes_alike_and_of_every_row():
    labels = np.array([0] * 90 + [2] * 10)
    rows = Balanced(labels).draw(20_000, torch.Generator().manual_seed(0))
    assert np.mean(labels[rows] == 2) == pytest.approx(0.5, abs=0.02)
    assert set(rows) == set(range(100))
    again = Balanced(labels).draw(20_000, torch.Generator().manual_seed(0))
    np.testing.assert_array_equal(rows, again)


@pytest.mark.parametrize("temperature", [0.25, 1.0, 3.0])
def test_the_temperature_of_known_probabilities_is_recovered(temperature):
    generator = torch.Generator().manual_seed(1)
    true = 2 * torch.randn(20_000, 4, generator=generator)  # logits
    labels = torch.multinomial(true.softmax(1), 1, generator=generator)[:, 0]
    model, given = Linear(4), true * temperature
    before = model(given, None).argmax(1)
    assert calibrate(model, [(None, Batch(given, None, labels))]) == pytest.approx(temperature, rel=0.05)
    after = model(given, None)
    assert torch.equal(after.argmax(1), before)
    assert F.cross_entropy(after, labels) <= F.cross_entropy(given, labels)


def test_balancing_twice_is_refused():
    with pytest.raises(KassandraError, match="both balance the classes"):
        check(Train, {"class_weights": "balanced", "sampling": "balanced"}, "pipelines.mine.train")
