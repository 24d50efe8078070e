"""Series of numbers in time: what was, window by window, and what comes after it."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts import spans as splits
from kassandra.contracts.artifacts import write_arrays, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.contracts.windows import SMALLEST, Split, centre_and_scale, read_split, seen, told
from kassandra.inputs.series.prepare import columns
from kassandra.inputs.series.show.latest import last_windows
from kassandra.params.tasks.forecast import ForecastPrepare, ForecastTrain, SeriesSource
from kassandra.tasks import Batch

EVALUATION_BATCH = 512  # windows; scores do not depend on it, the speed does


def prepare(raw: Path, folder: Path, params: ForecastPrepare, seed: int, source: SeriesSource) -> str:
    """Raw tables → train.npz, valid.npz, test.npz and meta.json in `folder`; returns lines that say what was done.

    Means and deviations, of each series by itself, are those of train. Time decides the splits: nothing is drawn from
    `seed`.

    Raises:
        KassandraError: a table cannot be read as it is described, or is too short for the window.
    """
    source = columns.described(source, params.predict)
    read = columns.read(raw, source, params)
    gap = params.window + params.horizon
    until = (params.train_until, params.valid_until, params.test_until)
    times = [table.times for table in read.tables]
    spans = splits.spans(times, gap, params.valid_fraction, params.test_fraction, until)
    cut = {name: [table.between(span) for table in read.tables] for name, span in spans.items()}
    fitted = [columns.fit(table) for table in cut["train"]]  # fitted on train only
    examples, parts = {}, {}
    for name, tables in cut.items():
        parts[name] = columns.join(tables, fitted, params.window, params.horizon)
        examples[name] = len(parts[name].origins)
        if not examples[name]:
            raise KassandraError(
                f"{raw}: no window of {params.window} rows and {params.horizon} after them lies whole within {name}; "
                "use a shorter one, give it more of the data, or see prepare.missing"
            )
        arrays = {key: array for key, array in parts[name]._asdict().items() if array is not None}
        write_arrays(folder / f"{name}.npz", **arrays)
    meta: dict[str, Any] = {
        "task": "forecast",
        "spec": ModelSpec(
            "many_to_one",
            outputs=params.horizon * len(read.targets),
            features=len(read.inputs),
            answers="numbers",
            steps=params.window,
        ).to_json(),
        "predict": params.predict,
        "targets": read.targets,
        "inputs": read.inputs,
        "series": [table.name for table in read.tables],
        "window": params.window,
        "horizon": params.horizon,
        "normalise": params.normalise,
        "target_inputs": read.target_inputs,
        "season": params.season,
        "frequency": source.frequency,
        "input_mean": [list(scale.input_mean) for scale in fitted],
        "input_std": [list(scale.input_std) for scale in fitted],
        "value_std": [list(scale.value_std) for scale in fitted],
        "reading": {
            "source": source.model_dump(exclude={"dataset", "path"}),
            "prepare": params.model_dump(exclude_unset=True),
        },
        "examples": examples,
        "spans": {
            name: [columns.iso(int(end)) for end in (part.times.min(), part.times.max())]
            for name, part in parts.items()
        },
    }
    mean, std = columns.mean_and_std_by_series(parts["train"], told(parts["train"], meta))  # fitted on train only
    meta |= {"target_mean": mean.tolist(), "target_std": std.tolist()}
    meta["mase_scale"] = columns.naive_errors(cut["train"], params.season)
    write_json(folder / "meta.json", meta, sealed=True)
    sizes = ", ".join(
        f"{examples[name]:,} {name} ({meta['spans'][name][0]} to {meta['spans'][name][1]})" for name in spans
    )
    said = f"{sizes} windows of {params.window} rows, {params.horizon} told, {len(read.inputs)} inputs"
    return "\n".join(filter(None, [read.said, f"{said}, {len(read.tables)} series"]))


class Task:
    """See kassandra.tasks.Task. Windows are cut out of the series one batch at a time."""

    unit = "windows"

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.meta, self.device = meta, device
        self.window, self.normalise = int(meta["window"]), str(meta["normalise"])
        self.mean, self.std = np.array(meta["target_mean"]), np.array(meta["target_std"])  # (series, horizon, targets)

    def read(self, split: Path) -> Split:
        return read_split(split)

    def size(self, split: Split) -> int:
        return len(split.origins)

    def steps(self, split: Split, params: ForecastTrain) -> int:
        return math.ceil(math.ceil(len(split.origins) / params.stride) / params.batch_size)

    def train_batches(self, split: Split, params: ForecastTrain, generator: torch.Generator) -> Iterator[Batch]:
        """Windows of all times of train in random order; with a stride, others in each epoch."""
        first = int(torch.randint(min(params.stride, len(split.origins)), (), generator=generator))
        kept = torch.arange(first, len(split.origins), params.stride)
        kept = kept[torch.randperm(len(kept), generator=generator)]
        for rows in kept.split(params.batch_size):
            yield self._batch(split, rows.numpy())

    def numbered_batches(self, split: Split) -> Iterator[tuple[NDArray[np.intp], Batch]]:
        for start in range(0, len(split.origins), EVALUATION_BATCH):
            rows = np.arange(start, min(start + EVALUATION_BATCH, len(split.origins)))
            yield rows, self._batch(split, rows)

    def loss(self, model: Any, batch: Batch, params: ForecastTrain) -> tuple[Tensor, int]:
        losses = model.losses(model(batch.inputs), batch.targets)  # (batch, horizon · targets)
        return losses.mean(1).sum(), len(batch.targets)

    def scores(self, model: Any, split: Split) -> dict[str, float]:
        """`r2` is the share of the variance of what is told, around its mean in train, that the forecast explains."""
        loss = error = spread = 0.0
        for _, batch in self.numbered_batches(split):
            raw = model(batch.inputs)
            loss += model.losses(raw, batch.targets).mean(1).sum().item()
            error += (model.tell(raw).point - batch.targets).square().sum().item()
            spread += batch.targets.square().sum().item()
        return {"loss": loss / len(split.origins), "r2": 1 - error / spread}

    def restore(self, told: NDArray[np.float64], split: Split, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """What the model told of the windows `rows`, in the units of the series.

        Args:
            told: (…, rows, horizon · targets) as in a batch's targets.

        Returns:
            (…, rows, horizon, targets)
        """
        part = split._replace(origins=split.origins[rows])
        shape = (*told.shape[:-1], *self.mean.shape[1:])
        centre, scale = centre_and_scale(part, self.meta)  # (rows, 1, targets) each
        standard = told.reshape(shape) * self.std[part.series] + self.mean[part.series]
        return np.asarray(standard * scale + centre)

    def _batch(self, split: Split, rows: NDArray[np.intp]) -> Batch:
        part = split._replace(origins=split.origins[rows])
        windows = split.inputs[seen(part, self.window)]  # (batch, window, features)
        own = self.meta["target_inputs"]
        if self.normalise == "last":
            windows[:, :, own] -= windows[:, -1:, own]
        elif self.normalise == "window":
            shown = windows[:, :, own]  # (batch, window, targets)
            windows[:, :, own] = (shown - shown.mean(1, keepdims=True)) / (shown.std(1, keepdims=True) + SMALLEST)
        if len(split.values) > part.origins.max() + self.meta["horizon"]:
            standard = (told(part, self.meta) - self.mean[part.series]) / self.std[part.series]
        else:  # somebody's own table, after which nothing has come yet
            standard = np.zeros((len(rows), *self.mean.shape[1:]))
        targets = torch.from_numpy(standard.reshape(len(rows), -1).astype(np.float32))  # (batch, horizon · targets)
        return Batch(torch.from_numpy(windows).to(self.device), None, targets.to(self.device))

    def own_input(self, table: Path, series: str | None = None) -> Split:
        """Somebody's table, of the columns that the model was trained on, as one window per series: the last.

        Args:
            series: which of those in train it is, for a table that does not name its series.

        Raises:
            KassandraError: it cannot be read, has a series that train had not, or too few rows.
        """
        return last_windows(table, self.meta, series)
