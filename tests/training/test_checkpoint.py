"""Interrupted anywhere and continued, a training ends with the bytes of one that was left alone."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from kassandra.training.checkpoint import Checkpoint, digest
from tests.trained import save

pytestmark = pytest.mark.slow

# Everything that draws random numbers: dropout (in the model of conftest.py), distortion, the order.
RANDOM = {"distort": {"shift": 1, "rotate": 8, "scale": 0.1, "shear": 3}, "clip": 0.5, "label_smoothing": 0.1}
BATCHES = 3  # of each of 3 epochs


@pytest.fixture
def file(tmp_path):
    return tmp_path / "checkpoint" / "checkpoint.safetensors"


@pytest.fixture
def cut(power_fails):
    """Runs a training that is cut off after so many batches."""
    return lambda run, pair, batches, keys=RANDOM, **others: power_fails(
        pair, batches, lambda interrupted: run(keys, pair=interrupted, **others)
    )


@pytest.mark.faults
@pytest.mark.parametrize("batches", range(3 * BATCHES))
def test_cut_off_at_any_batch(cut, run, fresh, pair, file, batches):
    expected = fresh(RANDOM)
    cut(run, pair, batches)
    assert file.exists() == (batches >= BATCHES)
    torch.manual_seed(12345)  # another process would have another state
    np.random.seed(12345)  # noqa: NPY002
    done = run(RANDOM)
    assert ("Continuing after epoch" in done.printed) == (batches >= BATCHES)
    assert done.weights == expected.weights
    assert done.history == expected.history
    assert done.trained.kept_epoch == expected.trained.kept_epoch


@pytest.mark.faults
@pytest.mark.parametrize(
    ("keys", "model"),
    [
        ({"precision": "bf16", **RANDOM}, {}),
        ({"schedule": "one-cycle", "keep": "last", "weight_decay": 0.1}, {}),
        ({"patience": 1, "schedule": "constant", "learning_rate": 0.1}, {}),
        (RANDOM, {"variant": "attention", "num_layers": 2, "bidirectional": True}),
        (RANDOM, {"cell": "gru", "readout": "mean"}),
    ],
    ids=["bf16", "one-cycle, last", "patience", "attention", "gru"],
)
def test_whatever_is_trained(cut, run, fresh, pair, keys, model):
    expected = fresh(keys, model=model)
    cut(run, pair, BATCHES + 1, keys, model=model)
    done = run(keys, model=model)
    assert (done.weights, done.history) == (expected.weights, expected.history)


@pytest.mark.faults
def test_cut_off_again_and_again(cut, run, fresh, pair):
    expected = fresh(RANDOM)
    for _ in range(2):
        cut(run, pair, BATCHES + 2)
    done = run(RANDOM)
    assert "Continuing after epoch 2 of 3" in done.printed
    assert (done.weights, done.history) == (expected.weights, expected.history)


@pytest.mark.faults
def test_cut_off_after_the_last_epoch(run):
    """The weights were not written yet, but training is over."""
    expected, again = run(RANDOM), run(RANDOM)
    assert (again.weights, again.history) == (expected.weights, expected.history)
    assert again.printed == "Continuing after epoch 3 of 3\n"
    assert again.trained.seconds == expected.trained.seconds


@pytest.mark.faults
def test_patience_that_had_run_out(run):
    keys = {"patience": 1, "epochs": 9, "schedule": "constant", "learning_rate": 1.0}
    expected = run(keys)
    assert len(expected.history) < 9
    again = run(keys)
    assert (again.weights, again.history) == (expected.weights, expected.history)


def test_seconds_of_both_parts_are_counted(cut, run, pair):
    cut(run, pair, BATCHES)
    begun = run({"epochs": 1} | RANDOM).trained  # nothing is left to do: what the first part took
    assert run(RANDOM).trained.cpu_seconds > begun.cpu_seconds > 0


@pytest.mark.faults
@pytest.mark.parametrize("damage", [b"", b"nonsense" * 9, "half", "no progress", "a flipped bit"], ids=str)
def test_a_damaged_checkpoint_is_reported_and_not_used(cut, run, fresh, pair, file, damage):
    expected = fresh(RANDOM)
    cut(run, pair, BATCHES)
    if damage == "half":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif damage == "a flipped bit":
        content = bytearray(file.read_bytes())
        content[-9] ^= 1
        file.write_bytes(content)
    elif damage == "no progress":
        save_without_progress(file)
    else:
        file.write_bytes(damage)
    done = run(RANDOM)
    assert done.printed.startswith(f"{file}: damaged; training starts anew\n")
    assert (done.weights, done.history) == (expected.weights, expected.history)


def save_without_progress(file):
    from safetensors.torch import save_file

    save_file({"model.linear.bias": torch.zeros(10)}, file)


@pytest.mark.faults
def test_a_checkpoint_half_written_is_none(power_fails, cut, run, pair, file, monkeypatch):
    """The power fails while the second checkpoint is written: the first still stands."""
    cut(run, pair, BATCHES)
    before, write = file.read_bytes(), Path.write_bytes

    def half(path, content):
        write(path, content[:99])
        raise power_fails.Failure

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(power_fails.Failure):
        run(RANDOM)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_no_pickle_inside(cut, run, pair, file):
    cut(run, pair, BATCHES)
    with safe_open(file, framework="np") as opened:
        names = set(opened.keys())
    assert b"pickle" not in file.read_bytes()
    assert {name.partition(".")[0] for name in names} == {"model", "best", "optimizer", "random"}


def test_remove(cut, run, pair, file):
    cut(run, pair, BATCHES)
    Checkpoint(file.parent).remove()
    assert not file.parent.exists()
    Checkpoint(file.parent).remove()  # nothing there is no mistake


def test_digest_names_a_training_by_what_it_is_made_of(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"code")
    other.write_bytes(b"code")
    params = {"epochs": 3, "model": {"variant": "vanilla", "size": None}}
    name = digest(0, params, one)
    assert digest(0, dict(reversed(params.items())), other) == name  # the order of keys and the place are no matter
    other.write_bytes(b"c0de")
    changed = [
        digest(1, params, one),
        digest(0, params | {"epochs": 4}, one),
        digest(0, params, other),
        digest(0, params),
    ]
    assert len({name, *changed}) == 5


def test_a_training_of_another_name_is_not_continued(cut, run, fresh, pair, tmp_path):
    cut(run, pair, BATCHES, checkpoint=tmp_path / digest(0))
    other = run(RANDOM, checkpoint=tmp_path / digest(1))
    assert "Continuing" not in other.printed
    assert other.weights == fresh(RANDOM).weights


def test_the_folder_that_is_written_is_the_same_too(cut, run, fresh, pair, tmp_path):
    from kassandra.params.sections.pipeline import pipeline_of

    cut(run, pair, BATCHES)
    section = {"input": "images", "target": "label", "source": {"path": "mine"}, "prepare": {}, "train": {}}
    params = pipeline_of("images", "label").model_validate(section | {"model": {"variant": "vanilla"}})
    for name, done in (("one", fresh(RANDOM)), ("other", run(RANDOM))):
        save(tmp_path / name, [done.trained.weights], {"classes": ["a", "b"]}, params, {"torch": "2"})
    files = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "other")]
    assert len(files[0]) == 3
    assert files[0] == files[1]


def test_a_copy_of_a_checkpoint_serves_as_well(cut, run, fresh, pair, file, tmp_path):
    cut(run, pair, BATCHES)
    shutil.copytree(file.parent, tmp_path / "copy")
    assert run(RANDOM, checkpoint=tmp_path / "copy").weights == fresh(RANDOM).weights


def test_a_training_is_named_by_what_is_in_files_of_any_size(tmp_path):
    file = tmp_path / "train.npz"
    file.write_bytes(b"x" * 3_000_000)
    parts = [hashlib.sha256(content).digest() for content in (b'{"seed": 1}', file.read_bytes())]
    assert digest({"seed": 1}, file) == hashlib.sha256(b"".join(parts)).hexdigest()[:16]
