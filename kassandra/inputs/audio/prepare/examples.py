"""Recordings with a label each, and who speaks in them."""

from pathlib import Path

import numpy as np

from kassandra.contracts import splits
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Encoded, Examples, Rows
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.section import unknown
from kassandra.inputs.audio.prepare import recordings
from kassandra.inputs.audio.prepare.recordings import Recording
from kassandra.inputs.audio.train.mel import MelScale
from kassandra.params.inputs.audio import Prepare
from kassandra.params.sections.kind import Source


def read(raw: Path, source: Source, params: Prepare) -> Examples:
    """What was downloaded, or copied of your own; two recordings are the same if they are so sample by sample.

    Validation is a share of train in either split, of the voices that train has. Of new voices it says little, but a
    voice kept back for it would be one less to learn from, and choose for that one.

    Raises:
        KassandraError: the recordings cannot be read, or a speaker is unknown.
    """
    scale = MelScale(params.sample_rate, params.mels, params.frame, params.hop)
    train, test, left_out = recordings.read(raw, source.dataset, scale)
    given = None if test is None else np.arange(len(train) + len(test)) >= len(train)
    everything = train + (test or [])
    if params.split == "speaker":
        held_out = _by_speaker(raw, everything, params.speakers)
        order = np.argsort(held_out, kind="stable")
        everything, given = [everything[row] for row in order], held_out[order]
    return Examples(
        "recordings",
        everything,
        [one.label for one in everything],
        [one.id for one in everything],
        [one.waveform.tobytes() for one in everything],
        given,
        groups=[one.speaker for one in everything],
        meta={"files_left_out": left_out},
        message=f"{raw}: {left_out} files left out, as they do not end like recordings" if left_out else "",
    )


def encode(examples: Examples, rows: dict[str, Rows], params: Prepare, seed: int) -> Encoded:
    """The waveforms, and of each who speaks. Nothing is fitted: each is normalised by itself when it is heard."""
    parts = {name: [examples.contents[row] for row in some] for name, some in rows.items()}
    speakers = sorted({one.speaker for part in parts.values() for one in part} - {""})
    arrays = {}
    for name, part in parts.items():
        waveforms, names = Ragged.of((one.waveform for one in part), np.float32), Ragged.of_texts(o.name for o in part)
        arrays[name] = {
            "waveforms": waveforms.flat,
            "offsets": waveforms.offsets,
            "speakers": np.array([speakers.index(one.speaker) if one.speaker else -1 for one in part], np.int64),
            "names": names.flat,
            "name_offsets": names.offsets,
        }
    heard = {key: getattr(params, key) for key in ("sample_rate", "mels", "frame", "hop", "deltas")}
    meta = {"speakers": speakers, "held_out": list(params.speakers), **heard}
    held_out = f", {', '.join(params.speakers)} only in test" if params.speakers else ""
    features = params.mels * (3 if params.deltas else 1)
    return Encoded(arrays, {"features": features}, meta, f"{len(speakers)} known speakers{held_out}")


def _by_speaker(raw: Path, everything: list[Recording], held_out: list[str]) -> splits.Mask:
    """(recordings,) which are of the speakers `held_out`."""
    known = sorted({recording.speaker for recording in everything} - {""})
    if not known:
        raise KassandraError(
            f"prepare.split: no name of a recording in {raw} says who speaks, so 'speaker' cannot split them; name "
            "them <label>_<speaker>_<take>.wav, or choose 'official'"
        )
    for name in held_out:
        if name not in known:
            raise KassandraError(unknown("prepare.speakers", "speaker", name, known))
    if anonymous := sum(not recording.speaker for recording in everything):
        raise KassandraError(
            f"prepare.split: the names of {anonymous} recordings in {raw} do not say who speaks, so 'speaker' cannot "
            "split them; name them <label>_<speaker>_<take>.wav"
        )
    if set(known) == set(held_out):
        raise KassandraError(f"prepare.speakers: {held_out} are all there are; leave somebody to learn from")
    return splits.of_groups([recording.speaker for recording in everything], held_out)
