"""`kassandra predict` of recordings: the class of each, and when the model listened."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kassandra.contracts.errors import KassandraError
from kassandra.inference import Predictor
from kassandra.inputs.audio.train.mel import MelScale


def show(model: Predictor, paths: list[Path], as_json: bool) -> None:
    """One line per recording.

    Raises:
        KassandraError: there are none, or one cannot be read.
    """
    if not paths:
        raise KassandraError("predict: give one sound file (.wav) or several")
    scale = model.task.features.scale
    waveforms = [model.task.own_file(path) for path in paths]
    outputs = model.outputs(model.task.own_input(waveforms))
    predictions = model.predictions(outputs)
    heard = None if outputs.attention is None else [_span(shares, scale) for shares in outputs.attention]
    if as_json:
        for row, (path, prediction) in enumerate(zip(paths, predictions, strict=True)):
            listened = {} if heard is None else {"listened_ms": heard[row]}
            print(json.dumps({"recording": str(path), **prediction._asdict(), **listened}, ensure_ascii=False))
        return
    columns = ["recording", "seconds", "class", "probability", "next"] + ([] if heard is None else ["listened (ms)"])
    table = Table(*columns, box=None)
    for row, (path, waveform, prediction) in enumerate(zip(paths, waveforms, predictions, strict=True)):
        second = sorted(prediction.probabilities.items(), key=lambda item: -item[1])[1:2]
        following = ", ".join(f"{escape(label)} {probability:.3f}" for label, probability in second)
        cells = [escape(str(path)), f"{len(waveform) / scale.sample_rate:.2f}", escape(prediction.label)]
        cells += [f"{prediction.probability:.3f}", following]
        table.add_row(*cells, *([] if heard is None else ["–".join(map(str, heard[row]))]))
    Console(highlight=False).print(table)


def _span(shares: NDArray[np.float32], scale: MelScale) -> tuple[int, int]:
    """First and last millisecond of the shortest stretch of frames that holds half of `shares` (frames,)."""
    sums = np.concatenate([[0.0], shares.cumsum(dtype=np.float64)])
    ends = np.searchsorted(sums, sums + sums[-1] / 2)  # (frames + 1,) where half is reached, if begun at each frame
    ends = np.where(ends <= len(shares), ends, 2 * len(sums))  # never
    first = int(np.argmin(ends - np.arange(len(sums))))
    last = (int(ends[first]) - 1) * scale.hop_length + scale.frame_length  # samples
    return round(first * scale.hop_length * 1000 / scale.sample_rate), round(last * 1000 / scale.sample_rate)
