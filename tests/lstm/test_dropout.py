"""Dropout of sequences: the same elements at every step, and of recurrent weights a fresh mask for each batch."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from kassandra.lstm.embedding import LockedDropout
from kassandra.lstm.encoder import State
from kassandra.lstm.layers import CELLS, GATES, Stacked, VanillaLSTM

FEATURES, HIDDEN = 3, 7


@settings(max_examples=20)
@given(st.integers(1, 5), st.integers(1, 9), st.integers(1, 11), st.sampled_from([0.1, 0.5, 0.9]), st.integers(0, 99))
def test_locked_is_the_same_at_every_step(batch, time, size, probability, seed):
    torch.manual_seed(seed)
    dropped = LockedDropout(probability)(torch.ones(batch, time, size))
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    kept = dropped[dropped != 0]
    torch.testing.assert_close(kept, torch.full_like(kept, 1 / (1 - probability)))


def test_locked_differs_from_row_to_row_and_from_batch_to_batch():
    torch.manual_seed(0)
    dropout, values = LockedDropout(0.5), torch.ones(2, 3, 99)
    first, second = dropout(values), dropout(values)
    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])


def test_locked_keeps_the_mean_and_the_share():
    torch.manual_seed(0)
    values = torch.randn(1, 2, 3)
    dropped = torch.stack([LockedDropout(0.3)(values) for _ in range(4000)])
    torch.testing.assert_close(dropped.mean(0), values, rtol=0, atol=0.1)
    assert dropped.eq(0).float().mean() == pytest.approx(0.3, abs=0.02)


def test_locked_is_off_in_evaluation_and_at_zero():
    values = torch.randn(2, 3, 5)
    assert LockedDropout(0.5).eval()(values) is values
    assert LockedDropout(0.0)(values) is values


def test_between_layers_it_is_locked_where_that_is_asked_for():
    """What reaches the second layer is recorded by a layer that hands on what it is given."""

    class Told(VanillaLSTM):
        def forward(self, inputs, lengths, state=None):
            return super().forward(inputs, lengths, state)._replace(outputs=inputs)

    torch.manual_seed(0)
    for locked in (True, False):
        layers = [VanillaLSTM(FEATURES, 31), Told(31, 31)]
        reached = Stacked(layers, 0.5, locked)(torch.randn(2, 9, FEATURES), None).outputs
        zero = reached.eq(0)  # (batch, time, 31)
        assert zero.float().mean().item() == pytest.approx(0.5, abs=0.15)
        assert torch.equal(zero, zero[:, :1].expand_as(zero)) == locked


def layer(cell="lstm", probability=0.5):
    torch.manual_seed(0)
    return VanillaLSTM(FEATURES, HIDDEN, cell, probability)


def read(encoder, seed=1, state=None):
    """What it makes of some inputs, with masks drawn from a seed."""
    inputs = torch.randn(2, 5, FEATURES, generator=torch.Generator().manual_seed(7))
    torch.manual_seed(seed)
    return encoder(inputs, None, state)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("begun", [False, True], ids=["fresh", "read on"])
def test_weight_dropout_is_a_run_with_the_masked_weight(cell, probability, begun):
    """By hand: nn.LSTM itself, its recurrent weight replaced by a masked one. In value, state and gradient."""
    encoder, state = layer(cell, probability), None
    if begun:
        state = [State(torch.randn(2, HIDDEN), torch.randn(2, HIDDEN) if cell == "lstm" else None)]
    got = read(encoder, 1, state)
    by_hand = copy.deepcopy(encoder.recurrence)
    torch.manual_seed(1)
    mask = F.dropout(torch.ones(GATES[cell] * HIDDEN, HIDDEN), probability)
    assert 0 < mask.eq(0).sum() < mask.numel()
    with torch.no_grad():
        by_hand.weight_hh_l0.mul_(mask)
    inputs = torch.randn(2, 5, FEATURES, generator=torch.Generator().manual_seed(7))
    start = None if state is None else tuple(part.unsqueeze(0) for part in state[0] if part is not None)
    outputs, last = by_hand(inputs, start if start is None or cell == "lstm" else start[0])
    torch.testing.assert_close(got.outputs, outputs, rtol=0, atol=1e-6)
    torch.testing.assert_close(got.state[0].h, (last[0] if cell == "lstm" else last)[0], rtol=0, atol=1e-6)
    if cell == "lstm":
        torch.testing.assert_close(got.state[0].c, last[1][0], rtol=0, atol=1e-6)
    got.outputs.sin().sum().backward()
    outputs.sin().sum().backward()
    for (name, raw), own in zip(encoder.recurrence.named_parameters(), by_hand.parameters(), strict=True):
        expected = own.grad * mask if name == "weight_hh_l0" else own.grad
        torch.testing.assert_close(raw.grad, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_a_fresh_mask_for_each_batch_and_whole_weights_throughout(cell):
    """PITFALLS 17."""
    encoder = layer(cell)
    raw = encoder.recurrence.weight_hh_l0
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    assert {name.removeprefix("recurrence.") for name in before} == set(CELLS[cell](1, 1).state_dict())
    assert not torch.equal(read(encoder, 1).outputs, read(encoder, 2).outputs)
    assert torch.equal(read(encoder, 1).outputs, read(encoder, 1).outputs)  # the seed alone decides
    reached = torch.zeros_like(raw)
    for seed in range(12):
        encoder.zero_grad()
        read(encoder, seed).outputs.sum().backward()
        share = raw.grad.ne(0).float().mean()
        assert 0.3 < share < 0.7  # of one batch only what was kept
        reached += raw.grad.abs()
    assert reached.ne(0).all()  # of several, every weight
    assert encoder.recurrence.weight_hh_l0 is raw
    assert isinstance(raw, nn.Parameter)
    assert all(value.equal(before[name]) for name, value in encoder.state_dict().items())


@pytest.mark.parametrize("cell", CELLS)
def test_nothing_is_dropped_in_evaluation(cell):
    """PITFALLS 17: bit for bit what nn.LSTM says, and in training the same where nothing is to be dropped."""
    inputs = torch.randn(2, 5, FEATURES)
    for encoder in (layer(cell).eval(), layer(cell, 0.0)):
        outputs, _ = encoder.recurrence(inputs)
        assert torch.equal(encoder(inputs, None).outputs, outputs)


@pytest.mark.parametrize("cell", CELLS)
def test_what_is_dropped_is_little_where_the_probability_is_small(cell):
    """The run of its own, in training, is that of nn.LSTM when no element falls."""
    encoder = layer(cell, 1e-9)
    torch.testing.assert_close(read(encoder).outputs, read(layer(cell, 0.0)).outputs, rtol=0, atol=1e-6)


def test_the_same_mask_at_all_steps_and_for_all_rows():
    encoder = layer()
    inputs = torch.randn(1, 5, FEATURES).expand(3, -1, -1)
    outputs = encoder(inputs, None).outputs
    torch.testing.assert_close(outputs[0], outputs[2], rtol=0, atol=1e-6)
    torch.manual_seed(3)
    whole = encoder(inputs, None).outputs
    torch.manual_seed(3)
    half = encoder(inputs[:, :2], None).outputs
    torch.testing.assert_close(whole[:, :2], half, rtol=0, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_bfloat16_and_a_state_of_it(bf16, cell):
    encoder, inputs = layer(cell, 0.3), torch.randn(2, 5, FEATURES)
    torch.manual_seed(1)
    expected = encoder(inputs, None).outputs
    torch.manual_seed(1)
    with torch.autocast("cpu", torch.bfloat16):
        got = encoder(inputs, None)
        encoder(inputs, None, [got.state[0].detached()]).outputs.float().sum().backward()
    torch.testing.assert_close(got.outputs.float(), expected, rtol=0, atol=0.03)
    assert encoder.recurrence.weight_hh_l0.grad.isfinite().all()
