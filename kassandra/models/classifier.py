"""One answer per sequence: an encoder and a linear layer on its summary."""

from torch import Tensor, nn

from kassandra.models.encoder import Encoded, Encoder


class Classifier(nn.Module):
    """Logits, or values, from a sequence read to its end. There is no softmax: CrossEntropyLoss has it.

    Args:
        encoder: reads the sequence.
        outputs: number of classes, or of values to predict, ≥ 1.
        dropout: probability, 0 ≤ dropout < 1, of zeroing an element of the summary.
    """

    def __init__(self, encoder: Encoder, outputs: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(encoder.output_size, outputs)

    def forward(self, inputs: Tensor, lengths: Tensor | None) -> Tensor:
        """(batch, outputs) logits of `inputs` (batch, time, input_size); `lengths` as in Encoder.forward."""
        encoded: Encoded = self.encoder(inputs, lengths)
        logits: Tensor = self.linear(self.dropout(encoded.summary))  # (batch, outputs)
        return logits
