"""A tag for each step: an encoder, a linear layer on its outputs, and a softmax of each step or a chain of all."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spans import follows, spans
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.batch import Batch
from kassandra.lstm.build import build_reader
from kassandra.lstm.encoder import Encoder, valid_steps
from kassandra.params.targets.tags import Model, Train
from kassandra.targets.tags.train.crf import Chain, best

Rows = NDArray[np.intp]


class Tagger(nn.Module):
    """Emissions of each tag at each step.

    Args:
        encoder: reads the sequence. tags: how many, ≥ 2.
        dropout: probability, 0 ≤ dropout < 1, of zeroing an element of the encoder's outputs.
        embedding: makes the numbers that the encoder reads of ids; None where inputs are numbers.
        chain: whether tags are chosen together; None has a softmax at each step.
    """

    def __init__(self, encoder: Encoder, tags: int, dropout: float, embedding: Any, chain: Chain | None) -> None:
        super().__init__()
        self.embedding = embedding
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(encoder.step_size, tags)
        self.chain = chain

    def forward(self, inputs: Tensor, lengths: Tensor | None) -> Tensor:
        """(batch, time, tags)"""
        encoded = self.encoder(inputs if self.embedding is None else self.embedding(inputs), lengths)
        emissions: Tensor = self.linear(self.dropout(encoded.outputs))
        return emissions

    def nats(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """The sum over steps of -log p: of the tags of a sequence as a whole where there is a chain."""
        if self.chain is not None:
            return -self.chain.log_likelihood(emissions, tags, lengths).sum()
        valid = valid_steps(lengths, emissions.shape[1])  # (batch, time)
        return F.cross_entropy(emissions[valid], tags[valid], reduction="sum")

    def log_probabilities(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """(batch, time, tags) of each step by itself: the marginals where there is a chain."""
        if self.chain is not None:
            return self.chain.log_marginals(emissions, lengths)
        return emissions.log_softmax(2)

    def decode(self, emissions: Tensor, lengths: Tensor, forbidden: "Forbidden") -> list[list[int]]:
        """The tags of highest probability of each row, as a whole, among those that may follow on each other."""
        if self.chain is None:
            return forbidden.best(emissions.log_softmax(2), lengths)
        chain = self.chain
        return best(emissions, lengths, chain.transitions + forbidden.moves, chain.start + forbidden.start, chain.end)


class Forbidden(NamedTuple):
    """moves: (tags, tags), start: (tags,): 0, and -inf where one tag may not follow on another, or not begin."""

    moves: Tensor
    start: Tensor

    @classmethod
    def of(cls, tags: list[str], are_spans: bool, device: torch.device) -> "Forbidden":
        """What `schemes.follows` forbids of spans; nothing of plain tags."""
        allowed = [[not are_spans or follows(before, tag) for tag in tags] for before in (None, *tags)]
        refused = torch.tensor(allowed, device=device).logical_not()  # (1 + tags, tags)
        costs = torch.zeros(refused.shape, device=device).masked_fill(refused, float("-inf"))
        return cls(costs[1:], costs[0])

    def best(self, log_probabilities: Tensor, lengths: Tensor) -> list[list[int]]:
        """The tags of which the probabilities of steps multiply to the largest number."""
        return best(log_probabilities, lengths, self.moves.to(log_probabilities), self.start.to(log_probabilities))


def build(spec: ModelSpec, params: Model) -> Tagger:
    """A tagger, its weights drawn from PyTorch's global generator: seed it first."""
    embedding, encoder = build_reader(spec, params)
    return Tagger(encoder, spec.outputs, params.dropout, embedding, Chain(spec.outputs) if params.crf else None)


class Target:
    """See kassandra.training.pair. Losses are means over steps."""

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device, self.unit = device, str(meta["steps"])
        self.tags, self.are_spans = [str(tag) for tag in meta["tags"]], bool(meta["spans"])
        self.forbidden = Forbidden.of(self.tags, self.are_spans, device)

    def read(self, path: Path) -> Ragged:
        arrays = map_arrays(path)
        return Ragged(arrays["tags"], arrays["tags_offsets"])

    def own(self, inputs: Any, size: int) -> Ragged:
        """Of sequences whose tags nobody knows."""
        offsets = np.concatenate([[0], np.cumsum(inputs.lengths)]).astype(np.int64)
        return Ragged(np.zeros(int(offsets[-1]), np.int32), offsets)

    def size(self, split: Ragged) -> int:
        return len(split.flat)

    def lengths(self, split: Ragged) -> None:
        """As long as the inputs."""
        return

    def batch(self, split: Ragged, rows: Rows, inputs: Tensor, lengths: Tensor | None) -> Batch:
        tags, own = split.padded(rows)
        lengths = torch.from_numpy(own).to(self.device) if lengths is None else lengths
        return Batch(inputs, lengths, torch.from_numpy(tags).to(self.device))

    def loss(self, model: Tagger, batch: Batch, params: Train) -> tuple[Tensor, int, None]:
        """Nats, of all steps.

        Raises:
            KassandraError: epochs are to be compared by spans, and there are none.
        """
        if params.keep_by == "f1" and not self.are_spans:
            raise KassandraError(
                "train.keep_by: 'f1' is of spans, and these tags are plain; choose 'accuracy' or 'loss'"
            )
        assert batch.lengths is not None
        emissions = model(batch.inputs, batch.lengths).float()  # (batch, time, tags)
        return model.nats(emissions, batch.targets, batch.lengths), int(batch.lengths.sum()), None

    def scores(self, model: Tagger, batches: Iterable[tuple[Any, Batch]], split: Ragged) -> dict[str, float]:
        """`accuracy` is of steps, `f1` of spans (micro); that of plain tags is not defined."""
        loss, right, counts = 0.0, 0, np.zeros(3)
        for _, batch in batches:
            assert batch.lengths is not None
            emissions = model(batch.inputs, batch.lengths).float()  # (batch, time, tags)
            loss += model.nats(emissions, batch.targets, batch.lengths).item()
            paths = model.decode(emissions, batch.lengths, self.forbidden)
            for path, row in zip(paths, batch.targets.tolist(), strict=True):
                target = row[: len(path)]
                right += sum(a == b for a, b in zip(path, target, strict=True))
                if self.are_spans:
                    counts += _counts([self.tags[tag] for tag in path], [self.tags[tag] for tag in target])
        means = {"loss": loss / len(split.flat), "accuracy": right / len(split.flat)}
        return means | ({"f1": float(2 * counts[0] / max(counts[1] + counts[2], 1))} if self.are_spans else {})


def _counts(predicted: list[str], observed: list[str]) -> NDArray[np.float64]:
    """Spans that are right, predicted, observed."""
    one, other = set(spans(predicted)), set(spans(observed))
    return np.array([len(one & other), len(one), len(other)], np.float64)
