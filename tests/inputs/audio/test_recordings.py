"""Raw recordings with their labels and speakers, as the catalogue has them and as people keep theirs."""

import re
import shutil

import numpy as np
import pytest

from kassandra.contracts.artifacts import read_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.inputs.audio.prepare.examples import read_recordings as read
from kassandra.inputs.audio.train.mel import MelScale
from kassandra.params.sections.folder import FolderOfFiles

SCALE = MelScale(8000, 13, 25, 10)
OWN, FSDD = FolderOfFiles(path="mine"), FolderOfFiles(dataset="fsdd")


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


def described(recordings):
    return [(one.name, one.label, one.speaker) for one in recordings]


def printed(text):
    return pytest.raises(KassandraError, match=f"^{re.escape(text)}")


def test_fsdd(raw_speech):
    """Every recording once, sample by sample, under the label and the speaker of its name; takes 0 to 4 are test."""
    train, _, test, *_ = read(raw_speech, FSDD, SCALE)
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
    train, *_ = read(raw_speech, FSDD, SCALE)
    doubled, *_ = read(raw_speech, FSDD, MelScale(16000, 13, 25, 10))
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
        read(copied, FSDD, SCALE)


def test_fsdd_a_label_that_is_not_that_of_the_name(copied):
    table = copied / "index_to_filename.csv"
    lines = table.read_text().split("\n")
    number, name = lines[1].split(",")
    digit = int(name[0])
    lines[1] = f"{number},{9 - digit}{name[1:]}"
    table.write_text("\n".join(lines))
    with printed(f"{copied}: digits.npz and index_to_filename.csv do not fit together (recording 0 is of {digit}, but"):
        read(copied, FSDD, SCALE)


def test_fsdd_without_names(copied):
    (copied / "index_to_filename.csv").unlink()
    with printed(f"{copied}/index_to_filename.csv: no such file"):
        read(copied, FSDD, SCALE)


def test_another_data_set(raw_speech):
    with printed("source.dataset: 'mnist' holds no recordings with labels; 'fsdd' does"):
        read(raw_speech, FolderOfFiles(dataset="mnist"), SCALE)


def test_nothing_there(tmp_path):
    with printed(f"{tmp_path}/none: no such file"):
        read(tmp_path / "none", OWN, SCALE)


def test_a_folder_for_each_label(some, tmp_path):
    some("yes/anna_0.wav", "yes/yes_bo_1.WAV", "no/7.wav", "no/c_d_2.wav")
    (tmp_path / "no" / "notes.txt").write_text("left out")
    train, valid, test, meta, _ = read(tmp_path, OWN, SCALE)
    assert (valid, test) == (None, None)
    assert meta == {"files_left_out": 1, "left_out": {"files that are no recordings": 1}}
    assert described(train) == [
        ("no/7", "no", ""),
        ("no/c_d_2", "no", "c"),
        ("yes/anna_0", "yes", "anna"),
        ("yes/yes_bo_1", "yes", "bo"),
    ]


def test_all_in_one_folder(some, tmp_path):
    some("yes_anna_0.wav", "no_1.wav", "not_now_bo_2.wav")
    assert described(read(tmp_path, OWN, SCALE).train) == [
        ("no_1", "no", ""),
        ("not_now_bo_2", "not_now", "bo"),
        ("yes_anna_0", "yes", "anna"),
    ]


def test_train_and_test_of_ones_own(some, tmp_path):
    some("train/yes/0.wav", "train/no/0.wav", "test/no/0.wav")
    train, _, test, *_ = read(tmp_path, OWN, SCALE)
    assert (described(train), described(test)) == ([("no/0", "no", ""), ("yes/0", "yes", "")], [("no/0", "no", "")])


def test_no_recordings(tmp_path):
    (tmp_path / "notes.txt").write_text("none")
    with printed(f"{tmp_path}: no recordings in this folder (files that are no recordings: 1 left out (notes.txt))"):
        read(tmp_path, OWN, SCALE)


def test_recordings_beside_the_folders_of_labels_are_left_out(some, tmp_path):
    some("yes/0.wav", "no/deeper/0.wav", "no_1.wav")
    train, *_, meta, message = read(tmp_path, OWN, SCALE)
    assert described(train) == [("no/deeper/0", "no", ""), ("yes/0", "yes", "")]
    assert meta["left_out"] == {"files beside the folders of the labels": 1}
    assert message == [
        f"{tmp_path}: files beside the folders of the labels: 1 left out (no_1.wav)",
        f"{tmp_path}: 2 recordings of 2 labels: no 1, yes 1",
    ]


@pytest.mark.parametrize("name", ["yes.wav", "_anna_0.wav"])
def test_a_name_without_a_label(some, tmp_path, name):
    some(name)
    with printed(f"{name}: its name says no label; expected <label>_<speaker>_<take>.wav"):
        read(tmp_path, OWN, SCALE)


def test_bad_recordings_are_named_and_counted_and_refused_where_they_are_many(some, write, tmp_path):
    some(*(f"yes_{take}.wav" for take in range(20)))
    path = write(np.zeros(800), name="no_0.wav")
    train, *_, meta, message = read(tmp_path, OWN, SCALE)
    assert len(train) == 20
    reason = f"{path}: silent from beginning to end; every sample is 0"
    assert meta["skipped"] == {"files": 1, "by_label": {"no": 1}, "first": [reason]}
    assert message[-1] == f"left out: 1 of 21 recordings (4.8%) cannot be used: {reason}; by label: no 1"
    for take in (1, 2):
        write(np.ones(20) * take, name=f"no_{take}.wav")
    text = f"3 of 23 recordings (13.0%) cannot be used: {reason}; "
    with printed(text) as caught:
        read(tmp_path, OWN, SCALE)
    least = "`source.tolerate: 0.01` leaves out 2 of 23 recordings at most; mend them, or say `source.tolerate: 0.131`"
    assert str(caught.value).endswith(f"no 3. {least}")
    assert len(read(tmp_path, OWN.model_copy(update={"tolerate": 0.2}), SCALE).train) == 20
