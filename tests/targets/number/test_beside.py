"""`model.linear` of numbers: ridge regression on tokens and pairs beside the LSTM."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.section import check
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.batch import Batch
from kassandra.lstm.heads import HEADS
from kassandra.lstm.ngrams import PENALTIES, Bigrams
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.number import explore
from kassandra.targets.number.train.beside import weigh
from kassandra.targets.number.train.target import build


def texts(rows=200, seed=0):
    """Ids of texts, and numbers that are the sum of what each token is worth, and noise."""
    draw = np.random.default_rng(seed)
    worth = np.random.default_rng(9).normal(size=40)
    each = [draw.integers(2, 40, draw.integers(3, 12)) for _ in range(rows)]
    numbers = np.array([worth[np.unique(row)].sum() / len(row) ** 0.5 for row in each])
    return Ragged.of(each, np.int64), numbers + draw.normal(0, 0.3, rows)


def padded(split):
    ids, lengths = split.padded(np.arange(len(split.lengths)))
    return torch.from_numpy(ids), torch.from_numpy(lengths)


def test_it_answers_as_ridge_regression_on_what_occurs():
    """Against scikit-learn on a table of tokens and pairs that was counted here, each row of length 1."""
    split, numbers = texts()
    rows = [split.flat[a:b].tolist() for a, b in zip(split.offsets[:-1], split.offsets[1:], strict=True)]
    occurs = [{(token,) for token in row} | set(itertools.pairwise(row)) for row in rows]
    names = sorted(set.union(*occurs))
    table = np.array([[name in found for name in names] for found in occurs], np.float64)
    table = table[:, table.sum(0) >= 2]
    table /= np.sqrt(table.sum(1, keepdims=True))
    model, (ids, lengths) = Bigrams(1, mean=True), padded(split)

    def error():
        return float((model(ids, lengths)[:, 0].double() - torch.from_numpy(numbers)).square().mean())

    penalty = model.fit_numbers(split.flat, split.offsets, numbers, error)
    assert penalty == PENALTIES[0]  # on the rows that it is fitted to, the least is the best
    expected = Ridge(penalty).fit(table, numbers).predict(table)
    np.testing.assert_allclose(model(ids, lengths)[:, 0].numpy(), expected, atol=2e-3)


def test_without_anything_that_comes_twice_it_is_the_mean():
    split = Ragged.of([np.array([2, 3]), np.array([4, 5, 6])], np.int64)
    model = Bigrams(1, mean=True)
    model.fit_numbers(split.flat, split.offsets, np.array([1.0, 3.0]), lambda: 0.0)
    torch.testing.assert_close(model(*padded(split)), torch.full((2, 1), 2.0))


@pytest.mark.parametrize("head", sorted(HEADS))
def test_validation_weighs_both(head):
    """No nearby factors have a smaller loss, and the weights give what the factors say."""
    torch.manual_seed(0)
    section = {"variant": "vanilla", "hidden_size": 8, "embedding_size": 8, "head": head, "linear": True}
    params = check(pipeline_of("text", "number").model_fields["model"].annotation, section, "model")
    model = build(ModelSpec(outputs=1, vocab_size=60), params).eval()
    train, of_train = texts()
    (ids, lengths), of_valid = padded(texts(seed=1)[0]), texts(seed=1)[1]
    right = torch.from_numpy(of_valid).float().unsqueeze(1)
    before = model(ids, lengths).detach()
    lstm, linear = weigh(model, train, of_train, [(None, Batch(ids, lengths, right))])
    after = model(ids, lengths).detach()
    expected = lstm * model.head.point(before) + model.beside(ids, lengths)
    torch.testing.assert_close(model.head.point(after), expected, rtol=1e-4, atol=1e-4)

    def loss(raw):
        return model.head.losses(raw, right).mean().item()

    assert linear > 0.3
    assert loss(after) < loss(before)
    for by in (0.9, 1.1):
        assert loss(after) <= loss(model.moved(after, (by - 1) * model.beside(ids, lengths))) + 1e-5


def test_the_page_that_runs_in_a_browser_says_that_it_has_none():
    with_one = SimpleNamespace(beside=Bigrams(1), head=None)
    with pytest.raises(KassandraError, match="has no linear model beside an LSTM"):
        explore.answer(with_one, {}, None)


def test_nothing_of_it_is_heard_in_training():
    section = {"variant": "vanilla", "linear": True}
    params = check(pipeline_of("text", "number").model_fields["model"].annotation, section, "model")
    model = build(ModelSpec(outputs=1, vocab_size=60), params)
    model.beside.bias.fill_(100)
    ids, lengths = padded(texts(rows=5)[0])
    assert model.train().encode(ids, lengths).beside is None
    assert model.head.point(model.eval()(ids, lengths)).min() > 90
