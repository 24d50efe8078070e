"""Recordings with a label each and, where that is known, who speaks: of the catalogue, or your own folder."""

import csv
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import missing, read_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Encoded, Examples, Rows
from kassandra.contracts.label_sets import many
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.section import unknown
from kassandra.contracts.stored import Stored, digest
from kassandra.inputs.audio.prepare.alike import alike
from kassandra.inputs.audio.train import sound_files
from kassandra.inputs.audio.train.mel import MelScale
from kassandra.params.inputs.audio import Prepare
from kassandra.params.sections.folder import FolderOfFiles
from kassandra.sources.own.labelled import Kind, listing
from kassandra.sources.own.tolerated import usable

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
    """valid, test: None where the data come without such a split. message: of what is left out, and of the labels."""

    train: list[Recording]
    valid: list[Recording] | None
    test: list[Recording] | None
    meta: dict[str, Any]
    message: list[str]


def read(raw: Path, source: FolderOfFiles, params: Prepare) -> Examples:
    """What was downloaded, or copied of your own; two recordings are the same if they are so sample by sample.

    Where no validation split is given, it is a share of train in either split, of the voices that train has. Of new
    voices it says little, but a voice kept back for it would be one less to learn from, and choose for that one.

    Raises:
        KassandraError: the recordings cannot be read, or a speaker is unknown.
    """
    scale = MelScale(params.sample_rate, params.mels, params.frame, params.hop)
    train, valid, test, meta, message = read_recordings(raw, source, scale, many(params))
    everything = [*train, *(valid or []), *(test or [])]
    places = np.arange(len(everything))
    given = None if test is None else places >= len(everything) - len(test)
    validates = None if valid is None else (places >= len(train)) & (places < len(train) + len(valid))
    if params.split == "speaker":
        held_out = by_speaker(raw, everything, params.speakers)
        order = np.argsort(held_out, kind="stable")
        everything, given, validates = [everything[row] for row in order], held_out[order], None
    labels, ids = [one.label for one in everything], [one.id for one in everything]
    keys, speakers = [digest(one.waveform) for one in everything], [one.speaker for one in everything]
    text = "\n".join(message)
    return Examples(
        "recordings", everything, labels, ids, keys, given, speakers, meta=meta, message=text, valid=validates,
        near=alike(one.waveform for one in everything),
        nearly="how they sound, wherever they are cut and however loud they are",
    )  # fmt: skip


def encode(examples: Examples, rows: dict[str, Rows], params: Prepare, seed: int) -> Encoded:
    """The waveforms, and of each who speaks. Nothing is fitted: each is normalised by itself when it is heard."""
    parts = {name: [examples.contents[row] for row in some] for name, some in rows.items()}
    speakers = sorted({one.speaker for part in parts.values() for one in part} - {""})
    arrays: dict[str, dict[str, NDArray[Any]]] = {}
    for name, part in parts.items():
        waveforms, names = (
            Ragged.stored((one.waveform for one in part), np.float32),
            Ragged.of_texts(o.name for o in part),
        )
        speaks = np.array([speakers.index(one.speaker) if one.speaker else -1 for one in part], np.int64)
        arrays[name] = {"waveforms": waveforms.flat, "offsets": waveforms.offsets, "speakers": speaks}
        arrays[name] |= {"names": names.flat, "name_offsets": names.offsets}
    heard = {key: getattr(params, key) for key in ("sample_rate", "mels", "frame", "hop", "deltas")}
    meta = {"speakers": speakers, "held_out": list(params.speakers), **heard}
    held_out = f", {', '.join(params.speakers)} only in test" if params.speakers else ""
    features = params.mels * (3 if params.deltas else 1)
    return Encoded(arrays, {"features": features}, meta, f"{len(speakers)} known speakers{held_out}")


def by_speaker(raw: Path, everything: list[Recording], held_out: list[str]) -> NDArray[np.bool_]:
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


def read_recordings(raw: Path, source: FolderOfFiles, scale: MelScale, many_labels: bool = False) -> Raw:
    """What was downloaded, or copied of your own, at the sample rate of `scale`.

    Your own is a folder for each label with recordings in it, `<label>/<speaker>_<take>.wav`, or recordings in one
    folder, `<label>_<speaker>_<take>.wav`; the speaker may be left out. Or a table or a pattern says the labels.

    Raises:
        KassandraError: there are no recordings, a name says no label, or too many cannot be read; see `sound_files`.
    """
    if not raw.is_dir():
        raise missing(raw)
    if source.dataset == "fsdd":
        return _fsdd(raw, scale)
    if source.dataset:
        raise KassandraError(f"source.dataset: {source.dataset!r} holds no recordings with labels; 'fsdd' does")
    listed = listing(raw, source, KIND._replace(many=many_labels))
    good = usable(
        listed.files,
        lambda path: sound_files.read(path, scale.sample_rate, scale.frame_length),
        source.tolerate,
        "recordings",
        contents=Stored(),
    )
    parts: dict[str, list[Recording]] = {"train": [], "valid": [], "test": []}
    for one, waveform in zip(good.files, good.contents, strict=True):
        name = PurePosixPath(one.name).with_suffix("").as_posix()
        parts[one.split or "train"].append(Recording(name, waveform, one.label, one.group))
    meta = {"files_left_out": sum(listed.left_out.values()), "left_out": listed.left_out, **good.meta}
    return Raw(parts["train"], parts["valid"] or None, parts["test"] or None, meta, [*listed.message, *good.message])


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
    return Raw(train, None, test, {"files_left_out": 0}, [])


def _named(path: PurePosixPath, labelled: bool) -> tuple[str, str]:
    """Label and speaker; `labelled`: whether the folder is the label.

    >>> [_named(PurePosixPath(path), True) for path in ("yes/anna_3.wav", "yes/3.wav", "yes/yes_anna_3.wav")]
    [('yes', 'anna'), ('yes', ''), ('yes', 'anna')]
    >>> [_named(PurePosixPath(path), False) for path in ("yes_anna_3.wav", "yes_3.wav")]
    [('yes', 'anna'), ('yes', '')]
    """
    if labelled:
        label = path.parts[0]
        parts = path.stem.removeprefix(f"{label}_").split("_")
        return label, parts[0] if len(parts) > 1 else ""
    parts = path.stem.rsplit("_", 2)
    if len(parts) < 2 or not parts[0]:
        raise KassandraError(f"{path}: its name says no label; expected <label>_<speaker>_<take>.wav, or <label>/*.wav")
    return parts[0], parts[1] if len(parts) > 2 else ""


KIND = Kind("recordings", sound_files.ENDINGS, sound_files.is_recording, _named)
