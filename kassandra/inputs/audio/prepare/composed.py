"""Strings of spoken words put together from recordings of single words, clips, each string of one speaker.

Clips are split before they are composed, so that no clip is heard in two splits.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Examples
from kassandra.contracts.splits import SPLITS
from kassandra.inputs.audio.prepare.examples import Raw, Recording, by_speaker, read_recordings
from kassandra.inputs.audio.prepare.voices import ANOTHER, used
from kassandra.inputs.audio.train.mel import MelScale
from kassandra.params.inputs.audio import Compose, TranscriptsSource
from kassandra.params.sections.folder import FolderOfFiles

LOUDNESS = 0.1  # root mean square of each clip, as a share of full scale
FADE = 0.005  # seconds over which a clip begins and ends, so that none clicks


def compose(raw: Path, source: TranscriptsSource, params: Any, scale: MelScale, seed: int) -> Examples:
    """Every string, in the order of splits and speakers.

    Raises:
        KassandraError: the clips cannot be read, a speaker is unknown, or a split has too few clips for one string.
    """
    known = {key: getattr(source, key) for key in ("dataset", "path", "tolerate", "follow_links")}
    clips = _parted(raw, FolderOfFiles(**known), params, scale, seed)
    generator, strings = np.random.default_rng(seed), list[Recording]()
    splits = []
    for split, of_split in clips["of"].items():
        for speaker in sorted({clip.speaker for clip in of_split}):
            own = [clip for clip in of_split if clip.speaker == speaker]
            repeats = params.compose.repeats if split == "train" else 1
            made = list(_strings(own, params.compose, repeats, scale.sample_rate, generator))
            names = (f"{speaker or 'unknown'}-{split}-{number:04d}" for number in range(1, len(made) + 1))
            strings += [one._replace(name=name) for name, one in zip(names, made, strict=True)]
            splits += [split] * len(made)
    if lacking := [split for split in SPLITS if split not in splits]:
        raise KassandraError(f"{raw}: too few clips for a string of {params.compose.fewest} in {lacking[0]}")
    by_split = {split: splits.count(split) for split in SPLITS}
    counts = ", ".join(f"{count:,} {split}" for split, count in by_split.items())
    message = (
        f"composed of {sum(map(len, clips['of'].values())):,} real clips, {params.compose.fewest} to "
        f"{params.compose.most} of one speaker in a string, equally loud, silence of {params.compose.pause_from:g} to "
        f"{params.compose.pause_to:g} ms between them: {counts} strings"
    )
    masks = np.array(splits)
    return Examples(
        "recordings", strings, [one.label for one in strings], [one.name for one in strings],
        [one.waveform.tobytes() for one in strings], masks == "test", [one.speaker for one in strings],
        meta={**clips["meta"], "composed": {**params.compose.model_dump(), "strings": by_split}},
        message="\n".join([*clips["message"], message]), valid=masks == "valid",
    )  # fmt: skip


def _parted(raw: Path, source: FolderOfFiles, params: Any, scale: MelScale, seed: int) -> dict[str, Any]:
    """Clips by split. What is not given is a share of each speaker's, drawn by seed."""
    train, valid, test, meta, message = _of_only(raw, read_recordings(raw, source, scale), params.only_speakers)
    if params.split == "speaker":
        everything = [*train, *(valid or []), *(test or [])]
        held_out = by_speaker(raw, everything, params.speakers)
        train = [clip for clip, is_test in zip(everything, held_out, strict=True) if not is_test]
        valid, test = None, [clip for clip, is_test in zip(everything, held_out, strict=True) if is_test]
    if test is None:
        train, test = _drawn(train, params.test_fraction, seed)
    if valid is None:
        train, valid = _drawn(train, params.valid_fraction, seed)
    return {"of": {"train": train, "valid": valid, "test": test}, "meta": meta, "message": message}


def _of_only(raw: Path, clips: Raw, only: list[str]) -> Raw:
    """Clips of the speakers `only`; all where that is empty."""
    everybody = [clip.speaker for part in clips[:3] for clip in part or []]
    taken = iter(used(raw, everybody, only).tolist())
    train, valid, test = (None if part is None else [clip for clip in part if next(taken)] for part in clips[:3])
    left_out = len(everybody) - sum(len(part or []) for part in (train, valid, test))
    message = [*clips.message] + [f"left out: {left_out:,} clips {ANOTHER}"] * (left_out > 0)
    return Raw(train or [], valid, test, clips.meta, message)


def _drawn(clips: list[Recording], share: float, seed: int) -> tuple[list[Recording], list[Recording]]:
    """The rest, and a share of each speaker's."""
    generator, taken = np.random.default_rng(seed), np.zeros(len(clips), bool)
    speakers = np.array([clip.speaker for clip in clips])
    for speaker in sorted(set(speakers.tolist())):
        rows = np.flatnonzero(speakers == speaker)
        taken[generator.permutation(rows)[: round(share * len(rows))]] = True
    parts = [[clip for clip, is_taken in zip(clips, taken, strict=True) if is_taken == part] for part in (False, True)]
    return parts[0], parts[1]


def _strings(
    clips: list[Recording], how: Compose, repeats: int, rate: int, generator: np.random.Generator
) -> Iterator[Recording]:
    """Strings that use each clip `repeats` times, but for a few last ones, which are too few for a string."""
    order = np.concatenate([generator.permutation(len(clips)) for _ in range(repeats)])
    place = 0
    while place < len(order):
        count = int(generator.integers(how.fewest, how.most + 1))
        rows = order[place : place + count]
        place += count
        if len(rows) < how.fewest:
            return
        parts: list[NDArray[np.float32]] = []
        for row in rows:
            pause = generator.uniform(how.pause_from, how.pause_to) if parts else 0.0
            parts += [np.zeros(round(pause * rate / 1000), np.float32), _as_loud(_faded(clips[row].waveform, rate))]
        text = " ".join(clips[row].label for row in rows)
        yield Recording("", np.concatenate(parts), text, clips[rows[0]].speaker)


def _as_loud(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    """With the mean square of any other: clips of one speaker were recorded at different loudness."""
    return np.asarray(
        waveform * np.float32(LOUDNESS / np.sqrt(np.mean(np.square(waveform, dtype=np.float64)))), np.float32
    )


def _faded(waveform: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    length = min(round(FADE * rate), len(waveform) // 2)
    flank = np.linspace(0, 1, length, dtype=np.float32)
    shape = np.ones(len(waveform), np.float32)
    shape[:length], shape[len(waveform) - length :] = flank, flank[::-1]
    return waveform * shape
