"""Two readers of one sequence, one from each end."""

import torch
from torch import Tensor

from kassandra.contracts.errors import KassandraError
from kassandra.lstm.encoder import Encoded, Encoder, State, reverse_valid


class Bidirectional(Encoder):
    """Reads forwards with one encoder and backwards, from each row's last valid step, with another.

    Schuster & Paliwal (1997); for LSTMs Graves & Schmidhuber (2005). outputs[:, t] is what the forward half says after
    steps 0..t beside what the backward half says after steps length-1..t. The summary is what each half says once it
    has read everything: the forward half at the last valid step, the backward half at step 0.

    Args:
        ahead, back: encoders of the same input_size, of which nothing is shared.
    """

    causal = False

    def __init__(self, ahead: Encoder, back: Encoder) -> None:
        super().__init__()
        self.ahead = ahead
        self.back = back
        self.output_size = ahead.output_size + back.output_size

    def forward(self, inputs: Tensor, lengths: Tensor | None, state: list[State] | None = None) -> Encoded:
        """See Encoder.forward.

        Raises:
            KassandraError: `state` is given.
        """
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
