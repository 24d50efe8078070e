"""One class per example: an encoder, and a linear layer on its summary."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.batch import AnswersOfRows, Batch
from kassandra.lstm.build import build_reader
from kassandra.lstm.embedding import Embedding
from kassandra.lstm.encoder import Encoded, Encoder
from kassandra.lstm.summaries import Attentive, Pooled
from kassandra.params.sections.model import Model
from kassandra.params.targets.label import Train

Labels = NDArray[np.int64]  # (examples,)


class Classifier(nn.Module):
    """Logits of the classes of a sequence that was read to its end. There is no softmax: CrossEntropyLoss has it.

    Args:
        encoder: reads the sequence. outputs: number of classes, ≥ 1.
        dropout: probability, 0 ≤ dropout < 1, of zeroing an element of the summary.
        embedding: makes the numbers that the encoder reads of token ids; None where inputs are numbers.
    """

    def __init__(
        self, encoder: Encoder, outputs: int, dropout: float = 0.0, embedding: Embedding | None = None
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(encoder.output_size, outputs)

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

    def forward(self, inputs: Tensor, lengths: Tensor | None) -> Tensor:
        """(batch, outputs) logits of what `encode` takes."""
        return self.answer(self.encode(inputs, lengths))

    def encode(self, inputs: Tensor, lengths: Tensor | None) -> Encoded:
        """Read `inputs`, numbers (batch, time, input_size) or token ids (batch, time); `lengths` as in Encoder."""
        encoded: Encoded = self.encoder(inputs if self.embedding is None else self.embedding(inputs), lengths)
        return encoded

    def answer(self, encoded: Encoded) -> Tensor:
        """(batch, outputs) logits of a sequence that was read."""
        logits: Tensor = self.linear(self.dropout(encoded.summary))
        return logits


def build(spec: ModelSpec, params: Model) -> Classifier:
    """A classifier, its weights drawn from PyTorch's global generator: seed it first."""
    embedding, encoder = build_reader(spec, params)
    return Classifier(encoder, spec.outputs, params.dropout, embedding)


class Target(AnswersOfRows):
    """See kassandra.training.pair."""

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device

    def read(self, path: Path) -> Labels:
        return np.array(map_arrays(path)["labels"])

    def own(self, inputs: object, size: int) -> Labels:
        """Of examples whose class nobody knows."""
        return np.zeros(size, np.int64)

    def batch(self, split: Labels, rows: NDArray[np.intp], inputs: Tensor, lengths: Tensor | None) -> Batch:
        return Batch(inputs, lengths, torch.from_numpy(split[rows]).to(self.device))

    def loss(self, model: Classifier, batch: Batch, params: Train) -> tuple[Tensor, int, None]:
        """Cross-entropy, nats."""
        logits = model(batch.inputs, batch.lengths)  # (batch, classes)
        total = F.cross_entropy(logits.float(), batch.targets, reduction="sum", label_smoothing=params.label_smoothing)
        return total, len(batch.targets), None

    def scores(self, model: Classifier, batches: Iterable[tuple[Any, Batch]], split: Labels) -> dict[str, float]:
        """`f1` is the mean over classes, 0 for one that is never right."""
        loss, pairs = 0.0, np.zeros((0, 0), np.int64)  # of target and prediction
        for _, batch in batches:
            logits = model(batch.inputs, batch.lengths).float()  # (batch, classes)
            loss += F.cross_entropy(logits, batch.targets, reduction="sum").item()
            pairs = pairs if len(pairs) else np.zeros((logits.shape[1],) * 2, np.int64)
            np.add.at(pairs, (batch.targets.cpu().numpy(), logits.argmax(1).cpu().numpy()), 1)
        right, both = pairs.diagonal(), pairs.sum(0) + pairs.sum(1)  # (classes,) each
        f1 = float((2 * right / np.maximum(both, 1)).mean())
        return {"loss": loss / len(split), "accuracy": int(right.sum()) / len(split), "f1": f1}
