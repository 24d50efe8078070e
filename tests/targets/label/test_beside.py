"""`model.linear`: a linear model of tokens and pairs beside the LSTM."""

import itertools

import numpy as np
import pytest
import torch
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from torch.nn import functional as F

from kassandra.contracts.ragged import Ragged
from kassandra.contracts.section import check
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.batch import Batch
from kassandra.lstm.ngrams import Bigrams, numbers
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.label.train.beside import weigh
from kassandra.targets.label.train.target import build

SECTION = {"input": "text", "source": {"path": "mine"}, "model": {"variant": "vanilla", "linear": True}}


def texts(rows=400, classes=2, seed=0):
    """Ids of texts in which a few tokens and one pair say which class they are of."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(classes, size=rows)
    each = [np.append(draw.integers(2, 40, draw.integers(3, 12)), 40 + label) for label in labels]
    for row, label in zip(each, labels, strict=True):
        row[-1] = row[-1] if draw.random() < 0.8 else 40 + draw.integers(classes)
        row[:2] = (50, 51 + label) if draw.random() < 0.5 else row[:2]
    return Ragged.of(each, np.int64), labels


def padded(split):
    ids, lengths = split.padded(np.arange(len(split.lengths)))
    return torch.from_numpy(ids), torch.from_numpy(lengths)


@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 3])
def test_it_answers_as_logistic_regression_on_what_occurs(classes):
    """Against scikit-learn on a table of tokens and pairs that was counted here."""
    split, labels = texts(classes=classes)
    rows = [split.flat[a:b].tolist() for a, b in zip(split.offsets[:-1], split.offsets[1:], strict=True)]
    occurs = [{(token,) for token in row} | set(itertools.pairwise(row)) for row in rows]
    names = sorted(set.union(*occurs))
    table = np.array([[name in found for name in names] for found in occurs], np.float64)
    table = table[:, table.sum(0) >= 2]
    expected = np.zeros((len(rows), classes))
    for label in range(1 if classes == 2 else 0, classes):
        inside = labels == label
        p, q = 1 + table[inside].sum(0), 1 + table[~inside].sum(0)
        ratio = np.log((p / p.sum()) / (q / q.sum()))
        fitted = LogisticRegression(max_iter=1000).fit(table * ratio, inside)
        expected[:, label] = logit(fitted.predict_proba(table * ratio)[:, 1])
    model = Bigrams(classes)
    model.fit(split.flat, split.offsets, labels)
    np.testing.assert_allclose(model(*padded(split)).numpy(), expected, atol=2e-3)


def test_padding_and_repetition_change_nothing():
    model, generator = Bigrams(3), torch.Generator().manual_seed(0)
    pairs = numbers(torch.tensor([6, 7, 5, 5]), torch.tensor([5, 6, 6, 7]))
    model.known[:7] = torch.cat([torch.tensor([5, 6, 7]), pairs.sort().values])
    model.weight[:7].normal_(generator=generator)
    row = torch.tensor([[5, 6, 7]])
    alone = model(row, None)
    behind = torch.tensor([[5, 6, 7, 9, 9, 0], [5, 6, 5, 6, 7, 5]])  # the second has the pairs 6 5 and 7 5 besides
    both = model(behind, torch.tensor([3, 6]))
    torch.testing.assert_close(both[:1], alone)
    more = model.weight[torch.searchsorted(model.known, pairs[2:])].sum(0)
    torch.testing.assert_close(both[1] - alone[0], more)
    unknown = model(torch.tensor([[8, 9]]), None)
    assert torch.equal(unknown[0], model.bias)


@pytest.mark.slow
def test_the_factors_make_the_loss_on_validation_least():
    (train, train_labels), (valid, labels) = texts(seed=1), texts(rows=300, seed=2)
    torch.manual_seed(0)
    params = check(pipeline_of("text", "label").model_fields["model"].annotation, SECTION["model"], "model")
    model = build(ModelSpec(outputs=2, vocab_size=60), params).eval()
    ids, lengths = padded(valid)
    alone, right = model(ids, lengths), torch.from_numpy(labels)
    of_lstm, of_linear = weigh(model, train, train_labels, [(None, Batch(ids, lengths, right))])
    together = model(ids, lengths)
    assert of_linear > 0
    torch.testing.assert_close(together, of_lstm * alone + model.beside(ids, lengths))
    least = F.cross_entropy(together, right)
    assert least < F.cross_entropy(alone, right)
    for lstm, linear in [(1.1, 1), (0.9, 1), (1, 1.1), (1, 0.9)]:
        other = lstm * of_lstm * alone + linear * model.beside(ids, lengths)
        assert F.cross_entropy(other, right) >= least - 1e-6


@pytest.mark.slow
def test_nothing_of_it_is_heard_in_training():
    params = check(pipeline_of("text", "label").model_fields["model"].annotation, SECTION["model"], "model")
    model = build(ModelSpec(outputs=2, vocab_size=60), params)
    model.beside.bias.fill_(100)
    ids, lengths = padded(texts(rows=5)[0])
    assert model.train().encode(ids, lengths).beside is None
    assert model.eval()(ids, lengths).min() > 90
