"""Values that are missing in series: an encoder, a linear layer on its outputs and inputs, and a head."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.gaps import Gaps, lengths, mean_length, missing, rows_of_windows
from kassandra.contracts.spec import LEVELS, ModelSpec
from kassandra.contracts.windows import Split, read_split
from kassandra.lstm.batch import Batch
from kassandra.lstm.encoder import Encoder
from kassandra.lstm.heads import HEADS
from kassandra.params.targets.gap import Model, Train
from kassandra.targets.gap.train.edges import REPEATS, read

NARROWEST_WIDEST = (0.2, 5.0)  # factors of intervals

Rows = NDArray[np.intp]
Known = NDArray[np.bool_]


class GapModel(nn.Module):
    """The parameters of what is predicted of each value of each step, standardised.

    Args:
        encoder: reads the first `features` numbers of each step. targets: values of a step, ≥ 1. head: of HEADS.
        around: where, among these numbers, those begin around which values are predicted, one for each target: what the
            edges and seasons let expect, see edges.read; None predicts them as they are.
        dropout: probability, 0 ≤ dropout < 1, of zeroing an element of the encoder's outputs.
    """

    def __init__(
        self, encoder: Encoder, features: int, targets: int, head: str, around: int | None, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.features, self.targets, self.around = features, targets, around
        self.head = HEADS[head]
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(encoder.step_size, targets * self.head.parameters)
        self.skip = nn.Linear(features, targets * self.head.parameters, bias=False)
        self.stretch: Tensor
        self.register_buffer("stretch", torch.ones(()))  # of intervals; see Target.finish

    def forward(self, inputs: Tensor, lengths: Tensor | None = None) -> Tensor:
        """(batch, time, targets, parameters) of windows (batch, time, features or more)."""
        shown = inputs[..., : self.features]
        encoded = self.encoder(shown, lengths)
        raw: Tensor = self.linear(self.dropout(encoded.outputs))  # (batch, time, targets · parameters)
        raw = (raw + self.skip(shown)).float().unflatten(2, (self.targets, self.head.parameters))
        if self.around is None:
            return raw
        centre = inputs[..., self.around : self.around + self.targets].float().unsqueeze(3)  # (batch, time, targets, 1)
        places = self.head.places
        return torch.cat([raw[..., :places] + centre, raw[..., places:]], dim=3)


def build(spec: ModelSpec, params: Model) -> GapModel:
    """A model that fills gaps, its weights drawn from PyTorch's global generator: seed it first."""
    alone = spec.features - spec.behind - spec.ahead  # numbers of a step that are its own
    widths = {"none": alone, "past": alone + spec.behind, "both": spec.features}
    around = {"none": None, "past": alone, "both": alone + spec.behind}[params.edges_read]
    features = widths[params.edges_read]
    return GapModel(params.encoder(features), features, spec.outputs, params.head, around, params.dropout)


class Values(NamedTuple):
    """Of a split.

    values: (rows, targets) standardised, NaN where missing. split: where windows end. gaps: one for each window; None
    in train, where they are drawn afresh. removed: (rounds, rows, targets) whether a value lies in a gap of a round.
    """

    values: NDArray[np.float32]
    split: Split
    gaps: Gaps | None
    removed: Known | None

    @property
    def known(self) -> Known:
        """(rows, targets)"""
        return ~np.isnan(self.values)


class Target:
    """See kassandra.training.pair. Losses are means over values that are asked for; those of the other steps of a batch
    are NaN in its targets. Values are standardised by mean and deviation of train, of each series by itself."""

    unit: str | None = None

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.meta, self.device = meta, device
        self.window, self.seasons = int(meta["window"]), [int(season) for season in meta["seasons"]]
        own = meta["target_inputs"]
        self.mean, self.std = (np.array(meta[key])[:, own] for key in ("input_mean", "input_std"))  # (series, targets)

    @property
    def margin(self) -> int:
        return REPEATS * max(self.seasons, default=0)

    def read(self, path: Path) -> Values:
        split, arrays = read_split(path), map_arrays(path)
        if "gaps" not in arrays:
            return Values(self._standardised(split), split, None, None)
        gaps, (rows, targets) = Gaps.of(arrays["gaps"]), split.values.shape
        return Values(self._standardised(split), split, gaps, gaps.removed(int(self.meta["rounds"]), rows, targets))

    def own(self, inputs: Split, size: int) -> Values:
        """Of a user's table, whose gaps are what is missing."""
        values = self._standardised(inputs)
        gaps, _ = missing(~np.isnan(values), inputs.offsets, int(self.meta["longest"]))
        return Values(values, inputs, gaps, None)

    def size(self, split: Values) -> None:
        return None

    def lengths(self, split: Values) -> None:
        return None

    def batch(self, split: Values, rows: Rows, inputs: Tensor, lengths: Tensor | None) -> Batch:
        """The gap of each window is asked for. Of a split without gaps of its own the same ones are drawn each time."""
        if split.gaps is None:
            return self.train_batch(split, rows, inputs, lengths, None, torch.Generator().manual_seed(0))
        places, there = rows_of_windows(split.split, rows, self.window, self.margin)
        gaps = Gaps(*(each[rows] for each in split.gaps))
        hidden = np.zeros((*places.shape, split.values.shape[1]), bool)
        if split.removed is not None:
            hidden = split.removed[gaps.round[:, None], places]
        first, end, column = gaps.row[:, None], (gaps.row + gaps.length)[:, None], gaps.column[:, None, None]
        inside = (first <= places) & (places < end) & there
        asked = inside[:, :, None] & ((column < 0) | (column == np.arange(hidden.shape[2])))
        return self._batch(split, rows, places, there, hidden, asked, inputs, lengths)

    def train_batch(
        self, split: Values, rows: Rows, inputs: Tensor, lengths: Tensor | None, params: Any, generator: torch.Generator
    ) -> Batch:
        """With gaps that are drawn here; all values that are known, and lie in one, are asked for."""
        places, there = rows_of_windows(split.split, rows, self.window, self.margin)
        hidden = self.gaps_drawn(places.shape[0], places.shape[1], generator)
        asked = hidden & split.known[places] & there[:, :, None]
        return self._batch(split, rows, places, there, hidden, asked, inputs, lengths)

    def gaps_drawn(self, windows: int, steps: int, generator: torch.Generator) -> Known:
        """(windows, steps, targets) what lies in gaps, as many as in valid and test; at the ends they are cut off."""
        longest, targets = int(self.meta["longest"]), len(self.meta["targets"])
        count = max(1, round(float(self.meta["share"]) * steps / mean_length(longest)))
        drawn = torch.rand((4, windows, count), generator=generator).double().numpy()
        length = lengths(drawn[0], longest)
        first = (drawn[1] * (steps + length - 1)).astype(np.int64) - (length - 1)
        column = (drawn[2] * targets).astype(np.int64)
        everywhere = drawn[3] < float(self.meta["together"])
        step = np.arange(steps)[:, None]
        inside = (first[:, None] <= step) & (step < (first + length)[:, None])  # (windows, steps, gaps)
        own = everywhere[:, :, None] | (column[:, :, None] == np.arange(targets))  # (windows, gaps, targets)
        return np.asarray((inside.astype(np.float32) @ own.astype(np.float32)) > 0)

    def _batch(
        self, split: Values, rows: Rows, places: NDArray[np.int64], there: Known, hidden: Known, asked: Known,
        inputs: Tensor, lengths: Tensor | None,
    ) -> Batch:  # fmt: skip
        """Of (batch, margin + window + margin) rows, those that are `hidden` do not get past this function."""
        values = split.values[places]
        seen = ~np.isnan(values) & there[:, :, None] & ~hidden
        shown = torch.from_numpy(read(values, seen, self.margin, self.seasons)).to(self.device)
        middle = slice(self.margin, self.margin + self.window)
        if lengths is not None:
            shown = shown.masked_fill(~torch.from_numpy(there[:, middle]).to(self.device).unsqueeze(2), 0)
        wanted = np.where(np.isnan(values), np.float32(0), values)  # of a user's table, of which nobody knows them
        targets = np.where(asked, wanted, np.float32(np.nan))[:, middle]
        first = split.split.origins[rows] - self.window + 1
        series = np.searchsorted(split.split.offsets, first, side="right") - 1
        centre, scale = (torch.from_numpy(each[series]).to(self.device) for each in (self.mean, self.std))
        both = torch.cat([inputs, shown], dim=2)
        return Batch(both, lengths, torch.from_numpy(targets).to(self.device), centre=centre, scale=scale)

    def _standardised(self, split: Split) -> NDArray[np.float32]:
        series = np.repeat(np.arange(len(split.offsets) - 1), np.diff(split.offsets))
        return np.asarray((split.values - self.mean[series]) / self.std[series], np.float32)

    def loss(self, model: GapModel, batch: Batch, params: object) -> tuple[Tensor, int, None]:
        """The mean over the values that are asked for, times the windows."""
        losses, _ = self.losses(model, batch)
        asked = int((~batch.counted.isnan()).sum())
        return losses.sum() * (len(batch.counted) / max(asked, 1)), len(batch.targets), None

    def losses(self, model: GapModel, batch: Batch) -> tuple[Tensor, Tensor]:
        """(asked,) of the values that are asked for, in the order of windows, steps and targets; and their parameters
        (asked, 1, parameters)."""
        raw = model(batch.inputs, batch.lengths)  # (batch, time, targets, parameters)
        asked = ~batch.targets.isnan()
        chosen = raw[asked].unsqueeze(1)
        return model.head.losses(chosen, batch.targets[asked].unsqueeze(1)).squeeze(1), chosen

    def scores(self, model: GapModel, batches: Iterable[tuple[Any, Batch]], split: Values) -> dict[str, float]:
        """`r2` is the share of the variance of removed values, around the mean of train, that is explained."""
        loss, error, spread, count = 0.0, 0.0, 0.0, 0
        for _, batch in batches:
            losses, raw = self.losses(model, batch)
            targets = batch.targets[~batch.targets.isnan()]
            loss, count = loss + losses.sum().item(), count + len(losses)
            error += (model.head.point(raw).squeeze(1) - targets).square().sum().item()
            spread += targets.square().sum().item()
        return {"loss": loss / count, "r2": 1 - error / spread if spread else float(error == 0)}

    @torch.no_grad()
    def finish(
        self, model: GapModel, train: Any, batches: Callable[[], Iterable[tuple[Any, Batch]]], params: Train
    ) -> list[str]:
        """Fits the factor by which intervals are stretched, where it is asked for; and what to print of it."""
        if not params.calibrate:
            return []
        model.eval()
        points, quantiles, targets = list[Tensor](), list[Tensor](), list[Tensor]()
        for _, batch in batches():
            _, raw = self.losses(model, batch)
            each = model.head.quantiles(raw)
            assert each is not None, "head 'point' is refused by params"
            points.append(model.head.point(raw).squeeze(1).double())
            quantiles.append(each.squeeze(2).double())
            targets.append(batch.targets[~batch.targets.isnan()].double())
        best = stretch(torch.cat(points), torch.cat(quantiles, 1), torch.cat(targets))
        model.stretch.fill_(best)
        return [f"Calibrated on validation: intervals {best:.3f} times as wide"]

    def restored(self, standard: Tensor, batch: Batch) -> NDArray[np.float64]:
        """(…, asked) in the units of the targets, of `standard` (…, asked, 1)."""
        scale, centre = self._units(batch)
        return np.asarray((standard.squeeze(-1).double() * scale + centre).cpu().numpy())

    def distribution(self, standard: dict[str, Tensor], batch: Batch) -> dict[str, NDArray[np.float64]]:
        """(asked,) each, in the units of the targets, of a head's `distribution`."""
        if not standard:
            return {}
        inner = {name: each.squeeze(-1).double().cpu().numpy() for name, each in standard.items()}
        spread = (standard["spread"].squeeze(-1).double() * self._units(batch)[0]).cpu().numpy()
        return inner | {"place": self.restored(standard["place"], batch), "spread": spread}

    @staticmethod
    def _units(batch: Batch) -> tuple[Tensor, Tensor]:
        """(asked,) deviation and mean of each value that is asked for."""
        window, _, target = (~batch.targets.isnan()).nonzero(as_tuple=True)
        assert batch.scale is not None
        assert batch.centre is not None
        return batch.scale[window, target], batch.centre[window, target]


def stretch(point: Tensor, quantiles: Tensor, targets: Tensor) -> float:
    """The factor by which the distances of `quantiles` (levels, values) from `point` (values,) are multiplied so that
    the pinball loss of `targets` (values,), its mean over LEVELS, is least."""
    from scipy.optimize import minimize_scalar  # here: most trainings have no use for it

    levels = torch.tensor(LEVELS, dtype=torch.float64, device=point.device)[:, None]

    def loss(factor: float) -> float:
        missed = targets - (point + factor * (quantiles - point))
        return float(torch.maximum(levels * missed, (levels - 1) * missed).mean())

    return float(minimize_scalar(loss, bounds=NARROWEST_WIDEST, method="bounded").x)
