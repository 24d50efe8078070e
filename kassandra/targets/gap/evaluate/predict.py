"""A trained model that fills gaps: of a table of yours, or of what was removed from a test split."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra.contracts.clock import Clock
from kassandra.contracts.gaps import Gaps, missing
from kassandra.contracts.predictor import TrainedModel
from kassandra.contracts.spec import LEVELS
from kassandra.contracts.windows import Split
from kassandra.judging.pooling import pooled

LOWER, UPPER = LEVELS.index(0.05), LEVELS.index(0.95)  # the ends of an interval of 90%
OBSERVED, FILLED, ONE_SIDED, TOO_LONG = "observed", "filled", "filled from one side", "too long to fill"


class Filling(NamedTuple):
    """Of each missing value, in the order of Gaps.cells, in the unit of its target.

    point: (cells,). quantiles: (levels, cells) at contracts.spec.LEVELS, or None of a model that predicts a point
    alone. distribution: by name, parameters of a distribution in closed form, (cells,) each; empty without one.
    """

    point: NDArray[np.float64]
    quantiles: NDArray[np.float64] | None
    distribution: dict[str, NDArray[np.float64]] = {}  # noqa: RUF012 (a default that nobody changes)


class Column(NamedTuple):
    """A target of a series: its values, the gaps filled, (rows,) each.

    status: of FILLED and its like. lower, upper: the ends of the interval of 90% of what was filled; NaN of what was
    observed, and of a model that predicts a point alone.
    """

    values: NDArray[np.float64]
    status: NDArray[np.object_]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


class Filled(NamedTuple):
    """A series of a table. times: (rows,) as text. columns: by name of the target."""

    series: str
    times: list[str]
    columns: dict[str, Column]


def together(members: Sequence[Filling]) -> Filling:
    """The mean of the members' distributions (linear pool; Stone 1961), and of their points."""
    first, *others = members
    if not others:
        return first
    quantiles = None if first.quantiles is None else pooled([np.asarray(each.quantiles) for each in members])
    return Filling(np.mean([each.point for each in members], axis=0), quantiles)


class Predictor(TrainedModel):
    """A model that fills gaps; `kassandra.load` gives one."""

    def choices(self) -> str:
        return f"gaps of up to {self.meta['longest']} rows in {', '.join(self.meta['targets'])}"

    def predict(self, table: str | Path, series: str | None = None) -> list[Filled]:
        """Each series of a table with the columns that the model was trained on, its gaps filled; `series` is which of
        those in train it is, for a table that does not name its series. What was observed stays as it is.

        Raises:
            KassandraError: the table cannot be read, or has a series that train had not.
        """
        return self.filled(self.pair.own(Path(table), series))

    def filled(self, own: Any) -> list[Filled]:
        """The series of a user's table that `pair` has read."""
        split: Split = own.inputs
        filling, targets = self.outputs(own), len(self.meta["targets"])
        values, known = np.array(split.values, np.float64), ~np.isnan(split.values)
        ends = np.full((2, *values.shape), np.nan)
        status = np.full(values.shape, OBSERVED, object)
        _, row, column = own.targets.gaps.cells(targets)
        values[row, column] = filling.point
        status[row, column] = np.where(self._two_sided(own.targets.gaps, known, split), FILLED, ONE_SIDED)[
            own.targets.gaps.cells(targets)[0]
        ]
        if filling.quantiles is not None:
            ends[0, row, column], ends[1, row, column] = filling.quantiles[LOWER], filling.quantiles[UPPER]
        _, too_long = missing(known, split.offsets, int(self.meta["longest"]))
        _, row, column = too_long.cells(targets)
        status[row, column] = TOO_LONG
        clock, made = Clock.of(self.meta), list[Filled]()
        for number, name in enumerate(self.meta["series"]):
            rows = slice(int(split.offsets[number]), int(split.offsets[number + 1]))
            if rows.start < rows.stop:
                each = {
                    target: Column(values[rows, place], status[rows, place], *ends[:, rows, place])
                    for place, target in enumerate(self.meta["targets"])
                }
                made.append(Filled(name, [clock.text(int(time)) for time in split.times[rows]], each))
        return made

    @staticmethod
    def _two_sided(gaps: Gaps, known: NDArray[np.bool_], split: Split) -> NDArray[np.bool_]:
        """(gaps,) whether a value is known before and after each in its series."""
        series = np.searchsorted(split.offsets, gaps.row, side="right") - 1
        return np.asarray((gaps.row > split.offsets[series]) & (gaps.row + gaps.length < split.offsets[series + 1]))

    def outputs(self, split: Any) -> Filling:
        """What all members predict together, for every gap of a split that `pair` has read, in order."""
        return together(self.of_members(split))

    @torch.inference_mode()
    def of_members(self, split: Any) -> list[Filling]:
        """What each member predicts."""
        return [self._of_member(model, split) for model in self.models]

    def _of_member(self, model: Any, split: Any) -> Filling:
        target, parts = self.pair.target, dict[str, list[NDArray[np.float64]]]()
        for _, batch in self.pair.numbered_batches(split):
            raw = model(batch.inputs, batch.lengths)[~batch.targets.isnan()].unsqueeze(1)  # (asked, 1, parameters)
            point, quantiles = model.head.point(raw), model.head.quantiles(raw)  # (asked, 1), (levels, asked, 1)
            of_batch = {"point": target.restored(point, batch)}
            if quantiles is not None:
                of_batch["quantiles"] = target.restored(point + model.stretch * (quantiles - point), batch)
            distribution = model.head.distribution(raw)
            if "spread" in distribution:
                distribution["spread"] = distribution["spread"] * model.stretch
            for name, values in (of_batch | target.distribution(distribution, batch)).items():
                parts.setdefault(name, []).append(values)
        whole = {name: np.concatenate(each, axis=-1) for name, each in parts.items()}
        point, quantiles = whole.pop("point", np.empty(0)), whole.pop("quantiles", None)
        return Filling(point, quantiles, whole)
