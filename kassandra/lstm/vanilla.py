"""One recurrent layer in one direction: the only place that touches nn.LSTM, nn.GRU and nn.RNN."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import unknown
from kassandra.lstm.encoder import Encoded, Encoder, State, last_valid, zero_padding

CELLS: dict[str, Callable[..., nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
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
        return Encoded(outputs, summary, [self._unstacked(last)] if lengths is None else None)

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
        """As in cells.Weights; in training with dropout other recurrent weights, while the layer's own, which are never
        replaced, learn."""
        W, U, b, d = self.recurrence.parameters()
        return [W, F.dropout(U, self.weight_dropout, training=self.training), b, d]

    def _with_dropped_weights(
        self, inputs: Tensor, start: Tensor | tuple[Tensor, ...] | None
    ) -> tuple[Tensor, Tensor | tuple[Tensor, Tensor]]:
        """What nn.LSTM.forward does, with other recurrent weights."""
        weights = self._weights()
        if start is None:
            zeros = inputs.new_zeros(1, len(inputs), self.output_size)  # (1, batch, hidden_size)
            start = (zeros, zeros) if self.cell == "lstm" else zeros
        if isinstance(start, tuple):
            outputs, h, c = torch.lstm(inputs, start, weights, True, 1, 0.0, True, False, True)
            return outputs, (h, c)
        run = torch.gru if self.cell == "gru" else torch.rnn_tanh
        outputs, h = run(inputs, start, weights, True, 1, 0.0, True, False, True)
        return outputs, h

    # PyTorch's states have a leading axis over layers and directions, here always of size 1.

    def _stacked(self, state: State) -> Tensor | tuple[Tensor, ...]:
        if self.cell == "lstm":
            return tuple(part.unsqueeze(0) for part in state if part is not None)  # (1, batch, hidden_size) each
        return state.h.unsqueeze(0)  # (1, batch, hidden_size)

    def _unstacked(self, last: Tensor | tuple[Tensor, Tensor]) -> State:
        if isinstance(last, tuple):
            h, c = last  # (1, batch, hidden_size) each
            return State(h.squeeze(0), c.squeeze(0))  # (batch, hidden_size) each
        return State(last.squeeze(0))  # (batch, hidden_size)


@torch.no_grad()
def initialise(recurrence: nn.RNNBase, cell: str) -> None:
    """Sets the weights of a one-layer `recurrence` before training, gate by gate.

    Input weights are Glorot-uniform (Glorot & Bengio 2010), recurrent weights orthogonal (Saxe et al. 2014), biases 0.
    But the LSTM's forget gate gets a bias of 1: it starts open, so that gradients flow back along c from the first step
    of training on (Gers et al. 2000; Jozefowicz et al. 2015).
    """
    W, U, b, d = recurrence.parameters()  # as in cells.Weights
    for gate in range(GATES[cell]):
        rows = slice(gate * recurrence.hidden_size, (gate + 1) * recurrence.hidden_size)
        nn.init.xavier_uniform_(W[rows])  # (hidden_size, input_size)
        nn.init.orthogonal_(U[rows])  # (hidden_size, hidden_size)
    b.zero_()
    d.zero_()
    if cell == "lstm":
        b.chunk(4)[1].fill_(1)  # (hidden_size,); the other bias of the forget gate stays 0, so that their sum is 1
