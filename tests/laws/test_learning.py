"""What a model is before training, that it can learn, in bfloat16 too, and why it is an LSTM."""

import functools
import math

import pytest
import torch
from torch import nn

from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.cells import Weights, lstm
from kassandra.lstm.encoder import State
from kassandra.lstm.layers import GATES, VanillaLSTM
from kassandra.targets.label.train.target import build

pytestmark = pytest.mark.usefixtures("one_thread")
FEATURES, CLASSES = 3, 7


@functools.cache
def model_of(params):
    torch.manual_seed(0)
    return build(ModelSpec(CLASSES, FEATURES), params)


@pytest.mark.parametrize("hidden_size", [1, 5, 13])
def test_initial_values(cell, hidden_size):
    W, U, b, d = (weight.detach() for weight in VanillaLSTM(FEATURES, hidden_size, cell).parameters())
    for gate in range(GATES[cell]):
        rows = slice(gate * hidden_size, (gate + 1) * hidden_size)
        torch.testing.assert_close(U[rows] @ U[rows].T, torch.eye(hidden_size), rtol=0, atol=1e-5)
        assert W[rows].abs().max() <= math.sqrt(6 / (FEATURES + hidden_size))  # Glorot's bound for one gate
        is_forget = cell == "lstm" and gate == 1
        assert (b + d)[rows].eq(1 if is_forget else 0).all()


def test_initial_loss_is_that_of_a_guess(model_params):
    torch.manual_seed(1)
    logits = model_of(model_params)(torch.randn(64, 11, FEATURES), torch.randint(1, 12, (64,)))
    loss = nn.functional.cross_entropy(logits, torch.randint(0, CLASSES, (64,)))
    assert loss.item() == pytest.approx(math.log(CLASSES), abs=0.3)


@pytest.mark.slow
def test_bfloat16_is_close_to_float32(bf16, model_params):
    torch.manual_seed(2)
    model, inputs, lengths = model_of(model_params), torch.randn(5, 11, FEATURES), torch.tensor([11, 1, 7, 3, 5])
    for rows in (lengths, None):
        expected, expected_logits = model.encoder(inputs, rows), model(inputs, rows)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            encoded, logits = model.encoder(inputs, rows), model(inputs, rows)
        torch.testing.assert_close(encoded.outputs.float(), expected.outputs, rtol=0, atol=0.03)
        torch.testing.assert_close(logits.float(), expected_logits, rtol=0, atol=0.03)
        if encoded.attention is not None:
            assert encoded.attention.dtype == torch.float32
            torch.testing.assert_close(encoded.attention.sum(dim=1), torch.ones(5), rtol=0, atol=1e-6)
        nn.functional.cross_entropy(logits.float(), torch.arange(5)).backward()
        assert all(weight.grad.isfinite().all() for weight in model.parameters())
        model.zero_grad()
        if encoded.state is not None:  # a window under autocast leaves a state that the next one takes
            with torch.autocast("cpu", dtype=torch.bfloat16):
                model.encoder(inputs, None, encoded.state)


@pytest.mark.slow
def test_eight_samples_can_be_learned_by_heart(model_params):
    torch.manual_seed(3)
    model = build(ModelSpec(CLASSES, FEATURES), model_params.model_copy(update={"hidden_size": 17}))
    inputs, lengths, targets = torch.randn(8, 7, FEATURES), torch.tensor([7, 1, 2, 3, 4, 5, 6, 7]), torch.arange(8) % 7
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(200):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs, lengths), targets)
        if loss.item() < 0.01:
            return
        loss.backward()
        optimizer.step()
    pytest.fail(f"the loss is still {loss.item():.3f} after 200 steps")


def reach(cell, forget_bias, seed, time=100):
    """How much of the gradient of the last output reaches the first input, relative to what reaches the last input.

    As initialised, hidden_size 16, on white noise of variance 1, in double: the median over 32 rows.
    """
    torch.manual_seed(seed)
    encoder = VanillaLSTM(FEATURES, 16, cell).double()
    if cell == "lstm":
        with torch.no_grad():
            encoder.recurrence.bias_ih_l0.chunk(4)[1].fill_(forget_bias)
    inputs = torch.randn(32, time, FEATURES, dtype=torch.double, requires_grad=True)
    summary = encoder(inputs, None).summary
    (gradient,) = torch.autograd.grad((summary * torch.randn_like(summary)).sum(), inputs)
    norms = gradient.norm(dim=2)  # (batch, time)
    return (norms[:, 0] / norms[:, -1]).median().item()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.slow
def test_gradients_vanish_in_a_tanh_rnn_and_far_less_in_an_lstm_with_its_forget_bias(seed):
    """Hochreiter (1991), Bengio et al. (1994). It is the open gate that helps: with a bias of 0 an LSTM is no better.

    Variance 1 is part of the claim: on small inputs a tanh RNN with orthogonal weights is nearly linear and loses less.
    """
    rnn, ours, closed = reach("rnn", None, seed), reach("lstm", 1.0, seed), reach("lstm", 0.0, seed)
    assert rnn < 1e-10
    assert ours > 1e-7
    assert ours > 1e5 * rnn
    assert closed < 1e-12


def test_the_cell_carries_gradients_by_its_forget_gates_alone():
    """With nothing coming back from h (U = 0), ∂c_T/∂c_0 is the product of the forget gates: the error carousel."""
    torch.manual_seed(0)
    W, _, b, d = (weight.detach().double() for weight in VanillaLSTM(FEATURES, 5).parameters())
    weights = Weights(W, torch.zeros(20, 5, dtype=torch.double), b, d)
    start = torch.randn(1, 5, dtype=torch.double, requires_grad=True)
    state, product = State(torch.zeros(1, 5, dtype=torch.double), start), torch.ones(1, 5, dtype=torch.double)
    for x in torch.randn(100, 1, FEATURES, dtype=torch.double):
        state = lstm(x, state, weights)
        product *= torch.sigmoid((x @ W.T + b + d).chunk(4, dim=1)[1])  # (1, 5): f of this step
    (gradient,) = torch.autograd.grad(state.c.sum(), start)
    torch.testing.assert_close(gradient, product, rtol=1e-10, atol=0)
