"""Token ids as vectors: that of padding is zero and stays so, and whole words are dropped."""

import pytest
import torch

from kassandra.contracts.spec import PAD
from kassandra.lstm.embedding import Embedding

VOCABULARY, SIZE = 11, 5


def embedding(**keys):
    torch.manual_seed(0)
    return Embedding(VOCABULARY, SIZE, **keys)


def test_a_vector_per_token():
    made = embedding()
    ids = torch.tensor([[3, 7, 3], [9, PAD, PAD]])
    vectors = made(ids)
    assert vectors.shape == (2, 3, SIZE)
    assert torch.equal(vectors, made.table.weight[ids])
    assert torch.equal(vectors[0, 0], vectors[0, 2])
    assert vectors[1, 1:].eq(0).all()
    assert vectors[0].ne(0).all()
    assert vectors.abs().max() <= 0.1


def test_one_that_is_to_be_loaded_is_the_same():
    with torch.device("meta"):
        blank = embedding()
    assert blank.table.weight.is_meta
    loaded, made = blank.to_empty(device="cpu"), embedding()
    loaded.load_state_dict(made.state_dict())
    assert repr(loaded) == repr(made)
    assert loaded.table.weight.requires_grad
    ids = torch.tensor([[3, PAD]])
    assert torch.equal(loaded(ids), made(ids))


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", [torch.optim.AdamW, torch.optim.SGD])
def test_the_vector_of_padding_stays_zero(optimizer):
    """PITFALLS 16: with weight decay, momentum and dropout, on batches that are half padding."""
    made = embedding(dropout=0.3, word_dropout=0.2)
    before = made.table.weight.detach().clone()
    more = {"momentum": 0.9} if optimizer is torch.optim.SGD else {}
    steps = optimizer(made.parameters(), lr=0.1, weight_decay=0.1, **more)
    for _ in range(5):
        steps.zero_grad()
        made(torch.tensor([[1, 2, 3, PAD], [4, PAD, PAD, PAD]])).add(1).square().sum().backward()
        steps.step()
    assert made.table.weight[PAD].eq(0).all()
    assert made.table.weight[1:5].ne(before[1:5]).all()


def test_word_dropout_takes_all_of_a_token_or_nothing():
    """Gal & Ghahramani (2016), section 4.2: of a word, not of one place."""
    made, ids = embedding(word_dropout=0.4), torch.randint(1, VOCABULARY, (7, 13))
    whole = made.table.weight.detach()
    kept, drawn = 0, set()
    for _ in range(100):
        vectors = made(ids).detach()
        there = vectors.ne(0).any(2)  # (batch, time)
        torch.testing.assert_close(vectors[there], whole[ids][there] / 0.6)
        alive = {int(token) for token in ids[there]}
        assert alive.isdisjoint(ids[~there].tolist())
        kept += len(alive)
        drawn.add(frozenset(alive))
    assert kept / 100 / len(ids.unique()) == pytest.approx(0.6, abs=0.06)
    assert len(drawn) > 50  # anew for each batch


def test_dropout_takes_the_same_elements_at_every_step_of_a_row():
    made = embedding(dropout=0.5)
    with torch.no_grad():
        made.table.weight[1:] = 1
    vectors = made(torch.randint(1, VOCABULARY, (7, 13)))
    assert torch.equal(vectors, vectors[:, :1].expand_as(vectors))
    assert set(vectors.unique().tolist()) == {0.0, 2.0}
    assert not torch.equal(vectors[0], vectors[1])


def test_nothing_is_dropped_in_evaluation():
    """PITFALLS 16."""
    made, ids = embedding(dropout=0.5, word_dropout=0.5), torch.randint(0, VOCABULARY, (7, 13))
    assert not torch.equal(made(ids), made(ids))
    assert torch.equal(made.eval()(ids), made.table.weight[ids])


@pytest.mark.slow
def test_what_is_dropped_keeps_its_mean():
    made, ids = embedding(dropout=0.3, word_dropout=0.3), torch.arange(VOCABULARY).unsqueeze(0)
    mean = torch.stack([made(ids) for _ in range(1000)]).mean(0)[0].detach()
    torch.testing.assert_close(mean, made.table.weight.detach(), rtol=0, atol=0.02)


def test_gradients_reach_the_tokens_that_were_kept():
    made, ids = embedding(word_dropout=0.5), torch.arange(1, VOCABULARY).unsqueeze(0)
    vectors = made(ids)
    vectors.sum().backward()
    kept = vectors[0].ne(0).any(1)  # (tokens,)
    assert 0 < kept.sum() < len(kept)
    assert torch.equal(made.table.weight.grad[1:], kept.unsqueeze(1).expand(-1, SIZE) * 2.0)
