"""A model with one answer per sequence: an encoder, and a linear layer on its summary."""

from collections.abc import Mapping

from torch import Tensor, nn

from kassandra.lstm.embedding import Embedding
from kassandra.lstm.encoder import Encoded, Encoder
from kassandra.lstm.ngrams import Bigrams
from kassandra.lstm.rocket_ridge import RocketRidge
from kassandra.lstm.summaries import Attentive, Pooled


class LinearOnSummary(nn.Module):
    """Outputs of a sequence that was read to its end.

    Args:
        encoder: reads the sequence. outputs: how many numbers, ≥ 1.
        dropout: probability, 0 ≤ dropout < 1, of zeroing an element of the summary.
        embedding: makes the numbers that the encoder reads of token ids; None where inputs are numbers.
        beside: a linear model of the inputs, whose outputs are added outside training: fitted to the same rows, it
            would leave the encoder nothing to learn.
    """

    def __init__(
        self, encoder: Encoder, outputs: int, dropout: float = 0.0, embedding: Embedding | None = None,
        beside: Bigrams | RocketRidge | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.embedding = embedding
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(encoder.output_size, outputs)
        self.beside = beside

    def begin_with(self, weights: Mapping[str, Tensor]) -> None:
        """Take over the weights of a language model: `embedding.…`, and `encoder.…` of the layers below the summary.

        Raises:
            RuntimeError: they are not those of these layers.
        """
        assert self.embedding is not None, "a language model reads token ids"
        reader: nn.Module = self.encoder
        while isinstance(reader, Pooled | Attentive):
            reader = reader.encoder
        for part, prefix in ((self.embedding, "embedding."), (reader, "encoder.")):
            part.load_state_dict(
                {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
            )

    def forward(self, inputs: Tensor, lengths: Tensor | None, beside: Tensor | None = None) -> Tensor:
        """(batch, outputs) of what `encode` takes."""
        return self.answer(self.encode(inputs, lengths, beside))

    def encode(self, inputs: Tensor, lengths: Tensor | None, beside: Tensor | None = None) -> Encoded:
        """Read `inputs`, numbers (batch, time, input_size) or token ids (batch, time); `lengths` as in Encoder.

        beside: (batch, outputs) that are added, in training too, in place of what the linear model says of the inputs.
        """
        encoded: Encoded = self.encoder(inputs if self.embedding is None else self.embedding(inputs), lengths)
        if beside is None and self.beside is not None and not self.training:
            beside = self.beside(inputs, lengths)
        return encoded if beside is None else encoded._replace(beside=beside)

    def answer(self, encoded: Encoded) -> Tensor:
        """(batch, outputs) of a sequence that was read."""
        outputs: Tensor = self.linear(self.dropout(encoded.summary))
        return outputs if encoded.beside is None else outputs + encoded.beside
