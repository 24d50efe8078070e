"""Windows of series around gaps: all that is read beside the values whose gaps are filled."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kassandra.contracts.gaps import rows_of_windows
from kassandra.contracts.windows import Split
from kassandra.inputs.series.train import table


class Sequences(table.Sequences):
    """See kassandra.training.pair. `rows` are numbers of windows; what the targets of their rows are, known or removed,
    only the target knows."""

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.meta, self.device, self.window = meta, device, int(meta["window"])
        self.beside = [place for place in range(len(meta["inputs"])) if place not in meta["target_inputs"]]

    def batch(
        self, split: Split, rows: table.Rows, params: object = None, generator: object = None
    ) -> tuple[Tensor, Tensor | None]:
        """(batch, window, features) of features and calendar. Lengths, where a series is shorter than a window."""
        places, there = rows_of_windows(split, rows, self.window)
        windows = np.asarray(split.inputs[places][:, :, self.beside], np.float32)
        if there.all():
            return torch.from_numpy(windows).to(self.device), None
        windows[~there] = 0
        return torch.from_numpy(windows).to(self.device), torch.from_numpy(there.sum(1)).to(self.device)

    def own(self, path: str | Path, series: str | None = None) -> Split:
        """A user's table, of the columns that the model was trained on, with a window for each gap; see `own_gaps`."""
        from kassandra.inputs.series.show.own_gaps import table_with_gaps  # here, as training reads no tables

        return table_with_gaps(Path(path), self.meta, series)
