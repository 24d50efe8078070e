"""Recordings with a transcript each, as their folder has them, or the archive of a data set."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Examples
from kassandra.contracts.stored import Stored, digest
from kassandra.inputs.audio.prepare.examples import Recording, by_speaker
from kassandra.inputs.audio.prepare.voices import ANOTHER, used
from kassandra.inputs.audio.train import sound_files
from kassandra.inputs.audio.train.mel import MelScale
from kassandra.params.inputs.audio import TranscriptsSource
from kassandra.sources.own.labelled import Labelled
from kassandra.sources.own.tolerated import usable
from kassandra.sources.own.transcripts import listing
from kassandra.sources.own.unpacked import of_only_tar


def transcribed(raw: Path, source: TranscriptsSource, params: Any, scale: MelScale) -> Examples:
    """Labels are transcripts as they are written, groups who speaks.

    Raises:
        KassandraError: the table cannot be read, too many recordings cannot, or there are no such splits or speakers.
    """
    packed = of_only_tar(raw, sound_files.ENDINGS) if source.dataset else None
    listed = listing(raw, source, sound_files.ENDINGS, None if packed is None else sorted(packed))
    rows = {str(row.file): row for row in listed.rows}
    twice, everybody = len(listed.rows) - len(rows), [row.speaker for row in rows.values()]
    chosen = used(raw, everybody, params.only_speakers)
    files = [  # by_label: by speaker
        Labelled(row.file, row.name, row.speaker) for row, taken in zip(rows.values(), chosen, strict=True) if taken
    ]
    good = usable(files, _reader(raw, packed, scale), source.tolerate, "recordings", contents=Stored())
    everything = [
        Recording(one.name, waveform, rows[str(one.path)].text, one.label)
        for one, waveform in zip(good.files, good.contents, strict=True)
    ]
    splits = np.array([rows[str(one.path)].split for one in good.files])
    masks = {name: splits == name if (splits == name).any() else None for name in ("valid", "test")}
    if params.split == "given" and masks["test"] is None:
        raise KassandraError(f"prepare.split: {raw} comes in no splits; choose 'text', or 'speaker' with 'speakers'")
    if params.split != "given":
        masks = {"valid": None, "test": None}
    if params.split == "speaker" and not any(one.speaker for one in everything):
        what = f"no row of the transcripts in {raw} says who speaks"
        raise KassandraError(f"prepare.split: {what}; name the column in source.speaker, or choose 'text' or 'given'")
    if params.split == "speaker":
        masks["test"] = by_speaker(raw, everything, params.speakers)
    others = {"a recording that an earlier row names": twice, ANOTHER: int((~chosen).sum())}
    left_out = listed.left_out | {reason: count for reason, count in others.items() if count}
    message = [*listed.message, *good.message]
    message += [f"{twice} rows name a recording again, and are left out"] * (twice > 0)
    message += [f"left out: {others[ANOTHER]:,} recordings {ANOTHER}"] * (others[ANOTHER] > 0)
    return Examples(
        "recordings", everything, [one.label for one in everything], [one.name for one in everything],
        [digest(one.waveform) for one in everything], masks["test"], [one.speaker for one in everything],
        meta={"files_left_out": sum(left_out.values()), "left_out": left_out, **good.meta},
        message="\n".join(message), valid=masks["valid"],
    )  # fmt: skip


def _reader(raw: Path, packed: dict[str, bytes] | None, scale: MelScale) -> Callable[[Path], Any]:
    if packed is None:
        return lambda path: sound_files.read(path, scale.sample_rate, scale.frame_length)
    return lambda path: sound_files.decoded(
        packed[path.relative_to(raw).as_posix()], scale.sample_rate, scale.frame_length, str(path)
    )
