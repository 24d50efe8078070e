"""The chain against every sequence of tags, one by one, and against pytorch-crf."""

from itertools import pairwise, product

import pytest
import torch

from kassandra.targets.tags.train.crf import Chain, best
from kassandra.targets.tags.train.target import Forbidden

TAGS = ["O", "B-a", "I-a", "B-b", "I-b"]


@pytest.fixture
def chain():
    torch.manual_seed(1)
    made = Chain(len(TAGS)).double()
    for weight in made.parameters():
        torch.nn.init.normal_(weight)
    return made


def scores(chain, emissions):
    """Of every sequence of tags of one row, by the equation."""
    every = list(product(range(len(TAGS)), repeat=len(emissions)))
    values = []
    for tags in every:
        value = chain.start[tags[0]] + chain.end[tags[-1]] + sum(emissions[t, tag] for t, tag in enumerate(tags))
        values.append(value + sum(chain.transitions[a, b] for a, b in pairwise(tags)))
    return every, torch.stack(values)


@pytest.mark.parametrize("length", [1, 2, 4])
def test_as_summed_over_every_sequence(chain, length):
    emissions, lengths = torch.randn(1, 4, len(TAGS), dtype=torch.double), torch.tensor([length])
    emissions[:, length:] = torch.nan  # what stands in the padding
    every, values = scores(chain, emissions[0, :length])
    assert torch.allclose(chain.log_normaliser(emissions, lengths), values.logsumexp(0))
    probabilities = values.softmax(0)
    marginals = chain.log_marginals(emissions, lengths)[0, :length].exp()
    for step, tag in product(range(length), range(len(TAGS))):
        expected = sum(p for tags, p in zip(every, probabilities, strict=True) if tags[step] == tag)
        assert torch.allclose(marginals[step, tag], torch.as_tensor(expected, dtype=torch.double))
    chosen = every[int(values.argmax())]
    filled = emissions.nan_to_num()
    assert best(filled, lengths, chain.transitions, chain.start, chain.end) == [list(chosen)]
    tags = torch.zeros(1, 4, dtype=torch.long)
    tags[0, :length] = torch.tensor(chosen)
    assert torch.allclose(chain.log_likelihood(emissions, tags, lengths), probabilities.max().log())


def test_as_pytorch_crf_in_value_and_gradient(chain):
    torchcrf = pytest.importorskip("torchcrf")
    other = torchcrf.CRF(len(TAGS), batch_first=True).double()
    with torch.no_grad():
        other.start_transitions.copy_(chain.start)
        other.end_transitions.copy_(chain.end)
        other.transitions.copy_(chain.transitions)
    lengths = torch.tensor([5, 1, 3])
    mask = torch.arange(5) < lengths.unsqueeze(1)
    emissions = torch.randn(3, 5, len(TAGS), dtype=torch.double, requires_grad=True)
    tags = torch.randint(len(TAGS), (3, 5))
    ours, theirs = chain.log_likelihood(emissions, tags, lengths), other(emissions, tags, mask.bool(), "none")
    assert torch.allclose(ours, theirs)
    gradients = [torch.autograd.grad(value.sum(), emissions, retain_graph=True)[0] for value in (ours, theirs)]
    assert torch.allclose(*gradients)
    assert best(emissions, lengths, chain.transitions, chain.start, chain.end) == other.decode(emissions, mask)


def test_gradient_of_the_normaliser_is_the_marginals(chain):
    emissions = torch.randn(2, 4, len(TAGS), dtype=torch.double, requires_grad=True)
    lengths = torch.tensor([4, 2])
    (gradient,) = torch.autograd.grad(chain.log_normaliser(emissions, lengths).sum(), emissions)
    marginals = chain.log_marginals(emissions, lengths).exp()
    for row, length in enumerate(lengths.tolist()):
        assert torch.allclose(gradient[row, :length], marginals[row, :length])
        assert not gradient[row, length:].any()


def test_only_what_may_follow_is_chosen(chain):
    forbidden = Forbidden.of(TAGS, True, torch.device("cpu"))
    emissions = torch.zeros(1, 3, len(TAGS))
    emissions[0, :, TAGS.index("I-a")] = 9
    (path,) = forbidden.best(emissions.log_softmax(2), torch.tensor([3]))
    assert [TAGS[tag] for tag in path] == ["B-a", "I-a", "I-a"]
    plain = Forbidden.of(["run", "walk"], False, torch.device("cpu"))
    assert not plain.moves.any()
    assert not plain.start.any()


def test_a_row_alone_is_the_row_in_a_batch(chain):
    emissions, lengths = torch.randn(2, 6, len(TAGS), dtype=torch.double), torch.tensor([6, 2])
    tags = torch.randint(len(TAGS), (2, 6))
    both = chain.log_likelihood(emissions, tags, lengths)
    alone = chain.log_likelihood(emissions[1:, :2], tags[1:, :2], torch.tensor([2]))
    assert torch.equal(both[1:], alone)
