"""A token or none at each step, by connectionist temporal classification (CTC; Graves et al. 2006)."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import UNK, ModelSpec
from kassandra.lstm.batch import Batch
from kassandra.lstm.build import build_reader
from kassandra.lstm.encoder import Encoded, Encoder
from kassandra.params.targets.transcript import Decoder, Model, Train
from kassandra.targets.transcript.train.decoding import BLANK, greedy
from kassandra.targets.transcript.train.edits import counted
from kassandra.targets.transcript.train.spelling import Spelling


class Recogniser(nn.Module):
    """Log-probabilities of the tokens, and of none, at each step of a sequence.

    Args:
        encoder: reads the sequence. outputs: number of tokens, the blank among them.
        dropout: probability, 0 ≤ dropout < 1, of zeroing an element of the encoder's outputs.
        decoder: how texts are read off, for whoever uses the model.
    """

    def __init__(self, encoder: Encoder, outputs: int, dropout: float, decoder: Decoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(encoder.step_size, outputs)
        self.decoder = decoder

    def forward(self, inputs: Tensor, lengths: Tensor | None) -> Tensor:
        """(batch, steps, outputs) of `inputs` (batch, steps, features); `lengths` as in Encoder."""
        encoded: Encoded = self.encoder(inputs, lengths)
        logits = self.linear(self.dropout(encoded.outputs)).float()  # (batch, steps, outputs)
        log_probabilities: Tensor = logits.log_softmax(2)
        return log_probabilities


def build(spec: ModelSpec, params: Model) -> Recogniser:
    """A recogniser, its weights drawn from PyTorch's global generator: seed it first."""
    _, encoder = build_reader(spec, params)
    return Recogniser(encoder, spec.outputs, params.dropout, params.decoder)


class Transcripts(NamedTuple):
    """ids: tokens of each row. texts: what is scored."""

    ids: Ragged
    texts: list[str]


class Target:
    """See kassandra.training.pair."""

    unit = "tokens"

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device, self.spelling = device, Spelling(meta)

    def read(self, path: Path) -> Transcripts:
        arrays = map_arrays(path)
        texts = Ragged(np.array(arrays["text"]), np.array(arrays["text_offsets"])).texts()
        return Transcripts(Ragged(arrays["target"], arrays["target_offsets"]), texts)

    def own(self, inputs: object, size: int) -> Transcripts:
        """Of recordings whose transcripts nobody knows."""
        return Transcripts(Ragged.of(([] for _ in range(size)), np.int32), [""] * size)

    def size(self, split: Transcripts) -> int:
        return len(split.ids.flat)

    def lengths(self, split: Transcripts) -> None:
        return None  # batches are made by the lengths of recordings

    def batch(self, split: Transcripts, rows: NDArray[np.intp], inputs: Tensor, lengths: Tensor | None) -> Batch:
        return Batch(inputs, lengths, torch.from_numpy(split.ids.padded(rows)[0]).to(self.device))

    def loss(self, model: Recogniser, batch: Batch, params: Train) -> tuple[Tensor, int, None]:
        """Negative log-likelihood of each transcript, nats: the sum over all ways in which the steps may write it."""
        losses = ctc(model(batch.inputs, batch.lengths), batch.lengths, batch.targets)
        return losses.sum(), int((batch.targets != BLANK).sum()), None

    def scores(self, model: Recogniser, batches: Iterable[tuple[Any, Batch]], split: Transcripts) -> dict[str, float]:
        """100 minus the word error rate of greedy reading, which is edits per 100 words of the transcripts."""
        loss, wrong, words = 0.0, 0, 0
        for rows, batch in batches:
            log_probabilities = model(batch.inputs, batch.lengths)
            loss += ctc(log_probabilities, batch.lengths, batch.targets).double().sum().item()
            for row, own in zip(rows, per_row(log_probabilities, batch.lengths), strict=True):
                (edits, count), _ = counted(self.spelling.text(greedy(own).tokens), split.texts[row])
                wrong, words = wrong + int(edits), words + int(count)
        return {"loss": loss / self.size(split), "word_accuracy": 100 * (1 - wrong / max(1, words))}


def ctc(log_probabilities: Tensor, lengths: Tensor | None, targets: Tensor) -> Tensor:
    """(batch,) nats of `targets` (batch, tokens), padded with BLANK, under (batch, steps, outputs).

    A row with fewer steps than its tokens need, as of a recording that was played faster, adds nothing. Summed on the
    CPU on every device: on CUDA, PyTorch's gradient of it is not the same each time.
    """
    batch, steps, _ = log_probabilities.shape
    full = torch.full((batch,), steps, dtype=torch.int64)
    here, targets = log_probabilities.transpose(0, 1).cpu(), targets.cpu()
    sizes = (targets != BLANK).sum(1)
    losses = F.ctc_loss(
        here, targets, full if lengths is None else lengths.cpu(), sizes, BLANK, "none", zero_infinity=True
    )
    return losses.to(log_probabilities.device)


def per_row(log_probabilities: Tensor, lengths: Tensor | None) -> list[NDArray[np.float64]]:
    """(steps, outputs) of each row without its padding; an unknown token is never read."""
    values = log_probabilities.detach().double().cpu().numpy()
    values[:, :, UNK] = -np.inf
    ends = [values.shape[1]] * len(values) if lengths is None else lengths.tolist()
    return [own[:end] for own, end in zip(values, ends, strict=True)]
