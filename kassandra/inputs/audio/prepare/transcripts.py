"""Recordings with a transcript each and, where that is known, who speaks; or strings composed of single words."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import missing
from kassandra.contracts.examples import Encoded, Examples, Rows
from kassandra.inputs.audio.prepare import examples as recordings
from kassandra.inputs.audio.prepare.composed import compose
from kassandra.inputs.audio.prepare.transcribed import transcribed
from kassandra.inputs.audio.train.mel import MelScale
from kassandra.params.inputs.audio import TranscriptsSource


def read(raw: Path, source: TranscriptsSource, params: Any, seed: int) -> Examples:
    """What was downloaded, or copied of your own; labels are transcripts as they are written, groups who speaks.

    Raises:
        KassandraError: the recordings cannot be read, or a speaker is unknown.
    """
    if not raw.is_dir():
        raise missing(raw)
    scale = MelScale(params.sample_rate, params.mels, params.frame, params.hop)
    if params.compose:
        return compose(raw, source, params, scale, seed)
    return transcribed(raw, source, params, scale)


def steps(examples: Examples, params: Any) -> NDArray[np.int64]:
    """(examples,) of the sequence that each becomes."""
    scale = MelScale(params.sample_rate, params.mels, params.frame, params.hop)
    frames = np.array([scale.frames(len(one.waveform)) for one in examples.contents], np.int64)
    return np.asarray(-(-frames // params.stack))


def seconds(examples: Examples, params: Any) -> NDArray[np.float64]:
    """(examples,) how long each is."""
    return np.array([len(one.waveform) / params.sample_rate for one in examples.contents])


def encode(examples: Examples, rows: dict[str, Rows], params: Any, seed: int) -> Encoded:
    """As recordings with a label; several frames are one step."""
    encoded = recordings.encode(examples, rows, params, seed)
    spec = {"features": encoded.spec["features"] * params.stack}
    return encoded._replace(spec=spec, meta={**encoded.meta, "stack": params.stack, "normalise": params.normalise})
