"""Recordings with a label each and, where that is known, who speaks: of the catalogue, or your own folder."""

import csv
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import files_in, missing, read_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Encoded, Examples, Rows
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.section import unknown
from kassandra.inputs.audio.train import sound_files
from kassandra.inputs.audio.train.mel import MelScale
from kassandra.params.inputs.audio import Prepare
from kassandra.params.sections.kind import Source

FSDD_RATE = 8000  # Hz
FSDD_TEST_TAKES = 5  # the first of each speaker and digit; see the data set's own README
LARGEST_INDEX = 1_000_000  # bytes; it has 62,000


class Recording(NamedTuple):
    """name: of its file. speaker: "" where nobody knows."""

    name: str
    waveform: NDArray[np.float32]  # (samples,), full scale being 1
    label: str
    speaker: str

    @property
    def id(self) -> str:
        """The name of its file without its label: nicolas_9 of 7_nicolas_9, and of 7/7_nicolas_9."""
        return self.name.removeprefix(f"{self.label}/").removeprefix(f"{self.label}_")


class Raw(NamedTuple):
    """test: None where the data come without such a split. left_out: files that are no recordings by their ending."""

    train: list[Recording]
    test: list[Recording] | None
    left_out: int = 0


def read(raw: Path, source: Source, params: Prepare) -> Examples:
    """What was downloaded, or copied of your own; two recordings are the same if they are so sample by sample.

    Validation is a share of train in either split, of the voices that train has. Of new voices it says little, but a
    voice kept back for it would be one less to learn from, and choose for that one.

    Raises:
        KassandraError: the recordings cannot be read, or a speaker is unknown.
    """
    scale = MelScale(params.sample_rate, params.mels, params.frame, params.hop)
    train, test, left_out = read_recordings(raw, source.dataset, scale)
    given = None if test is None else np.arange(len(train) + len(test)) >= len(train)
    everything = train + (test or [])
    if params.split == "speaker":
        held_out = _by_speaker(raw, everything, params.speakers)
        order = np.argsort(held_out, kind="stable")
        everything, given = [everything[row] for row in order], held_out[order]
    labels, ids = [one.label for one in everything], [one.id for one in everything]
    keys, speakers = [one.waveform.tobytes() for one in everything], [one.speaker for one in everything]
    message = f"{raw}: {left_out} files left out, as they do not end like recordings" if left_out else ""
    meta = {"files_left_out": left_out}
    return Examples("recordings", everything, labels, ids, keys, given, speakers, meta=meta, message=message)


def encode(examples: Examples, rows: dict[str, Rows], params: Prepare, seed: int) -> Encoded:
    """The waveforms, and of each who speaks. Nothing is fitted: each is normalised by itself when it is heard."""
    parts = {name: [examples.contents[row] for row in some] for name, some in rows.items()}
    speakers = sorted({one.speaker for part in parts.values() for one in part} - {""})
    arrays: dict[str, dict[str, NDArray[Any]]] = {}
    for name, part in parts.items():
        waveforms, names = Ragged.of((one.waveform for one in part), np.float32), Ragged.of_texts(o.name for o in part)
        speaks = np.array([speakers.index(one.speaker) if one.speaker else -1 for one in part], np.int64)
        arrays[name] = {"waveforms": waveforms.flat, "offsets": waveforms.offsets, "speakers": speaks}
        arrays[name] |= {"names": names.flat, "name_offsets": names.offsets}
    heard = {key: getattr(params, key) for key in ("sample_rate", "mels", "frame", "hop", "deltas")}
    meta = {"speakers": speakers, "held_out": list(params.speakers), **heard}
    held_out = f", {', '.join(params.speakers)} only in test" if params.speakers else ""
    features = params.mels * (3 if params.deltas else 1)
    return Encoded(arrays, {"features": features}, meta, f"{len(speakers)} known speakers{held_out}")


def _by_speaker(raw: Path, everything: list[Recording], held_out: list[str]) -> NDArray[np.bool_]:
    """(recordings,) which are of the speakers `held_out`."""
    speakers = [recording.speaker for recording in everything]
    known, advice = (
        sorted(set(speakers) - {""}),
        "so 'speaker' cannot split them; name them <label>_<speaker>_<take>.wav",
    )
    if not known:
        why = f"no name of a recording in {raw} says who speaks"
        raise KassandraError(f"prepare.split: {why}, {advice}, or choose 'official'")
    for name in held_out:
        if name not in known:
            raise KassandraError(unknown("prepare.speakers", "speaker", name, known))
    if anonymous := speakers.count(""):
        why = f"the names of {anonymous} recordings in {raw} do not say who speaks"
        raise KassandraError(f"prepare.split: {why}, {advice}")
    if set(known) == set(held_out):
        raise KassandraError(f"prepare.speakers: {held_out} are all there are; leave somebody to learn from")
    return np.isin(np.array(speakers), held_out)


def read_recordings(raw: Path, dataset: str | None, scale: MelScale) -> Raw:
    """What was downloaded, or copied of your own, at the sample rate of `scale`.

    Your own is a folder for each label with recordings in it, `<label>/<speaker>_<take>.wav`, or recordings in one
    folder, `<label>_<speaker>_<take>.wav`; the speaker may be left out. Either may stand in a folder `train` and one
    `test`. Files that are no recordings by their ending are left out, and counted.

    Raises:
        KassandraError: there are no recordings, a name says no label, or one cannot be read; see `sound_files.read`.
    """
    if not raw.is_dir():
        raise missing(raw)
    if dataset == "fsdd":
        return _fsdd(raw, scale)
    if dataset:
        raise KassandraError(f"source.dataset: {dataset!r} holds no recordings with labels; 'fsdd' does")
    left_out = sum(path.suffix.lower() not in sound_files.ENDINGS for path in files_in(raw))
    if (raw / "train").is_dir() and (raw / "test").is_dir():
        return Raw(_folder(raw / "train", scale), _folder(raw / "test", scale), left_out)
    return Raw(_folder(raw, scale), None, left_out)


def _fsdd(raw: Path, scale: MelScale) -> Raw:
    """digits.npz holds all recordings in a row; index_to_filename.csv names each <digit>_<speaker>_<take>.wav."""
    arrays, table = read_arrays(raw / "digits.npz"), raw / "index_to_filename.csv"
    try:
        if table.stat().st_size > LARGEST_INDEX:
            raise ValueError(f"{table.name} is larger than a megabyte")
        with table.open(encoding="utf-8", newline="") as file:
            names = {int(row["index"]): row["filename"].removesuffix(".wav") for row in csv.DictReader(file)}
        ends = np.cumsum(arrays["lengths"])
        train, test = list[Recording](), list[Recording]()
        for number, (end, length, digit) in enumerate(zip(ends, arrays["lengths"], arrays["labels"], strict=True)):
            label, speaker, take = names[number].split("_")
            if label != str(digit):
                raise ValueError(f"recording {number} is of {digit}, but is named {names[number]}")
            waveform = arrays["sequences"][end - length : end]
            if scale.sample_rate != FSDD_RATE:
                waveform = sound_files.resampled(waveform.astype(np.float64), FSDD_RATE, scale.sample_rate)
            waveform = sound_files.checked(waveform, scale.sample_rate, scale.frame_length, f"{raw}: {names[number]}")
            part = test if int(take) < FSDD_TEST_TAKES else train
            part.append(Recording(names[number], waveform, label, speaker))
    except FileNotFoundError:
        raise missing(table) from None
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, csv.Error) as error:  # of what is none of it
        raise KassandraError(f"{raw}: digits.npz and index_to_filename.csv do not fit together ({error})") from None
    return Raw(train, test)


def _folder(folder: Path, scale: MelScale) -> list[Recording]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in sound_files.ENDINGS and path.is_file())
    if not paths:
        expected = "expected <label>/*.wav, or <label>_<speaker>_<take>.wav"
        raise KassandraError(f"{folder}: no recordings ({', '.join(sorted(sound_files.ENDINGS))}); {expected}")
    depths = {len(path.relative_to(folder).parts) for path in paths}
    if depths not in ({1}, {2}):
        advice = "put all into one folder, or each into that of its label"
        raise KassandraError(f"{folder}: recordings lie at different depths, or too deep; {advice}")
    recordings = []
    for path in paths:
        name, (label, speaker) = path.relative_to(folder).with_suffix("").as_posix(), _named(path, depths == {2})
        waveform = sound_files.read(path, scale.sample_rate, scale.frame_length)
        recordings.append(Recording(name, waveform, label, speaker))
    return recordings


def _named(path: Path, labelled: bool) -> tuple[str, str]:
    """Label and speaker; `labelled`: whether the folder is the label.

    >>> _named(Path("yes/anna_3.wav"), True), _named(Path("yes/3.wav"), True), _named(Path("yes/yes_anna_3.wav"), True)
    (('yes', 'anna'), ('yes', ''), ('yes', 'anna'))
    >>> _named(Path("yes_anna_3.wav"), False), _named(Path("yes_3.wav"), False)
    (('yes', 'anna'), ('yes', ''))
    """
    if labelled:
        label = path.parent.name
        parts = path.stem.removeprefix(f"{label}_").split("_")
        return label, parts[0] if len(parts) > 1 else ""
    parts = path.stem.rsplit("_", 2)
    if len(parts) < 2 or not parts[0]:
        raise KassandraError(f"{path}: its name says no label; expected <label>_<speaker>_<take>.wav, or <label>/*.wav")
    return parts[0], parts[1] if len(parts) > 2 else ""
