"""The next values of series: an encoder, a linear layer on its summary, and a head (kassandra.lstm.heads)."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kassandra.contracts.spec import ModelSpec
from kassandra.contracts.windows import Split, centre_and_scale, observed, read_split
from kassandra.lstm.batch import AnswersOfRows, Batch
from kassandra.lstm.build import build_reader
from kassandra.lstm.encoder import Encoded, Encoder
from kassandra.lstm.heads import HEADS, StandardForecast
from kassandra.params.targets.forecast import Model
from kassandra.targets.forecast.train.beside import fit, weigh

Batches = Callable[[], Iterable[tuple[Any, Batch]]]


class ForecastModel(nn.Module):
    """The next values after a window of fixed length: an encoder, a linear layer on its summary, and a head.

    Args:
        encoder: reads the window. outputs: numbers to forecast: steps ahead times targets, ≥ 1. head: of HEADS.
        window_size: steps times features of a window, if a linear map of it is added to the encoder's (the
            autoregressive part of Lai et al. 2018, section 3.5); None adds nothing. fitted: whether the map is not
            trained but fitted, see kassandra.targets.forecast.train.beside.
        dropout: probability, 0 ≤ dropout < 1, of zeroing an element of the summary.
    """

    def __init__(
        self, encoder: Encoder, outputs: int, head: str, window_size: int | None = None, dropout: float = 0.0,
        fitted: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.encoder = encoder
        self.head = HEADS[head]
        self.outputs = outputs
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(encoder.output_size, outputs * self.head.parameters)
        self.highway = None if window_size is None else nn.Linear(window_size, outputs)
        self.fitted = fitted and self.highway is not None
        if self.highway is not None and self.fitted:
            self.highway.requires_grad_(False)

    def forward(self, inputs: Tensor, lengths: Tensor | None = None) -> Tensor:
        """(batch, outputs, parameters) of a window (batch, steps, features)."""
        return self.answer(self.encode(inputs, lengths), inputs)

    def encode(self, inputs: Tensor, lengths: Tensor | None = None) -> Encoded:
        """Read a window; `attention` of what is returned says where the attention variant looked."""
        encoded: Encoded = self.encoder(inputs, lengths)
        return encoded

    def answer(self, encoded: Encoded, inputs: Tensor) -> Tensor:
        """(batch, outputs, parameters) of a window that was read."""
        line = None if self.highway is None else self.highway(inputs.flatten(1)).float()
        return self.added(encoded.summary, line)

    def added(self, summary: Tensor, line: Tensor | None) -> Tensor:
        """(batch, outputs, parameters) of a summary, its places moved by what a linear map says, (batch, outputs)."""
        raw: Tensor = self.linear(self.dropout(summary))  # (batch, outputs · parameters)
        raw = raw.float().unflatten(1, (self.outputs, self.head.parameters))  # (batch, outputs, parameters)
        if line is None:
            return raw
        places = self.head.places
        return torch.cat([raw[..., :places] + line.unsqueeze(2), raw[..., places:]], dim=2)

    def losses(self, raw: Tensor, targets: Tensor, unit: Tensor | None = None) -> Tensor:
        """(batch, outputs) of `raw` (batch, outputs, parameters) and `targets` (batch, outputs); see the heads.

        unit: (batch, outputs), what 1 in `targets` is in the unit that losses are taken in; None: 1.
        """
        losses = self.head.losses(raw, targets)
        return losses if unit is None else self.head.in_unit(losses, unit)

    def forecast(self, raw: Tensor) -> StandardForecast:
        """Of the parameters (batch, outputs, parameters)."""
        return StandardForecast(self.head.point(raw), self.head.quantiles(raw))


def build(spec: ModelSpec, params: Model) -> ForecastModel:
    """A model of numbers, its weights drawn from PyTorch's global generator: seed it first."""
    _, encoder = build_reader(spec, params)
    window_size = spec.steps * spec.features if params.linear else None
    fitted = params.linear == "fitted"
    return ForecastModel(encoder, spec.outputs, params.head, window_size, params.dropout, fitted)


class Target(AnswersOfRows):
    """See kassandra.training.pair. Targets are standardised, each step and target column by itself.

    Where `normalise` divides each window by its own deviation, the loss is taken in units of the deviation of the whole
    series: else one window that hardly moves would outweigh thousands of others.
    """

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.meta, self.device = meta, device
        self.mean, self.std = np.array(meta["target_mean"]), np.array(meta["target_std"])  # (series, horizon, targets)
        self.series_std = np.array(meta["value_std"])  # (series, targets)

    def read(self, path: Path) -> Split:
        return read_split(path)

    def batch(self, split: Split, rows: NDArray[np.intp], inputs: Tensor, lengths: Tensor | None) -> Batch:
        part = split._replace(origins=split.origins[rows])
        mean, std = self.mean[part.series], self.std[part.series]  # (batch, horizon, targets) each
        centre, scale = centre_and_scale(part, self.meta)  # (batch, 1, targets) each
        if len(split.values) > part.origins.max() + self.meta["horizon"]:
            targets = ((observed(part, self.meta) - centre) / scale - mean) / std
        else:  # a user's table, after which nothing is known
            targets = np.zeros_like(mean)
        unit = None
        if self.meta["normalise"] == "window":
            unit = self._flat(std * scale / self.series_std[part.series][:, None], np.float32)
        place, spread = self._flat(mean * scale + centre, np.float64), self._flat(std * scale, np.float64)
        return Batch(inputs, lengths, self._flat(targets, np.float32), centre=place, scale=spread, unit=unit)

    def begin(self, model: ForecastModel, train: Any, valid: Any, batches: Callable[[Any], Any]) -> list[str]:
        """What is done with a new model before it is trained, and what to print of it."""
        if not model.fitted:
            return []
        penalty = fit(model, lambda: batches(train), lambda: batches(valid))
        return [f"Linear map fitted on train: ridge {penalty:g}, chosen on validation"]

    def finish(self, model: ForecastModel, train: Any, batches: Batches, params: object) -> list[str]:
        """What is left to do with the weights that were kept, and what to print of it."""
        if not model.fitted:
            return []
        return [f"Weighed on validation: the linear map + {weigh(model.eval(), batches()):.2f} × what the LSTM adds"]

    def loss(self, model: ForecastModel, batch: Batch, params: object) -> tuple[Tensor, int, None]:
        losses = model.losses(model(batch.inputs), batch.targets, batch.unit)  # (batch, horizon · targets)
        return losses.mean(1).sum(), len(batch.targets), None

    def scores(self, model: ForecastModel, batches: Iterable[tuple[Any, Batch]], split: Split) -> dict[str, float]:
        """`r2` is the share of the variance of the targets, around their mean in train, that the forecast explains."""
        loss = error = spread = 0.0
        for _, batch in batches:
            raw = model(batch.inputs)
            loss += model.losses(raw, batch.targets, batch.unit).mean(1).sum().item()
            errors, targets = model.forecast(raw).point - batch.targets, batch.targets
            if batch.unit is not None:
                errors, targets = errors * batch.unit, targets * batch.unit
            error += errors.square().sum().item()
            spread += targets.square().sum().item()
        r2 = 1 - error / spread if spread else float(error == 0)  # of what never varies, as scikit-learn has it
        return {"loss": loss / len(split.origins), "r2": r2}

    def restored(self, standardised: Tensor, batch: Batch) -> NDArray[np.float64]:
        """(…, batch, horizon, targets) in the units of the series, of `standardised` (…, batch, horizon · targets), as
        `batch.targets` are."""
        assert batch.scale is not None
        assert batch.centre is not None
        values = (standardised.double() * batch.scale + batch.centre).cpu().numpy()
        return np.asarray(values.reshape(*values.shape[:-1], *self.mean.shape[1:]))

    def distribution(self, standardised: dict[str, Tensor], batch: Batch) -> dict[str, NDArray[np.float64]]:
        """(batch, horizon, targets) each, in the units of the series, of a head's `distribution`."""
        if not standardised:
            return {}
        assert batch.scale is not None
        shape = (-1, *self.mean.shape[1:])
        inner = {name: values.double().cpu().numpy().reshape(shape) for name, values in standardised.items()}
        spread = inner["spread"] * batch.scale.cpu().numpy().reshape(shape)
        return inner | {"place": self.restored(standardised["place"], batch), "spread": spread}

    def _flat(self, values: NDArray[np.float64], dtype: type[np.floating]) -> Tensor:
        """(batch, horizon · targets)"""
        return torch.from_numpy(values.reshape(len(values), -1).astype(dtype)).to(self.device)
