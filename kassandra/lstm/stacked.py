"""Layers upon layers: each reads the outputs of the one below."""

from collections.abc import Sequence

from torch import Tensor, nn

from kassandra.contracts.errors import KassandraError
from kassandra.lstm.dropout import LockedDropout
from kassandra.lstm.encoder import Encoded, Encoder, State


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
