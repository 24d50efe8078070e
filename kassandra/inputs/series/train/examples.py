"""Series with an answer each, in batches of about equal lengths."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.train.scaling import Scaling
from kassandra.params.inputs.series import ExamplesAugment, ExamplesTrain, StepsAugment, StepsTrain

EVALUATION_BATCH = 200  # series; scores do not depend on it, the speed does
JITTER = 0.2  # of a length: series that differ by less meet in a batch of train

Rows = NDArray[np.intp]


class Series(list[NDArray[np.float32]]):
    """(steps, features) each.

    groups: (series,) numbers of what each belongs to, where that is known.
    """

    groups: NDArray[np.int64] | None = None


class Sequences:
    """See kassandra.training.pair."""

    unit = "series"

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device, self.columns = device, [str(name) for name in meta["columns"]]
        self.scaling, self.equal = Scaling.of(meta), bool(meta["spec"].get("steps"))

    def read(self, path: Path) -> Series:
        """As prepare scaled them."""
        arrays = map_arrays(path)
        split = Series(np.split(np.array(arrays["values"]), np.array(arrays["offsets"])[1:-1]))
        split.groups = np.array(arrays["groups"]) if "groups" in arrays else None
        return split

    def size(self, split: Series) -> int:
        return len(split)

    def steps(self, split: Series, params: ExamplesTrain | StepsTrain, answers: object = None) -> int:
        return math.ceil(len(split) / params.batch_size)

    def shuffled(
        self, split: Series, params: ExamplesTrain | StepsTrain, generator: torch.Generator, answers: object = None
    ) -> Iterator[Rows]:
        """Those of about equal lengths meet, others in each epoch."""
        lengths = np.array([len(one) for one in split])
        factor = 1 + JITTER * torch.rand(len(split), generator=generator, dtype=torch.float64).numpy()
        batches = np.array_split(np.argsort(lengths * factor, kind="stable"), self.steps(split, params))
        for number in torch.randperm(len(batches), generator=generator).tolist():
            yield batches[number]

    def ordered(self, split: Series, answers: object = None, at_once: int | None = None) -> Iterator[Rows]:
        order = np.argsort([len(one) for one in split], kind="stable")
        size = at_once or EVALUATION_BATCH
        for start in range(0, len(order), size):
            yield order[start : start + size]

    def batch(
        self,
        split: Series,
        rows: Rows,
        params: ExamplesTrain | StepsTrain | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """(batch, time, features) and (batch,) lengths; None where all series of the data are equally long."""
        some = [torch.from_numpy(split[row]) for row in rows]
        if params is not None and params.augment and generator is not None:
            some = [augmented(one, params.augment, len(self.columns), generator) for one in some]
        lengths = torch.tensor([len(one) for one in some])
        padded = torch.nn.utils.rnn.pad_sequence(some, batch_first=True)
        whole = self.equal and bool((lengths == padded.shape[1]).all())
        return padded.to(self.device), None if whole else lengths.to(self.device)

    def own(self, series: Any) -> Series:
        """A user's series, (steps, columns) as they were measured, or a list of such, as a split.

        Raises:
            KassandraError: one is of another shape or type, empty, or misses values where the model knows none.
        """
        given = [series] if isinstance(series, np.ndarray) and series.ndim == 2 else list(series)
        split = Series()
        for number, one in enumerate(given, 1):
            values, where = np.asarray(one), f"series {number}"
            if values.ndim != 2 or values.shape[1] != len(self.columns) or values.dtype.kind not in "fiu":
                expected = f"numbers (steps, {len(self.columns)}), a column each for {', '.join(self.columns[:12])}"
                raise KassandraError(f"{where}: expected {expected}; got {values.dtype} {values.shape}")
            if not len(values) or np.isinf(values).any():
                raise KassandraError(f"{where}: {'holds infinite numbers' if len(values) else 'has no step'}")
            split.append(self.scaling(values.astype(np.float64), where))
        return split


def augmented(series: Tensor, by: StepsAugment, columns: int, generator: torch.Generator) -> Tensor:
    """A series (steps, features) changed by random amounts; the features behind the `columns` are masks, and stay.

    The amounts are drawn whether they are used or not, so that one kind of change leaves the draws of the others alone.
    """
    speed, width, begin, masked = torch.rand(4, generator=generator).tolist()
    values, masks = series[:, :columns], series[:, columns:]
    if isinstance(by, ExamplesAugment) and by.speed and len(series) > 1:
        steps = max(2, round(len(series) * (1 + (2 * speed - 1) * by.speed)))
        stretched = F.interpolate(series.T[None], steps, mode="linear", align_corners=True)[0].T  # (steps, features)
        values, masks = stretched[:, :columns], stretched[:, columns:].round()
    factors = torch.rand(columns, generator=generator) * 2 - 1  # (columns,) in [-1, 1)
    values = values * (1 + by.scale * factors)
    values = values + by.noise * torch.randn(values.shape, generator=generator)
    if blank := int(width * by.time_mask * len(values)):
        first = int(begin * (len(values) - blank + 1))
        values[first : first + blank] = 0
    if count := round(masked * min(by.column_mask, columns // 2)):
        values[:, torch.randperm(columns, generator=generator)[:count]] = 0
    return torch.cat([values, masks], dim=1)
