"""The recurrent cells written as mathematics, one step each: slow, clear, and what every fast path is tested against.

σ is the logistic function, ⊙ the product of elements. Weights keep PyTorch's layout, gates stacked along the rows, and
its two biases, which LSTM and RNN only ever add up but the GRU does not.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from kassandra.lstm.encoder import State


class Weights(NamedTuple):
    """One layer's weights, in the order of nn.LSTM(...).parameters(); gates is 4 (lstm: i f g o), 3 (gru: r z n) or 1.

    W: (gates · hidden_size, input_size).
    U: (gates · hidden_size, hidden_size).
    b, d: (gates · hidden_size,), added to W x and to U h.
    """

    W: Tensor
    U: Tensor
    b: Tensor
    d: Tensor


def lstm(x: Tensor, state: State, weights: Weights) -> State:
    """Hochreiter & Schmidhuber (1997) with the forget gate of Gers, Schmidhuber & Cummins (2000), no peepholes.

    x: (batch, input_size).
    """
    W, U, b, d = weights
    h, c = state
    assert c is not None
    i, f, g, o = (x @ W.T + b + h @ U.T + d).chunk(4, dim=1)  # 4 × (batch, hidden_size)
    i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    c = f * c + i * g  # (batch, hidden_size): c_t = f ⊙ c_{t-1} + i ⊙ g
    return State(o * torch.tanh(c), c)  # (batch, hidden_size): h_t = o ⊙ tanh c_t


def gru(x: Tensor, state: State, weights: Weights) -> State:
    """Cho et al. (2014), eq. 5-8, but with the reset gate r applied after the product with U, as cuDNN does.

    x: (batch, input_size).
    """
    W, U, b, d = weights
    h = state.h  # (batch, hidden_size)
    r, z, n = (x @ W.T + b).chunk(3, dim=1)  # 3 × (batch, hidden_size), what the input says
    r_h, z_h, n_h = (h @ U.T + d).chunk(3, dim=1)  # 3 × (batch, hidden_size), what the state says
    r, z = torch.sigmoid(r + r_h), torch.sigmoid(z + z_h)  # 2 × (batch, hidden_size)
    n = torch.tanh(n + r * n_h)  # (batch, hidden_size)
    return State((1 - z) * n + z * h)  # (batch, hidden_size): h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}


def rnn(x: Tensor, state: State, weights: Weights) -> State:
    """Elman (1990) with tanh.

    x: (batch, input_size).
    """
    W, U, b, d = weights
    return State(torch.tanh(x @ W.T + b + state.h @ U.T + d))  # (batch, hidden_size)


STEPS: dict[str, Callable[[Tensor, State, Weights], State]] = {"lstm": lstm, "gru": gru, "rnn": rnn}


def unroll(cell: str, weights: Weights, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
    """Runs a cell over time.

    Args:
        cell: a key of STEPS.
        weights: `Weights(*nn.LSTM(...).parameters())` of a one-layer, one-direction nn.LSTM, nn.GRU or nn.RNN.
        inputs: (batch, time, input_size), every row full.
        state: where to start; None starts from zeros.

    Returns:
        outputs (batch, time, hidden_size), h of each step, and the state after the last.
    """
    if state is None:
        zeros = inputs.new_zeros(len(inputs), weights.U.shape[1])  # (batch, hidden_size)
        state = State(zeros, zeros if cell == "lstm" else None)
    outputs = []
    for x in inputs.unbind(1):  # time × (batch, input_size)
        state = STEPS[cell](x, state, weights)
        outputs.append(state.h)
    return torch.stack(outputs, dim=1), state  # (batch, time, hidden_size)
