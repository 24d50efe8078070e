"""One number per example: an encoder, a linear layer on its summary, and a head (kassandra.lstm.heads)."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.batch import AnswersOfRows, Batch
from kassandra.lstm.build import build_reader
from kassandra.lstm.embedding import Embedding
from kassandra.lstm.encoder import Encoded, Encoder
from kassandra.lstm.heads import HEADS, StandardForecast
from kassandra.lstm.linear_on_summary import LinearOnSummary
from kassandra.lstm.ngrams import Bigrams
from kassandra.params.targets.number import Model
from kassandra.targets.number.train.beside import weigh

LARGEST_LOG = 700.0  # exp of more is infinite

Numbers = NDArray[np.float64]  # (examples,)
Validation = Callable[[], Iterable[tuple[Any, Batch]]]


class NumberModel(LinearOnSummary):
    """The parameters of what is predicted of one number, standardised.

    Args:
        encoder, dropout, embedding: see LinearOnSummary. head: of HEADS. beside: a linear model of the token ids with
            one output, which is added to the places of the head.
    """

    def __init__(
        self, encoder: Encoder, head: str, dropout: float = 0.0, embedding: Embedding | None = None,
        beside: Bigrams | None = None,
    ) -> None:  # fmt: skip
        super().__init__(encoder, HEADS[head].parameters, dropout, embedding, beside)
        self.head = HEADS[head]

    def answer(self, encoded: Encoded) -> Tensor:
        """(batch, 1, parameters) of a sequence that was read."""
        raw = super().answer(encoded._replace(beside=None)).float().unsqueeze(1)
        return raw if encoded.beside is None else self.moved(raw, encoded.beside)

    def moved(self, raw: Tensor, by: Tensor) -> Tensor:
        """(batch, 1, parameters) with places that are moved by (batch, 1)."""
        places = self.head.places
        return torch.cat([raw[..., :places] + by.unsqueeze(2), raw[..., places:]], dim=2)

    def predicted(self, raw: Tensor) -> StandardForecast:
        """Of the parameters (batch, 1, parameters)."""
        return StandardForecast(self.head.point(raw), self.head.quantiles(raw))


def build(spec: ModelSpec, params: Model) -> NumberModel:
    """A model of numbers, its weights drawn from PyTorch's global generator: seed it first."""
    embedding, encoder = build_reader(spec, params)
    beside = Bigrams(1, mean=True) if getattr(params, "linear", False) else None
    return NumberModel(encoder, params.head, params.dropout, embedding, beside)


class Target(AnswersOfRows):
    """See kassandra.training.pair. Numbers, or their logarithms, are standardised by mean and deviation of train."""

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device, self.log = device, bool(meta["log"])
        self.mean, self.std = float(meta["target_mean"]), float(meta["target_std"])

    def read(self, path: Path) -> Numbers:
        return np.array(map_arrays(path)["numbers"])

    def own(self, inputs: object, size: int) -> Numbers:
        """Of examples whose number nobody knows."""
        return np.ones(size)

    def batch(self, split: Numbers, rows: NDArray[np.intp], inputs: Tensor, lengths: Tensor | None) -> Batch:
        numbers = np.log(split[rows]) if self.log else split[rows]
        standard = ((numbers - self.mean) / self.std).astype(np.float32)
        return Batch(inputs, lengths, torch.from_numpy(standard).unsqueeze(1).to(self.device))

    def loss(self, model: NumberModel, batch: Batch, params: object) -> tuple[Tensor, int, None]:
        """That of the head, of standardised numbers."""
        losses = model.head.losses(model(batch.inputs, batch.lengths), batch.targets)  # (batch, 1)
        return losses.sum(), len(batch.targets), None

    def finish(self, model: NumberModel, train: Any, batches: Validation, params: object) -> list[str]:
        """What is left to do with the weights that were kept, and what to print of it."""
        if model.beside is None:
            return []
        model.eval()
        numbers = np.log(train.targets) if self.log else train.targets
        each = weigh(model, train.inputs, (numbers - self.mean) / self.std, batches())
        return ["Weighed on validation: {:.2f} × the LSTM + {:.2f} × the linear model".format(*each)]

    def scores(self, model: NumberModel, batches: Iterable[tuple[Any, Batch]], split: Numbers) -> dict[str, float]:
        """`r2` is the share of the variance of the numbers, in their unit, that the predictions explain."""
        loss, error = 0.0, 0.0
        for rows, batch in batches:
            raw = model(batch.inputs, batch.lengths)  # (batch, 1, parameters)
            loss += model.head.losses(raw, batch.targets).sum().item()
            point, _ = self.predicted(model, raw)
            error += float(np.square(point - split[rows]).sum())
        spread = float(np.square(split - split.mean()).sum())
        return {"loss": loss / len(split), "r2": 1 - error / spread if spread else 0.0}

    def predicted(self, model: NumberModel, raw: Tensor) -> tuple[Numbers, Numbers | None]:
        """(batch,) points and (levels, batch) quantiles, in the unit of the number.

        Of logarithms with quantiles the point is the mean of the numbers that these quantiles are; without quantiles it
        is the number whose logarithm is predicted, which lies nearer to the median than to the mean.
        """
        standard = model.predicted(raw)
        point = self.restored(standard.point)[:, 0]
        if standard.quantiles is None:
            return point, None
        quantiles = self.restored(standard.quantiles)[..., 0]  # (levels, batch)
        return (quantiles.mean(0) if self.log else point), quantiles

    def distribution(self, model: NumberModel, raw: Tensor) -> dict[str, Numbers]:
        """(batch,) each: the parameters of a distribution in closed form; none of logarithms."""
        if self.log:
            return {}
        inner = {name: values[:, 0].double().cpu().numpy() for name, values in model.head.distribution(raw).items()}
        moved = {"place": self.mean, "spread": 0.0}
        return {name: each * self.std + moved[name] if name in moved else each for name, each in inner.items()}

    def restored(self, standard: Tensor) -> NDArray[np.float64]:
        """(…) in the unit of the number, of what is standardised."""
        values = standard.detach().double().cpu().numpy() * self.std + self.mean
        return np.exp(np.minimum(values, LARGEST_LOG)) if self.log else values
