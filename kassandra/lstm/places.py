"""An encoder without recurrence: each step by itself, as the places of an image are looked at."""

from torch import Tensor, nn

from kassandra.lstm.encoder import Encoded, Encoder, State, valid_steps, zero_padding


class Places(Encoder):
    """max(0, W x_t + b) at each step, the annotation vectors of Xu et al. (2015), section 3.1.1, in a size that is
    learned; the summary is their mean, from which a decoder begins (section 3.1.2)."""

    causal = True

    def __init__(self, input_size: int, output_size: int) -> None:
        super().__init__()
        self.output_size = output_size
        self.project = nn.Linear(input_size, output_size)

    def forward(self, inputs: Tensor, lengths: Tensor | None, state: list[State] | None = None) -> Encoded:
        """See Encoder; there is no state to read on from."""
        if lengths is not None:
            inputs = zero_padding(inputs, lengths)
        outputs = zero_padding(self.project(inputs).relu(), lengths)  # (batch, time, output_size)
        if lengths is None:
            return Encoded(outputs, outputs.mean(1), None)
        counts = valid_steps(lengths, inputs.shape[1]).sum(1, keepdim=True)  # (batch, 1)
        return Encoded(outputs, outputs.sum(1) / counts, None)
