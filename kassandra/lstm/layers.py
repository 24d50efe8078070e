"""LSTM layers: one in one direction, two of one sequence, several upon each other.

VanillaLSTM is the only place that touches nn.LSTM, nn.GRU and nn.RNN.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import unknown
from kassandra.lstm.embedding import LockedDropout
from kassandra.lstm.encoder import Encoded, Encoder, State, last_valid, reverse_valid, zero_padding

CELLS: dict[str, Callable[..., nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
GRID = 2**20  # initial recurrent weights are multiples of one over it
GATES = {"lstm": 4, "gru": 3, "rnn": 1}  # gates stacked in each weight of nn.LSTM (i f g o), nn.GRU (r z n), nn.RNN


class VanillaLSTM(Encoder):
    """One layer of LSTM cells, or of the baselines `gru` and `rnn` (tanh), reading forwards.

    Padding is never packed: pack_padded_sequence leaves the fused oneDNN path on a CPU and trains several times slower.
    Steps after a row's end are computed on zeros instead, and thrown away.

    Args:
        input_size: numbers per step, ≥ 1.
        hidden_size: width of h and c, ≥ 1; also `output_size`.
        cell: `lstm` (Hochreiter & Schmidhuber 1997, Gers et al. 2000), `gru` (Cho et al. 2014), `rnn` (Elman 1990).
        weight_dropout: probability of zeroing an element of the recurrent weights, drawn anew for each batch and the
            same at all its steps (DropConnect; Merity et al. 2017, section 2). The weights themselves stay whole.

    Raises:
        KassandraError: unknown cell.
    """

    causal = True

    def __init__(self, input_size: int, hidden_size: int, cell: str = "lstm", weight_dropout: float = 0.0) -> None:
        super().__init__()
        if cell not in CELLS:
            raise KassandraError(unknown("VanillaLSTM", "cell", cell, CELLS))
        self.output_size = hidden_size
        self.cell = cell
        self.weight_dropout = weight_dropout
        self.recurrence = CELLS[cell](input_size, hidden_size, batch_first=True)
        initialise(self.recurrence, cell)

    def forward(self, inputs: Tensor, lengths: Tensor | None, state: list[State] | None = None) -> Encoded:
        """See Encoder.forward; `state` is a list of one State."""
        if state is not None and len(state) != 1:
            raise KassandraError(f"VanillaLSTM: 'state' must hold one State, that of its one layer, got {len(state)}")
        inputs = zero_padding(inputs, lengths)  # (batch, time, input_size)
        start = None if state is None else self._stacked(state[0])
        if self.training and self.weight_dropout:
            outputs, last = self._with_dropped_weights(inputs, start)
        else:
            outputs, last = self.recurrence(inputs, start)
        outputs = zero_padding(outputs, lengths)  # (batch, time, hidden_size)
        summary = last_valid(outputs, lengths)  # (batch, hidden_size)
        reached = State(*(part.squeeze(0) for part in (last if isinstance(last, tuple) else (last,))))
        return Encoded(outputs, summary, [reached] if lengths is None else None)

    def stepper(self) -> Callable[[Tensor, State], State]:
        """One step at a time, for inputs that depend on the step before: from (batch, input_size) and a State to the
        next State. The weights to drop are drawn once, here, and are the same at all steps."""
        weights = self._weights()

        def step(x: Tensor, state: State) -> State:
            if state.c is not None:
                return State(*torch.lstm_cell(x, (state.h, state.c), *weights))
            run = torch.gru_cell if self.cell == "gru" else torch.rnn_tanh_cell
            return State(run(x, state.h, *weights))

        return step

    def _weights(self) -> list[Tensor]:
        """W, U, b, d of kassandra/lstm/cells.py; in training with dropout masked recurrent weights, as the own,
        which are never replaced, learn."""
        W, U, b, d = self.recurrence.parameters()
        return [W, F.dropout(U, self.weight_dropout, training=self.training), b, d]

    def _with_dropped_weights(
        self, inputs: Tensor, start: Tensor | tuple[Tensor, ...] | None
    ) -> tuple[Tensor, Tensor | tuple[Tensor, Tensor]]:
        """What nn.LSTM.forward does, with other recurrent weights."""
        weights = self._weights()
        if start is None:
            zeros = inputs.new_zeros(len(inputs), self.output_size)  # (batch, hidden_size)
            start = self._stacked(State(zeros, zeros))
        if isinstance(start, tuple):
            outputs, h, c = torch.lstm(inputs, start, weights, True, 1, 0.0, True, False, True)
            return outputs, (h, c)
        run = torch.gru if self.cell == "gru" else torch.rnn_tanh
        return run(inputs, start, weights, True, 1, 0.0, True, False, True)

    def _stacked(self, state: State) -> Tensor | tuple[Tensor, ...]:
        """As PyTorch has states: with a leading axis over layers and directions, here always of size 1."""
        if self.cell == "lstm":
            return tuple(part.unsqueeze(0) for part in state if part is not None)  # (1, batch, hidden_size) each
        return state.h.unsqueeze(0)  # (1, batch, hidden_size)


@torch.no_grad()
def initialise(recurrence: nn.RNNBase, cell: str) -> None:
    """Sets the weights of a one-layer `recurrence` before training, gate by gate.

    Input weights are Glorot-uniform (Glorot & Bengio 2010), recurrent weights orthogonal (Saxe et al. 2014), biases 0.
    But the LSTM's forget gate gets a bias of 1: it starts open, so that gradients flow back along c from the first step
    of training on (Gers et al. 2000; Jozefowicz et al. 2015).
    """
    W, U, b, d = recurrence.parameters()  # as in kassandra/lstm/cells.py
    if U.is_meta:  # a model that is only measured
        return
    for gate in range(GATES[cell]):
        rows = slice(gate * recurrence.hidden_size, (gate + 1) * recurrence.hidden_size)
        nn.init.xavier_uniform_(W[rows])  # (hidden_size, input_size)
        U[rows] = orthogonal(recurrence.hidden_size).to(U)  # (hidden_size, hidden_size)
    b.zero_()
    d.zero_()
    if cell == "lstm":
        b.chunk(4)[1].fill_(1)  # (hidden_size,); the other bias of the forget gate stays 0, so that their sum is 1


def orthogonal(size: int) -> Tensor:
    """(size, size) a random orthogonal matrix (uniform over all of them; Mezzadri 2007), fp32 on the CPU.

    The same on every processor: PyTorch's normal draws and its QR decomposition depend on the instruction set. So it
    is drawn in NumPy, from a number of PyTorch's global generator, decomposed in double precision, and rounded to
    multiples of 2^-20: what libraries of linear algebra differ by, some 1e-15, is gone.
    """
    seed = int(torch.randint(2**62, ()))
    Q, R = np.linalg.qr(np.random.default_rng(seed).standard_normal((size, size)))
    return torch.from_numpy(np.round(Q * np.sign(np.diag(R)) * GRID) / GRID).float()


class Bidirectional(Encoder):
    """Reads forwards with one encoder and backwards, from each row's last valid step, with another.

    Schuster & Paliwal (1997); for LSTMs Graves & Schmidhuber (2005). outputs[:, t] is what the forward half gives after
    steps 0..t beside what the backward half gives after steps length-1..t. The summary is what each half gives once it
    has read everything: the forward half at the last valid step, the backward half at step 0. `ahead` and `back` are
    encoders of the same input_size, of which nothing is shared.
    """

    causal = False

    def __init__(self, ahead: Encoder, back: Encoder) -> None:
        super().__init__()
        self.ahead = ahead
        self.back = back
        self.output_size = ahead.output_size + back.output_size

    def forward(self, inputs: Tensor, lengths: Tensor | None, state: list[State] | None = None) -> Encoded:
        """See Encoder.forward; as it is not causal, no `state` may be given."""
        if state is not None:
            raise KassandraError(
                "Bidirectional: cannot read on from a 'state', as its backward half starts at the end of the sequence; "
                "give whole sequences, or use an encoder that is causal"
            )
        ahead: Encoded = self.ahead(inputs, lengths)
        back: Encoded = self.back(reverse_valid(inputs, lengths), lengths)  # its step t is our step length-1-t
        outputs = torch.cat([ahead.outputs, reverse_valid(back.outputs, lengths)], dim=2)  # (batch, time, output_size)
        summary = torch.cat([ahead.summary, back.summary], dim=1)  # (batch, output_size)
        return Encoded(outputs, summary, state=None)


class Stacked(Encoder):
    """Encoders in a row, with dropout between them (Graves 2013; dropout as Zaremba et al. 2014, on what goes up only).

    The dropout is our own: that inside cuDNN's LSTM is not reproducible after the seed is set again.

    Args:
        layers: at least one; the input_size of each is the output_size of the one before. Each keeps one State.
        dropout: probability, 0 ≤ dropout < 1, of zeroing an element of what one layer hands to the next. What the last
            layer gives is not dropped here.
        locked: whether the same elements are zeroed at every step (see LockedDropout).
    """

    def __init__(self, layers: Sequence[Encoder], dropout: float = 0.0, locked: bool = False) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.dropout = LockedDropout(dropout) if locked else nn.Dropout(dropout)
        self.output_size = layers[-1].output_size
        self.causal = all(layer.causal for layer in layers)

    def forward(self, inputs: Tensor, lengths: Tensor | None, state: list[State] | None = None) -> Encoded:
        """See Encoder.forward; summary and attention are those of the last layer."""
        if state is not None and len(state) != len(self.layers):
            raise KassandraError(
                f"Stacked: 'state' must hold one State for each of {len(self.layers)} layers, got {len(state)}"
            )
        starts = [None] * len(self.layers) if state is None else [[one] for one in state]
        encoded: Encoded = self.layers[0](inputs, lengths, starts[0])
        reached = [encoded.state]
        for layer, start in zip(self.layers[1:], starts[1:], strict=True):
            inputs = self.dropout(encoded.outputs)  # (batch, time, output_size of the layer below)
            encoded = layer(inputs, lengths, start)
            reached.append(encoded.state)
        # There is something to read on from only if every layer left its state.
        states = [one for layer_state in reached if layer_state is not None for one in layer_state]
        return encoded._replace(state=states if len(states) == len(self.layers) else None)
