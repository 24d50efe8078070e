"""Raw recordings with their labels and speakers, as the catalogue has them and as people keep theirs."""

import re
import shutil

import numpy as np
import pytest

from kassandra.contracts.artifacts import read_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.inputs.audio.prepare.examples import read_recordings as read
from kassandra.inputs.audio.train.mel import MelScale

SCALE = MelScale(8000, 13, 25, 10)


@pytest.fixture
def copied(raw_speech, tmp_path):
    """A copy of the slice of FSDD that may be changed."""
    return shutil.copytree(raw_speech, tmp_path / "fsdd")


@pytest.fixture
def some(write):
    """Writes recordings of noise, no two of them equal, under names."""
    generator = np.random.default_rng(0)

    def some(*names):
        for name in names:
            path = write(generator.normal(size=800) * 0.1, name=name)
        return path

    return some


def told(recordings):
    return [(one.name, one.label, one.speaker) for one in recordings]


def printed(text):
    return pytest.raises(KassandraError, match=f"^{re.escape(text)}")


def test_fsdd(raw_speech):
    """Every recording once, sample by sample, under the label and the speaker of its name; takes 0 to 4 are test."""
    train, test, _ = read(raw_speech, "fsdd", SCALE)
    assert (len(train), len(test)) == (45, 15)
    arrays = read_arrays(raw_speech / "digits.npz")
    rows = (raw_speech / "index_to_filename.csv").read_text().split()[1:]
    names = [row.split(",")[1].removesuffix(".wav") for row in rows]
    start, by_name = 0, {one.name: one for one in train + test}
    assert set(by_name) == set(names)
    for name, length, label in zip(names, arrays["lengths"], arrays["labels"], strict=True):
        np.testing.assert_array_equal(by_name[name].waveform, arrays["sequences"][start : start + length])
        assert name.split("_")[:2] == [str(label), by_name[name].speaker] == [*by_name[name][2:]]
        start += length
    assert {int(one.name.split("_")[2]) < 5 for one in test} == {True}
    assert {int(one.name.split("_")[2]) < 5 for one in train} == {False}


def test_fsdd_at_another_rate(raw_speech):
    train, *_ = read(raw_speech, "fsdd", SCALE)
    doubled, *_ = read(raw_speech, "fsdd", MelScale(16000, 13, 25, 10))
    for one, other in zip(train, doubled, strict=True):
        assert len(other.waveform) == 2 * len(one.waveform)
        assert other.waveform.dtype == np.float32
        np.testing.assert_allclose(other.waveform[::2], one.waveform, rtol=0, atol=0.15)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("\n0,", "\n100,", "(0)"),
        ("_nicolas_", "_", "(not enough values to unpack (expected 3, got 2))"),
        ("index,", "number,", "('index')"),
    ],
)
def test_fsdd_names_that_do_not_fit(copied, old, new, why):
    table = copied / "index_to_filename.csv"
    table.write_text(table.read_text().replace(old, new, 1))
    with printed(f"{copied}: digits.npz and index_to_filename.csv do not fit together {why}"):
        read(copied, "fsdd", SCALE)


def test_fsdd_a_label_that_is_not_that_of_the_name(copied):
    table = copied / "index_to_filename.csv"
    lines = table.read_text().split("\n")
    number, name = lines[1].split(",")
    digit = int(name[0])
    lines[1] = f"{number},{9 - digit}{name[1:]}"
    table.write_text("\n".join(lines))
    with printed(f"{copied}: digits.npz and index_to_filename.csv do not fit together (recording 0 is of {digit}, but"):
        read(copied, "fsdd", SCALE)


def test_fsdd_without_names(copied):
    (copied / "index_to_filename.csv").unlink()
    with printed(f"{copied}/index_to_filename.csv: no such file"):
        read(copied, "fsdd", SCALE)


def test_another_data_set(raw_speech):
    with printed("source.dataset: 'mnist' holds no recordings with labels; 'fsdd' does"):
        read(raw_speech, "mnist", SCALE)


def test_nothing_there(tmp_path):
    with printed(f"{tmp_path}/none: no such file"):
        read(tmp_path / "none", None, SCALE)


def test_a_folder_for_each_label(some, tmp_path):
    some("yes/anna_0.wav", "yes/yes_bo_1.WAV", "no/7.wav", "no/c_d_2.wav")
    (tmp_path / "no" / "notes.txt").write_text("left out")
    train, test, left_out = read(tmp_path, None, SCALE)
    assert (test, left_out) == (None, 1)
    assert told(train) == [
        ("no/7", "no", ""),
        ("no/c_d_2", "no", "c"),
        ("yes/anna_0", "yes", "anna"),
        ("yes/yes_bo_1", "yes", "bo"),
    ]


def test_all_in_one_folder(some, tmp_path):
    some("yes_anna_0.wav", "no_1.wav", "not_now_bo_2.wav")
    assert told(read(tmp_path, None, SCALE).train) == [
        ("no_1", "no", ""),
        ("not_now_bo_2", "not_now", "bo"),
        ("yes_anna_0", "yes", "anna"),
    ]


def test_train_and_test_of_ones_own(some, tmp_path):
    some("train/yes/0.wav", "train/no/0.wav", "test/no/0.wav")
    train, test, _ = read(tmp_path, None, SCALE)
    assert (told(train), told(test)) == ([("no/0", "no", ""), ("yes/0", "yes", "")], [("no/0", "no", "")])


def test_no_recordings(tmp_path):
    (tmp_path / "notes.txt").write_text("none")
    with printed(f"{tmp_path}: no recordings (.flac, .ogg, .wav); expected <label>/*.wav, or"):
        read(tmp_path, None, SCALE)


@pytest.mark.parametrize("names", [("yes/0.wav", "no_1.wav"), ("a/b/0.wav",)], ids=["both", "deep"])
def test_recordings_at_different_depths(some, tmp_path, names):
    some(*names)
    with printed(f"{tmp_path}: recordings lie at different depths, or too deep; put all into one folder"):
        read(tmp_path, None, SCALE)


@pytest.mark.parametrize("name", ["yes.wav", "_anna_0.wav"])
def test_a_name_without_a_label(some, tmp_path, name):
    path = some(name)
    with printed(f"{path}: its name says no label; expected <label>_<speaker>_<take>.wav"):
        read(tmp_path, None, SCALE)


def test_one_bad_recording_is_named(some, write, tmp_path):
    some("yes_0.wav")
    path = write(np.zeros(800), name="no_0.wav")
    with printed(f"{path}: silent from beginning to end"):
        read(tmp_path, None, SCALE)
