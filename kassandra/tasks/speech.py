"""Recordings of words, each with a label: heard as log-mel bands frame by frame, answered once."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kassandra.contracts.artifacts import read_arrays, write_arrays, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import ModelSpec
from kassandra.inputs.audio.prepare import recordings
from kassandra.inputs.audio.prepare.recordings import Recording
from kassandra.inputs.audio.train import sound_files
from kassandra.inputs.audio.train.augment import augmented
from kassandra.inputs.audio.train.features import Features, Waveforms
from kassandra.inputs.audio.train.mel import MelScale
from kassandra.params.pipeline import Source
from kassandra.params.section import unknown
from kassandra.params.tasks.speech import SpeechPrepare, SpeechTrain
from kassandra.tasks import Batch, class_loss, class_scores

FEWEST = 3  # recordings of a class, so that each split may have one
EVALUATION_BATCH = 100  # recordings; scores do not depend on it, the speed does
JITTER = 0.2  # of a length: recordings that differ by less meet in a batch of train


def prepare(raw: Path, folder: Path, params: SpeechPrepare, seed: int, source: Source) -> str:
    """Raw recordings → train.npz, valid.npz, test.npz, meta.json in `folder`; returns a line that says what was done.

    Nothing is fitted: each recording is normalised by itself when it is heard. A recording of train that is in test too
    is dropped and counted, and so is one that train has twice.

    Validation is a share of train in either split, of the voices that train has. Of new voices it says little, but a
    voice kept back for it would be one less to learn from, and choose for that one.

    Raises:
        KassandraError: the recordings cannot be read, a speaker is unknown, a label of test is not in train, or a class
            is too small to be split.
    """
    scale = MelScale(params.sample_rate, params.mels, params.frame, params.hop)
    read = recordings.read(raw, source.dataset, scale)
    train, test = read
    if params.split == "speaker":
        train, test = _by_speaker(raw, train + (test or []), params.speakers)
    unique = _unique(train)
    repeated, leaked = len(train) - len(unique), 0
    if test is None:
        kept, test = _drawn(unique, params.test_fraction, seed, "prepare.test_fraction")
    else:
        in_test = {recording.waveform.tobytes() for recording in test}
        kept = [recording for recording in unique if recording.waveform.tobytes() not in in_test]
        leaked = len(unique) - len(kept)
    if not kept:
        raise KassandraError(f"{raw}: every recording of train is in test too, so none is left to train on")
    train, valid = _drawn(kept, params.valid_fraction, seed, "prepare.valid_fraction")
    classes = sorted({recording.label for recording in train})
    if unseen := sorted({recording.label for recording in test} - set(classes)):
        raise KassandraError(
            f"{raw}: label {unseen[0]!r} of test is in no recording of train; the labels are {classes}"
        )
    if len(classes) < 2:
        raise KassandraError(f"{raw}: every recording has the label {classes[0]!r}; there is nothing to tell apart")
    splits = {"train": train, "valid": valid, "test": test}
    speakers = sorted({recording.speaker for split in splits.values() for recording in split} - {""})
    for name, split in splits.items():
        waveforms = Ragged.of((recording.waveform for recording in split), np.float32)
        names = Ragged.of_texts(recording.name for recording in split)
        write_arrays(
            folder / f"{name}.npz",
            waveforms=waveforms.flat,
            offsets=waveforms.offsets,
            labels=np.array([classes.index(recording.label) for recording in split], np.int64),
            speakers=np.array([speakers.index(one.speaker) if one.speaker else -1 for one in split], np.int64),
            names=names.flat,
            name_offsets=names.offsets,
        )
    meta = {
        "task": "speech",
        "spec": ModelSpec(
            "many_to_one", outputs=len(classes), features=params.mels * (3 if params.deltas else 1)
        ).to_json(),
        "classes": classes,
        "speakers": speakers,
        "held_out": list(params.speakers),
        "sample_rate": params.sample_rate,
        "mels": params.mels,
        "frame": params.frame,
        "hop": params.hop,
        "deltas": params.deltas,
        "examples": {name: len(split) for name, split in splits.items()},
        "dropped_from_train_because_in_test": leaked,
        "dropped_because_repeated": repeated,
    }
    write_json(folder / "meta.json", meta, sealed=True)
    sizes = ", ".join(f"{len(split)} {name}" for name, split in splits.items())
    dropped = f"{leaked} of train dropped as they are in test too, {repeated} as repeated"
    voices = f"; {', '.join(params.speakers)} only in test" if params.speakers else ""
    return f"{sizes} recordings in {len(classes)} classes by {len(speakers)} known speakers{voices}; {dropped}"


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


def _by_speaker(raw: Path, everything: list[Recording], held_out: list[str]) -> tuple[list[Recording], list[Recording]]:
    """All that the speakers `held_out` do not say, and what they say."""
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
    train = [recording for recording in everything if recording.speaker not in held_out]
    return train, [recording for recording in everything if recording.speaker in held_out]


def _unique(some: list[Recording]) -> list[Recording]:
    """The first of those that are equal, sample by sample."""
    return list({recording.waveform.tobytes(): recording for recording in reversed(some)}.values())[::-1]


def _drawn(some: list[Recording], fraction: float, seed: int, key: str) -> tuple[list[Recording], list[Recording]]:
    """The rest, and `fraction` of each class, drawn evenly over its speakers; both in the order given."""
    generator, taken = np.random.default_rng(seed), np.zeros(len(some), bool)
    for label in sorted({recording.label for recording in some}):
        rows = [row for row in generator.permutation(len(some)) if some[row].label == label]
        if len(rows) < FEWEST:
            raise KassandraError(
                f"{key}: class {label!r} has {len(rows)} recordings, too few to be split; at least {FEWEST} are needed"
            )
        count = round(len(rows) * fraction)
        if not 0 < count < len(rows):
            raise KassandraError(
                f"{key}: {fraction:g} of the {len(rows)} recordings of class {label!r} are {count}; take another "
                "share, or give it more recordings"
            )
        rows.sort(key=lambda row: some[row].speaker)  # stable: in random order within a speaker
        places = (np.arange(count) + generator.random()) * len(rows) / count  # (count,) one in each of as many parts
        taken[[rows[int(place)] for place in places]] = True
    kept, drawn = ([some[row] for row in np.flatnonzero(mask)] for mask in (~taken, taken))
    return kept, drawn
