"""Ours = nn.LSTM = nn.LSTM on a packed batch = the equations, in value and in gradient."""

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn

from kassandra.lstm.build import build_encoder
from kassandra.lstm.cells import STEPS, Weights, unroll
from kassandra.lstm.encoder import Encoded, State
from kassandra.lstm.layers import CELLS, VanillaLSTM
from kassandra.params.sections.model import Model

pytestmark = pytest.mark.usefixtures("one_thread")
FEATURES, HIDDEN, TIME = 3, 5, 7
LENGTHS = st.lists(st.integers(1, TIME), min_size=1, max_size=5)
SEED = st.integers(0, 99)
quick = settings(derandomize=True, deadline=None, max_examples=10, database=None)


def draw(rows, seed):
    torch.manual_seed(seed)
    return torch.randn(rows, TIME, FEATURES, requires_grad=True)


def gradients(outputs, summary, wanted):
    weights = torch.arange(outputs[0].numel()).view_as(outputs[0]).sin()  # (time, size)
    return torch.autograd.grad((outputs * weights).sum() + summary.square().sum(), wanted, retain_graph=True)


def packed(reference, inputs, lengths):
    """outputs (batch, time, size) and the last layer's final h (batch, size) of nn.LSTM & co. on a packed batch."""
    batch = nn.utils.rnn.pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
    outputs, last = reference(batch)
    h = last[0] if isinstance(last, tuple) else last  # (layers · directions, batch, hidden_size)
    directions = 2 if reference.bidirectional else 1
    outputs, _ = nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=inputs.shape[1])
    return outputs, torch.cat(list(h[-directions:]), dim=1)


@quick
@given(rows=st.integers(1, 5), seed=SEED)
def test_full_rows_equal_torch_and_the_equations(cell, rows, seed):
    inputs, ours = draw(rows, seed), VanillaLSTM(FEATURES, HIDDEN, cell)
    wanted = [inputs, *ours.parameters()]
    encoded: Encoded = ours(inputs, None)
    outputs, _ = ours.recurrence(inputs)
    by_hand, end = unroll(cell, Weights(*ours.parameters()), inputs)
    for other in (outputs, by_hand):
        torch.testing.assert_close(encoded.outputs, other, rtol=0, atol=1e-6)
        torch.testing.assert_close(encoded.summary, other[:, -1], rtol=0, atol=1e-6)
        got, expected = gradients(encoded.outputs, encoded.summary, wanted), gradients(other, other[:, -1], wanted)
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=2e-6)
    torch.testing.assert_close(encoded.state[0].h, end.h, rtol=0, atol=1e-6)
    if cell == "lstm":
        torch.testing.assert_close(encoded.state[0].c, end.c, rtol=0, atol=1e-6)
    else:
        assert encoded.state[0].c is None


@quick
@given(lengths=LENGTHS, seed=SEED)
def test_ragged_rows_equal_packed_torch_and_the_equations(cell, lengths, seed):
    inputs, ours, rows = draw(len(lengths), seed), VanillaLSTM(FEATURES, HIDDEN, cell), torch.tensor(lengths)
    wanted = [inputs, *ours.parameters()]
    encoded: Encoded = ours(inputs, rows)
    outputs, summary = packed(ours.recurrence, inputs, rows)
    torch.testing.assert_close(encoded.outputs, outputs, rtol=0, atol=1e-6)
    torch.testing.assert_close(encoded.summary, summary, rtol=0, atol=1e-6)
    got = gradients(encoded.outputs, encoded.summary, wanted)
    torch.testing.assert_close(got, gradients(outputs, summary, wanted), rtol=1e-5, atol=2e-6)
    for row, length in enumerate(lengths):
        by_hand, end = unroll(cell, Weights(*ours.parameters()), inputs[row : row + 1, :length])
        torch.testing.assert_close(encoded.outputs[row, :length], by_hand[0], rtol=0, atol=1e-6)
        torch.testing.assert_close(encoded.summary[row], end.h[0], rtol=0, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
@settings(quick, max_examples=5)
@given(lengths=LENGTHS, seed=SEED)
@example(lengths=[5, 1, 7, 3], seed=0)
def test_layers_and_directions_equal_packed_torch(cell, layers, bidirectional, lengths, seed):
    variant = "attention" if layers == 1 else "stacked"  # attention leaves outputs as they are
    params = Model(variant=variant, cell=cell, hidden_size=HIDDEN, num_layers=layers, bidirectional=bidirectional)
    inputs, rows = draw(len(lengths), seed), torch.tensor(lengths)
    encoder = build_encoder(FEATURES, params)
    encoder = encoder.encoder if variant == "attention" else encoder
    reference = CELLS[cell](FEATURES, HIDDEN, layers, batch_first=True, bidirectional=bidirectional)
    with torch.no_grad():  # both list their weights layer by layer, forwards before backwards
        for theirs, mine in zip(reference.parameters(), encoder.parameters(), strict=True):
            theirs.copy_(mine)
    encoded: Encoded = encoder(inputs, rows)
    outputs, summary = packed(reference, inputs, rows)
    torch.testing.assert_close(encoded.outputs, outputs, rtol=0, atol=1e-6)
    torch.testing.assert_close(encoded.summary, summary, rtol=0, atol=1e-6)
    got = gradients(encoded.outputs, encoded.summary, [inputs, *encoder.parameters()])
    expected = gradients(outputs, summary, [inputs, *reference.parameters()])
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)


def test_the_reference_cells_pass_gradcheck(cell):
    torch.manual_seed(0)
    rows, features, hidden, gates = 2, 3, 2, {"lstm": 4, "gru": 3, "rnn": 1}[cell]
    shapes = [(rows, features), (rows, hidden), (rows, hidden)]
    shapes += [(gates * hidden, features), (gates * hidden, hidden), (gates * hidden,), (gates * hidden,)]
    x, h, c, *weights = (torch.randn(shape, dtype=torch.double, requires_grad=True) for shape in shapes)

    def step(x, h, c, *weights):
        after = STEPS[cell](x, State(h, c if cell == "lstm" else None), Weights(*weights))
        return tuple(part for part in after if part is not None)

    assert torch.autograd.gradcheck(step, (x, h, c, *weights))


@pytest.mark.slow
def test_every_variant_passes_gradcheck(model_params):
    torch.manual_seed(0)
    encoder = build_encoder(2, model_params.model_copy(update={"hidden_size": 2})).double()
    inputs = torch.randn(2, 3, 2, dtype=torch.double, requires_grad=True)

    def read(inputs, *_):  # gradcheck varies the parameters in place
        encoded = encoder(inputs, torch.tensor([3, 2]))
        return tuple(part for part in (encoded.outputs, encoded.summary, encoded.attention) if part is not None)

    assert torch.autograd.gradcheck(read, (inputs, *encoder.parameters()), fast_mode=True)
