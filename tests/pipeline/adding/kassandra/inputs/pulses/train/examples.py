"""Pulses as batches: padded to the longest of a batch."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged

AT_ONCE = 256  # sequences


class Sequences:
    """See kassandra.training.pair."""

    unit = "sequences"

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device

    def read(self, path: Path) -> Ragged:
        arrays = map_arrays(path)
        return Ragged(arrays["levels"], arrays["offsets"])

    def size(self, split: Ragged) -> int:
        return len(split.lengths)

    def steps(self, split: Ragged, params: Any, answers: object = None) -> int:
        return math.ceil(len(split.lengths) / params.batch_size)

    def shuffled(self, split: Ragged, params: Any, generator: torch.Generator, answers: object = None) -> Iterator[Any]:
        for rows in torch.randperm(len(split.lengths), generator=generator).split(params.batch_size):
            yield rows.numpy()

    def ordered(self, split: Ragged, answers: object = None, at_once: int | None = None) -> Iterator[Any]:
        for start in range(0, len(split.lengths), at_once or AT_ONCE):
            yield np.arange(start, min(start + (at_once or AT_ONCE), len(split.lengths)))

    def batch(self, split: Ragged, rows: Any, params: Any = None, generator: Any = None) -> tuple[Tensor, Tensor]:
        lengths = split.lengths[rows]
        levels = np.zeros((len(rows), int(lengths.max()), 1), np.float32)  # (batch, time, 1)
        for place, (start, length) in enumerate(zip(split.offsets[rows], lengths, strict=True)):
            levels[place, :length, 0] = split.flat[start : start + length]
        return torch.from_numpy(levels).to(self.device), torch.from_numpy(lengths).to(self.device)

    def own(self, paths: list[str]) -> Ragged:
        """A user's files, each with the levels of one sequence."""
        try:
            return Ragged.of((np.array(Path(path).read_text().split(), np.float32) for path in paths), np.float32)
        except (OSError, ValueError) as error:
            raise KassandraError(f"{paths}: expected files of numbers with spaces between them ({error})") from None
