"""Recordings with an answer each, read as log-mel bands frame by frame."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.inputs.audio.train import sound_files
from kassandra.inputs.audio.train.features import Features, Waveforms, augmented
from kassandra.inputs.audio.train.mel import MelScale
from kassandra.params.inputs.audio import Train

EVALUATION_BATCH = 100  # recordings; scores do not depend on it, the speed does
EVALUATION_SAMPLES = 1 << 21  # of a batch at most, with what fills it up; a recording of more is one of its own
JITTER = 0.2  # of a length: recordings that differ by less meet in a batch of train

Rows = NDArray[np.intp]


class Sequences:
    """See kassandra.training.pair. Recordings stay waveforms on disk, and become features one batch at a time."""

    unit = "recordings"

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.features = Features(MelScale.of(meta), bool(meta["deltas"]), device)

    def read(self, path: Path) -> Ragged:
        """Waveforms, float32."""
        arrays = map_arrays(path)
        return Ragged(arrays["waveforms"], np.array(arrays["offsets"]))

    def size(self, split: Ragged) -> int:
        return len(split.lengths)

    def steps(self, split: Ragged, params: Train, answers: object = None) -> int:
        return math.ceil(len(split.lengths) / params.batch_size)

    def shuffled(
        self, split: Ragged, params: Train, generator: torch.Generator, answers: object = None
    ) -> Iterator[Rows]:
        """Those of about equal lengths meet, others in each epoch."""
        factor = 1 + JITTER * torch.rand(len(split.lengths), generator=generator, dtype=torch.float64).numpy()
        batches = np.array_split(np.argsort(split.lengths * factor, kind="stable"), self.steps(split, params))
        for number in torch.randperm(len(batches), generator=generator).tolist():
            yield batches[number]

    def ordered(self, split: Ragged, answers: object = None, at_once: int | None = None) -> Iterator[Rows]:
        order, size = np.argsort(split.lengths, kind="stable"), at_once or EVALUATION_BATCH
        start = 0
        while start < len(order):
            rows = order[start : start + size]
            within = split.lengths[rows] * np.arange(1, len(rows) + 1) <= EVALUATION_SAMPLES
            rows = rows if at_once else rows[: max(1, int(within.sum()))]
            yield rows
            start += len(rows)

    def batch(
        self, split: Ragged, rows: Rows, params: Train | None = None, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        starts, lengths = split.offsets[rows], split.lengths[rows]
        samples = torch.zeros(len(rows), int(lengths.max()))  # (batch, samples)
        for row, (start, length) in enumerate(zip(starts, lengths, strict=True)):
            samples[row, :length] = torch.from_numpy(np.array(split.flat[start : start + length]))
        waveforms = Waveforms(samples.to(self.device), torch.from_numpy(lengths).to(self.device))
        if params is not None and params.augment and generator is not None:
            return augmented(waveforms, self.features, params.augment, generator)
        return self.features(waveforms)

    def own(self, waveforms: Any) -> Ragged:
        """A user's recordings, (samples,) at the sample rate of the prepared ones, or a list of such, as a split.

        Raises:
            KassandraError: one is of another shape or type, or `sound_files.checked` refuses it.
        """
        scale, checked = self.features.scale, []
        given = [waveforms] if isinstance(waveforms, np.ndarray) and waveforms.ndim == 1 else list(waveforms)
        for number, one in enumerate(given, 1):
            waveform, where = np.asarray(one), f"recording {number}"
            if waveform.ndim != 1 or waveform.dtype.kind not in "fiu":
                expected = f"an array (samples,) of numbers at {scale.sample_rate} Hz"
                raise KassandraError(f"{where}: expected {expected}, got {waveform.dtype} {waveform.shape}")
            checked.append(sound_files.checked(waveform, scale.sample_rate, scale.frame_length, where))
        return Ragged.of(checked, np.float32)
