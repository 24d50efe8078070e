"""Recordings of words, each with a label: heard as log-mel bands frame by frame, answered once."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kassandra.contracts.artifacts import read_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.inputs.audio.train import sound_files
from kassandra.inputs.audio.train.augment import augmented
from kassandra.inputs.audio.train.features import Features, Waveforms
from kassandra.inputs.audio.train.mel import MelScale
from kassandra.params.tasks.speech import SpeechTrain
from kassandra.tasks import Batch, class_loss, class_scores

FEWEST = 3  # recordings of a class, so that each split may have one
EVALUATION_BATCH = 100  # recordings; scores do not depend on it, the speed does
JITTER = 0.2  # of a length: recordings that differ by less meet in a batch of train


class Split(NamedTuple):
    waveforms: Ragged  # float32
    labels: NDArray[np.int64]  # (recordings,)
    speakers: NDArray[np.int64]  # (recordings,) numbers of the names in meta.json; -1 where nobody knows
    names: Ragged | None = None  # of their files, as UTF-8 bytes


class Task:
    """See kassandra.tasks.Task. Recordings stay waveforms in memory, and are heard one batch at a time."""

    unit = "recordings"

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self.features = Features(MelScale.of(meta), bool(meta["deltas"]), device)

    def read(self, split: Path) -> Split:
        arrays = read_arrays(split)
        names = Ragged(arrays["names"], arrays["name_offsets"])
        return Split(Ragged(arrays["waveforms"], arrays["offsets"]), arrays["labels"], arrays["speakers"], names)

    def size(self, split: Split) -> int:
        return len(split.labels)

    def steps(self, split: Split, params: SpeechTrain) -> int:
        return math.ceil(len(split.labels) / params.batch_size)

    def train_batches(self, split: Split, params: SpeechTrain, generator: torch.Generator) -> Iterator[Batch]:
        """Those of about equal lengths meet, others in each epoch."""
        factor = 1 + JITTER * torch.rand(len(split.labels), generator=generator, dtype=torch.float64).numpy()
        batches = np.array_split(np.argsort(split.waveforms.lengths * factor, kind="stable"), self.steps(split, params))
        for number in torch.randperm(len(batches), generator=generator).tolist():
            waveforms, labels = self._padded(split, batches[number])
            if params.augment:
                yield Batch(*augmented(waveforms, self.features, params.augment, generator), labels)
            else:
                yield Batch(*self.features(waveforms), labels)

    def numbered_batches(self, split: Split) -> Iterator[tuple[NDArray[np.intp], Batch]]:
        order = np.argsort(split.waveforms.lengths, kind="stable")
        for start in range(0, len(order), EVALUATION_BATCH):
            rows = order[start : start + EVALUATION_BATCH]
            waveforms, labels = self._padded(split, rows)
            yield rows, Batch(*self.features(waveforms), labels)

    def _padded(self, split: Split, rows: NDArray[np.intp]) -> tuple[Waveforms, Tensor]:
        starts, lengths = split.waveforms.offsets[rows], split.waveforms.lengths[rows]
        waveforms = torch.zeros(len(rows), int(lengths.max()))  # (batch, samples)
        for row, (start, length) in enumerate(zip(starts, lengths, strict=True)):
            waveforms[row, :length] = torch.from_numpy(split.waveforms.flat[start : start + length])
        padded = Waveforms(waveforms.to(self.device), torch.from_numpy(lengths).to(self.device))
        return padded, torch.from_numpy(split.labels[rows]).to(self.device)

    def loss(self, model: nn.Module, batch: Batch, params: SpeechTrain) -> tuple[Tensor, int]:
        return class_loss(model, batch, params.label_smoothing)

    def scores(self, model: nn.Module, split: Split) -> dict[str, float]:
        return class_scores(model, (batch for _, batch in self.numbered_batches(split)))

    def own_input(self, waveforms: Any) -> Split:
        """Somebody's recordings as a split without labels.

        Args:
            waveforms: (samples,) at the sample rate that the model hears, or a list of such.

        Raises:
            KassandraError: one is of another shape or type, or `sound_files.checked` refuses it.
        """
        scale, checked = self.features.scale, []
        given = [waveforms] if isinstance(waveforms, np.ndarray) and waveforms.ndim == 1 else list(waveforms)
        for number, one in enumerate(given, 1):
            waveform = np.asarray(one)
            if waveform.ndim != 1 or waveform.dtype.kind not in "fiu":
                raise KassandraError(
                    f"recording {number}: expected an array (samples,) of numbers at {scale.sample_rate} Hz, "
                    f"got {waveform.dtype} {waveform.shape}"
                )
            where = f"recording {number}"
            checked.append(sound_files.checked(waveform, scale.sample_rate, scale.frame_length, where))
        nobody = np.full(len(checked), -1)
        return Split(Ragged.of(checked, np.float32), np.zeros(len(checked), np.int64), nobody)

    def own_file(self, path: Path) -> NDArray[np.float32]:
        """A sound file at the sample rate that the model hears; (samples,). See `sound_files.read`."""
        return sound_files.read(path, self.features.scale.sample_rate, self.features.scale.frame_length)
