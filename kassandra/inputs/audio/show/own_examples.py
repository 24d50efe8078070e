"""Sound files of a user's, read for `kassandra predict`, and when the model listened."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.audio.train import sound_files
from kassandra.inputs.audio.train.mel import MelScale
from kassandra.judging.shown import half_of

NAME = "recording"
OPTIONS: set[str] = set()
is_one = sound_files.is_recording


def read(given: list[str], meta: dict[str, Any]) -> tuple[list[str], list[NDArray[np.float32]]]:
    """Names, and waveforms (samples,) at the sample rate that the model was trained on.

    Raises:
        KassandraError: there are none, or one cannot be read.
    """
    if not given:
        raise KassandraError("predict: give one sound file (.wav, .flac, .mp3, …) or several")
    scale = MelScale.of(meta)
    return given, [sound_files.read(Path(path), scale.sample_rate, scale.frame_length) for path in given]


def columns(predictor: Any, waveforms: list[NDArray[np.float32]], outputs: Any) -> dict[str, list[Any]]:
    """The length of each recording, and of an attention model the milliseconds that it listened to most."""
    scale = MelScale.of(predictor.meta)
    added: dict[str, list[Any]] = {"seconds": [round(len(one) / scale.sample_rate, 2) for one in waveforms]}
    if outputs.attention is not None:
        added["listened_ms"] = [_span(shares, scale) for shares in outputs.attention]
    return added


def _span(shares: NDArray[np.float32], scale: MelScale) -> tuple[int, int]:
    """First and last millisecond of the shortest stretch of frames that holds half of `shares` (frames,)."""
    first, end = half_of(shares)
    last = (end - 1) * scale.hop_length + scale.frame_length  # samples
    return round(first * scale.hop_length * 1000 / scale.sample_rate), round(last * 1000 / scale.sample_rate)
