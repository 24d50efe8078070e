"""A causal encoder never sees the future; the backward half of a bidirectional one starts at the last valid step."""

import functools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kassandra.contracts.errors import KassandraError
from kassandra.lstm.build import build_encoder, require_causal
from kassandra.lstm.encoder import Encoded
from kassandra.lstm.layers import Bidirectional, VanillaLSTM
from kassandra.params.sections.model import Model

pytestmark = pytest.mark.usefixtures("one_thread")
FEATURES, TIME = 3, 7
LENGTHS = st.lists(st.integers(1, TIME), min_size=1, max_size=5)
SEED = st.integers(0, 99)
quick = settings(derandomize=True, deadline=None, max_examples=5, database=None)


@functools.cache
def encoder_of(params):
    torch.manual_seed(0)
    return build_encoder(FEATURES, params)


def noise(rows, seed):
    return torch.randn(rows, TIME, FEATURES, generator=torch.Generator().manual_seed(seed))


@settings(quick, max_examples=2)
@given(now=st.integers(0, TIME - 2), full=st.booleans(), seed=SEED)
def test_causal_says_whether_the_future_is_seen(model_params, now, full, seed):
    encoder, inputs = encoder_of(model_params), noise(2, seed).requires_grad_()
    lengths = None if full else torch.tensor([TIME, TIME])
    outputs = encoder(inputs, lengths).outputs
    (gradient,) = torch.autograd.grad(outputs[:, now].sum(), inputs)
    other = torch.cat([inputs[:, : now + 1], noise(2, seed + 100)[:, now + 1 :]], dim=1)  # another future
    changed = encoder(other, lengths).outputs
    assert gradient[:, : now + 1].ne(0).any(dim=2).all(), "the past and the present are heard"
    if encoder.causal:
        assert gradient[:, now + 1 :].eq(0).all()
        torch.testing.assert_close(changed[:, : now + 1], outputs[:, : now + 1], rtol=0, atol=1e-7)
    else:
        assert gradient[:, now + 1 :].ne(0).any(dim=2).all()
        assert (changed[:, now] - outputs[:, now]).abs().max() > 1e-4


def test_an_encoder_is_causal_unless_it_reads_backwards(model_params):
    assert encoder_of(model_params).causal != model_params.bidirectional


def test_an_encoder_that_sees_the_future_is_refused_by_name(model_params):
    encoder = encoder_of(model_params)
    if encoder.causal:
        require_causal(encoder)
        return
    with pytest.raises(KassandraError) as error:
        require_causal(encoder)
    assert str(error.value) == (
        "model: 'bidirectional' lets each step see later ones, which this target must not; "
        "choose variant 'vanilla', or 'stacked' or 'attention' with bidirectional: false"
    )


@quick
@given(lengths=LENGTHS, seed=SEED)
def test_both_halves_of_a_summary_have_read_the_whole_row(cell, lengths, seed):
    params = Model(variant="bidirectional", cell=cell, hidden_size=5, num_layers=1)
    inputs = noise(len(lengths), seed).requires_grad_()
    summary = encoder_of(params)(inputs, torch.tensor(lengths)).summary  # (batch, 2 · 5)
    for half in summary.chunk(2, dim=1):
        (gradient,) = torch.autograd.grad(half.sum(), inputs, retain_graph=True)
        for row, length in enumerate(lengths):
            assert gradient[row, :length].ne(0).any(dim=1).all()  # step 0 above all: outputs[:, -1] would not hear it


@quick
@given(lengths=LENGTHS, seed=SEED)
def test_the_backward_half_equals_a_run_reversed_by_hand(cell, lengths, seed):
    torch.manual_seed(seed)
    ahead, back = VanillaLSTM(FEATURES, 5, cell), VanillaLSTM(FEATURES, 5, cell)
    inputs = noise(len(lengths), seed)
    encoded: Encoded = Bidirectional(ahead, back)(inputs, torch.tensor(lengths))
    weights = list(back.parameters())
    got = torch.autograd.grad(encoded.outputs.sin().sum() + encoded.summary.square().sum(), weights)
    loss = torch.zeros(())
    for row, length in enumerate(lengths):
        valid = inputs[row, :length].flip(0).unsqueeze(0)  # (1, length, features), last step first
        by_hand, _ = back.recurrence(valid)  # (1, length, 5)
        torch.testing.assert_close(encoded.outputs[row, :length, 5:], by_hand[0].flip(0), rtol=0, atol=1e-6)
        torch.testing.assert_close(encoded.summary[row, 5:], by_hand[0, -1], rtol=0, atol=1e-6)
        loss = loss + by_hand.sin().sum() + by_hand[0, -1].square().sum()
    torch.testing.assert_close(got, torch.autograd.grad(loss, weights), rtol=1e-5, atol=1e-5)
