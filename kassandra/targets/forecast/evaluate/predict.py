"""A trained model of the next values of series."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra.contracts.predictor import TrainedModel
from kassandra.contracts.spec import LEVELS


class Forecast(NamedTuple):
    """point: (origins, horizon, targets) float64, in the units of the series. quantiles: (levels, origins, horizon,
    targets) at contracts.spec.LEVELS, or None for a model that forecasts a point alone. attention: (origins, window)
    for the attention variant. distribution: by name, parameters of a distribution in closed form, each (origins,
    horizon, targets): `place` and `spread` of a normal one, also `freedom` of Student's t; empty without one."""

    point: NDArray[np.float64]
    quantiles: NDArray[np.float64] | None
    attention: NDArray[np.float32] | None
    distribution: dict[str, NDArray[np.float64]] = {}  # noqa: RUF012 (a default that nobody changes)


def together(members: Sequence[Forecast]) -> Forecast:
    """The mean of the members' distributions (linear pool; Stone 1961), and of their points and attention."""
    first, *others = members
    if not others:
        return first
    quantiles = None if first.quantiles is None else pooled([np.asarray(each.quantiles) for each in members])
    attention = None if first.attention is None else np.mean([np.asarray(each.attention) for each in members], axis=0)
    return Forecast(np.mean([each.point for each in members], axis=0), quantiles, attention)


def pooled(members: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """(levels, …) quantiles at LEVELS of the mean of distributions, given by theirs, (levels, …) each.

    Distribution functions are linear between quantiles, and have exponential tails beyond the outermost (as in
    kassandra.judging.crps); their mean is taken as linear between all members' quantiles.
    """
    shape = members[0].shape
    each = [np.reshape(one, (len(LEVELS), -1)) for one in members]
    step = 1 << 12  # numbers at a time, so that memory stays small
    parts = [_pooled([one[:, begin : begin + step] for one in each]) for begin in range(0, each[0].shape[1], step)]
    return np.concatenate(parts, axis=1).reshape(shape)


def _pooled(members: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """(levels, numbers) of several."""
    levels, at = np.array(LEVELS), np.sort(np.concatenate(members), axis=0)  # (knots, numbers)
    share = np.mean([_share_below(at, one) for one in members], axis=0)  # (knots, numbers), increasing
    # A level lies between two knots: the last knot whose share is below it, and the next.
    after = np.clip((share[:, None] < levels[:, None]).sum(0), 1, len(at) - 1)  # (levels, numbers)
    (low, high), (begin, end) = (
        (np.take_along_axis(values, after - 1, 0), np.take_along_axis(values, after, 0)) for values in (share, at)
    )
    part = np.divide(levels[:, None] - low, high - low, out=np.zeros_like(low), where=high > low)
    return np.asarray(begin + np.clip(part, 0, 1) * (end - begin))


def _share_below(at: NDArray[np.float64], quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """(knots, numbers) how much of a distribution, given by its quantiles (levels, numbers), lies below each of `at`
    (knots, numbers)."""
    levels, smallest = np.array(LEVELS), np.finfo(np.float64).tiny
    widths = np.diff(quantiles, axis=0)  # (levels - 1, numbers)
    reached = np.divide(at[:, None] - quantiles[:-1], widths, out=np.zeros((len(at), *widths.shape)), where=widths > 0)
    reached = np.where(widths > 0, reached, at[:, None] >= quantiles[1:])
    share = levels[0] + (np.clip(reached, 0, 1) * np.diff(levels)[:, None]).sum(1)  # (knots, numbers)
    tails = ((1, quantiles[0], widths[0], levels[:2]), (-1, quantiles[-1], widths[-1], 1 - levels[:-3:-1]))
    for sign, outer, width, end in tails:
        beyond = sign * (outer - at)  # above 0 in this tail
        decay = np.maximum(width / np.log(end[1] / end[0]), smallest)
        tail = end[0] * np.exp(-np.maximum(beyond, 0) / decay)
        share = np.where(beyond > 0, tail if sign > 0 else 1 - tail, share)
    return np.asarray(share)


class Predictor(TrainedModel):
    """A model of the next values of series; `kassandra.load` gives one."""

    def choices(self) -> str:
        return f"{self.meta['horizon']} steps of {', '.join(self.meta['targets'])}"

    def predict(self, table: str | Path, series: str | None = None) -> Forecast:
        """The steps after the last row of each series of a table with the columns that the model was trained on;
        `series` is which of those in train it is, for a table that does not name its series.

        Raises:
            KassandraError: the table cannot be read, has a series that train had not, or too few rows.
        """
        return self.outputs(self.pair.own(Path(table), series))

    def outputs(self, split: Any) -> Forecast:
        """What all members forecast together after every origin of a split that `pair` has read, in order."""
        return together(self.of_members(split))

    @torch.inference_mode()
    def of_members(self, split: Any) -> list[Forecast]:
        """What each member forecasts."""
        return [self._of_member(model, split) for model in self.models]

    def _of_member(self, model: Any, split: Any) -> Forecast:
        points, quantiles, attention = [], [], []
        distribution: dict[str, list[NDArray[np.float64]]] = {}
        for _, batch in self.pair.numbered_batches(split):
            encoded = model.encode(batch.inputs)
            raw = model.answer(encoded, batch.inputs)
            forecast, target = model.forecast(raw), self.pair.target
            points.append(target.restored(forecast.point, batch))
            if forecast.quantiles is not None:
                quantiles.append(target.restored(forecast.quantiles, batch))
            for name, values in target.distribution(model.head.distribution(raw), batch).items():
                distribution.setdefault(name, []).append(values)
            if encoded.attention is not None:
                attention.append(encoded.attention.float().cpu().numpy())  # (batch, window)
        return Forecast(
            np.concatenate(points),
            np.concatenate(quantiles, axis=1) if quantiles else None,
            np.concatenate(attention) if attention else None,
            {name: np.concatenate(each) for name, each in distribution.items()},
        )
