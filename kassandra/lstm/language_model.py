"""An answer at each step: what the next token is."""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.lstm.batch import Batch
from kassandra.lstm.embedding import Embedding, LockedDropout
from kassandra.lstm.encoder import Encoded, Encoder, State


class Read(NamedTuple):
    raw: Tensor  # (batch, time, encoder.output_size), outputs of the last layer
    outputs: Tensor  # (batch, time, size): the same after dropout and, where there is one, projection
    state: list[State]  # from which the next window goes on


class LanguageModel(nn.Module):
    """A causal encoder over token vectors, and a score for each token of the vocabulary after each step.

    Args:
        encoder: causal; reads `embedding.size` numbers per step.
        vocab_size: number of token ids.
        dropout: probability of zeroing an element of the outputs, the same at every step of a row.
        tied: whether the vectors that outputs are compared with are those of the embedding (Press & Wolf 2017).
        samples: in training, compare with so many other tokens instead of all (see `losses`).
    """

    def __init__(
        self, embedding: Embedding, encoder: Encoder, vocab_size: int, dropout: float = 0.0, tied: bool = False,
        samples: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.embedding = embedding
        self.encoder = encoder
        self.dropout = LockedDropout(dropout)
        self.vocab_size, self.tied, self.samples = vocab_size, tied, samples
        size = embedding.size if tied else encoder.output_size
        self.project = nn.Linear(encoder.output_size, size, bias=False) if size != encoder.output_size else None
        self.bias = nn.Parameter(torch.zeros(vocab_size))
        if not tied:
            self.weight = nn.Parameter(torch.empty(vocab_size, size).uniform_(-0.1, 0.1))

    @property
    def vectors(self) -> Tensor:
        """(vocab_size, size): the vector of each token that outputs are compared with."""
        return self.embedding.table.weight if self.tied else self.weight

    def forward(self, ids: Tensor, state: list[State] | None = None) -> Read:
        """Read a window (batch, time) of token ids on from `state`, or from the beginning."""
        encoded: Encoded = self.encoder(self.embedding(ids), None, state)
        outputs = self.dropout(encoded.outputs)  # (batch, time, encoder.output_size)
        if self.project is not None:
            outputs = self.project(outputs)  # (batch, time, size)
        assert encoded.state is not None  # every row is full, so there is one
        return Read(encoded.outputs, outputs, encoded.state)

    def logits(self, outputs: Tensor) -> Tensor:
        """(…, vocab_size) of `outputs` (…, size)."""
        return F.linear(outputs, self.vectors, self.bias)

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """(tokens,) nats, -log p(target), of `outputs` (tokens, size) and `targets` (tokens,).

        In training with `samples`, the softmax is over the target and that many tokens drawn once per batch, from a
        distribution that follows rank as Zipf's law does (ids are ranks); each logit is lowered by the logarithm of the
        probability that its token is among those drawn, and a draw that hits the target is left out: Jean et al.
        (2015), section 3.1. With many draws all of the vocabulary is among them, and the loss is that of evaluation.
        """
        if not (self.training and self.samples):
            return F.cross_entropy(self.logits(outputs).float(), targets, reduction="none")
        uniform = torch.rand(self.samples, device=outputs.device)  # (samples,)
        drawn = (torch.exp(uniform * math.log(self.vocab_size + 1)) - 1).long().clamp_(max=self.vocab_size - 1)
        drawn = drawn.unique()  # (drawn,): what is frequent is hit often, but counts once
        # One lookup for both: the gradient of each is as large as the whole table.
        both = F.embedding(torch.cat([drawn, targets]), self.vectors)  # (drawn + tokens, size)
        drawn_vectors, true_vectors = both.split([len(drawn), len(targets)])
        drawn_logits = F.linear(outputs, drawn_vectors, self.bias[drawn] - self._log_drawn(drawn))  # (tokens, drawn)
        drawn_logits = drawn_logits.masked_fill(drawn == targets.unsqueeze(1), float("-inf")).float()  # (tokens, drawn)
        true = (outputs.float() * true_vectors).sum(1) + self.bias[targets] - self._log_drawn(targets)  # (tokens,)
        losses: Tensor = torch.logaddexp(drawn_logits.logsumexp(1), true) - true
        return losses

    def _log_drawn(self, ids: Tensor) -> Tensor:
        """log of the probability that an id is among `samples` draws with p(id) ∝ log((id + 2) / (id + 1))."""
        assert self.samples
        share = torch.log1p(1 / (ids.float() + 1)) / math.log(self.vocab_size + 1)  # sums to 1 over the vocabulary
        return torch.log(-torch.expm1(self.samples * torch.log1p(-share)))


def window_loss(model: LanguageModel, batch: Batch) -> tuple[Tensor, int, Read]:
    """Sum of the cross-entropies (nats) of the targets of a window, how many there are, and what the model read.

    Targets (batch, time) below 0 are none: the last window of a part of a text may be shorter than the others'.
    """
    read: Read = model(batch.inputs, batch.state)
    known = batch.targets >= 0  # (batch, time)
    return model.losses(read.outputs[known], batch.targets[known]).sum(), int(known.sum()), read


def token_losses(model: LanguageModel, batches: Iterable[Batch]) -> Tensor:
    """(tokens,) float64 nats of each target of a text, in its order, with the state carried from window to window."""
    state: Any = None
    losses, known = [], []
    for batch in batches:
        read = model(batch.inputs, None if batch.begins else state)
        state = read.state
        window = model.losses(read.outputs.flatten(0, 1), batch.targets.clamp(min=0).flatten())
        losses.append(window.view(batch.targets.shape).double().cpu())  # (streams, time)
        known.append((batch.targets >= 0).cpu())
    return torch.cat(losses, dim=1)[torch.cat(known, dim=1)]
