"""Recordings in batches: every one once, nothing of padding in a score, and the same bytes after a break."""

import re
from collections import Counter

import numpy as np
import pytest
import torch
from safetensors.torch import save

from kassandra.contracts.artifacts import read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.build import build
from kassandra.params.model import ModelParams
from kassandra.params.tasks.speech import Augment, SpeechTrain
from kassandra.tasks import speech
from kassandra.tasks.speech import Split, Task
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.loop import train

pytestmark = pytest.mark.slow

AUGMENT = Augment(shift=50, speed=0.2, tempo=0.2, noise=0.1, pitch=0.2, colour=6, time_mask=50, frequency_mask=3)


@pytest.fixture(scope="module")
def speech_task(prepared_speech, cpu):
    return Task(read_json(prepared_speech / "meta.json"), cpu)


@pytest.fixture(scope="module")
def split(prepared_speech, speech_task):
    return speech_task.read(prepared_speech / "train.npz")


@pytest.fixture(scope="module")
def valid(prepared_speech, speech_task):
    return speech_task.read(prepared_speech / "valid.npz")


def model_of(task, seed=0, **params):
    torch.manual_seed(seed)
    spec = ModelSpec("many_to_one", outputs=5, features=task.features.size)
    given = {"variant": "attention", "bidirectional": True, "hidden_size": 7} | params
    return build(spec, ModelParams.model_validate(given))


def epoch(task, split, seed=0, **params):
    return list(task.train_batches(split, SpeechTrain(**params), torch.Generator().manual_seed(seed)))


def heard(batch):
    """Each row of a batch as bytes, without padding."""
    return [row[:length].numpy().tobytes() for row, length in zip(batch.inputs, batch.lengths, strict=True)]


@pytest.mark.parametrize("size", [1, 7, 32, 1000])
def test_an_epoch_has_every_recording_once_and_with_its_label(speech_task, split, size):
    batches = epoch(speech_task, split, batch_size=size)
    assert len(batches) == speech_task.steps(split, SpeechTrain(batch_size=size))
    assert max(len(batch.targets) for batch in batches) <= size
    seen = [(row, int(target)) for batch in batches for row, target in zip(heard(batch), batch.targets, strict=True)]
    alone = [
        (heard(batch)[0], int(batch.targets[0]))
        for row in range(40)
        for _, batch in speech_task.numbered_batches(_take(split, [row]))
    ]
    assert len(seen) == speech_task.size(split) == 40
    assert Counter(label for _, label in seen) == Counter(label for _, label in alone)
    if size == 1:
        assert Counter(seen) == Counter(alone)


def _take(split, rows):
    rows = np.asarray(rows)
    return Split(split.waveforms.take(rows), split.labels[rows], split.speakers[rows])


def test_lengths_that_meet_are_about_equal(speech_task, split):
    """Far less is padding than in batches of whatever comes."""
    batches = epoch(speech_task, split, batch_size=8)
    padded = sum(batch.inputs.shape[0] * batch.inputs.shape[1] for batch in batches)
    said = sum(int(batch.lengths.sum()) for batch in batches)
    assert padded < 1.25 * said
    assert padded < 0.9 * len(split.labels) * max(int(batch.lengths.max()) for batch in batches)


def test_the_generator_decides(speech_task, split):
    how = {"batch_size": 8, "augment": AUGMENT}
    one, again, other = (epoch(speech_task, split, seed, **how) for seed in (0, 0, 1))
    assert [heard(batch) for batch in one] == [heard(batch) for batch in again]
    assert [heard(batch) for batch in one] != [heard(batch) for batch in other]


def test_which_recordings_meet_changes(speech_task, split):
    one, other = (epoch(speech_task, split, seed, batch_size=8) for seed in (0, 1))
    assert {frozenset(heard(batch)) for batch in one} != {frozenset(heard(batch)) for batch in other}


def test_only_train_is_augmented(speech_task, split, monkeypatch):
    (_, plain), *_ = speech_task.numbered_batches(split)
    epoch(speech_task, split, augment=AUGMENT)
    (_, again), *_ = speech_task.numbered_batches(split)
    assert torch.equal(plain.inputs, again.inputs)
    calls = []
    monkeypatch.setattr(speech, "augmented", lambda *args: calls.append(args) or speech_task.features(args[0]))
    epoch(speech_task, split, batch_size=10)
    assert not calls
    epoch(speech_task, split, batch_size=10, augment=AUGMENT)
    assert len(calls) == 4


def test_scores_do_not_depend_on_the_batches(speech_task, split, monkeypatch):
    model = model_of(speech_task).eval()
    with torch.no_grad():
        together = speech_task.scores(model, split)
        monkeypatch.setattr(speech, "EVALUATION_BATCH", 3)
        apart = speech_task.scores(model, split)
    assert together == pytest.approx(apart, rel=1e-5)
    rows = np.concatenate([rows for rows, _ in speech_task.numbered_batches(split)])
    assert sorted(rows) == list(range(40))


def test_own_input(speech_task, split):
    row = split.waveforms.flat[: split.waveforms.offsets[1]]
    for given in (row, [row, row], [row.astype(np.float64)], [(row * 2**15).astype(np.int16)]):
        own = speech_task.own_input(given)
        (_, batch), *_ = speech_task.numbered_batches(own)
        (_, expected), *_ = speech_task.numbered_batches(_take(split, [0]))
        assert len(own.labels) == (2 if isinstance(given, list) and len(given) == 2 else 1)
        torch.testing.assert_close(batch.inputs[:1], expected.inputs, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ([np.zeros((2, 800))], "recording 1: expected an array (samples,) of numbers at 8000 Hz, got float64 (2, 800)"),
        ([np.ones(800), np.array(["a"])], "recording 1: silent from beginning to end"),
        (["seven.wav"], "recording 1: expected an array (samples,) of numbers at 8000 Hz, got <U9 ()"),
        (np.array([]), "recording 1: holds no sound; its length is 0"),
        ([np.arange(199)], "recording 1: too short, 24.88 ms"),
    ],
    ids=["channels", "silent", "name", "empty", "short"],
)
def test_own_input_that_is_none(speech_task, given, text):
    with pytest.raises(KassandraError, match=f"^{re.escape(text)}"):
        speech_task.own_input(given)


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 1])
def test_killed_and_continued_gives_the_same_bytes(speech_task, split, valid, power_fails, tmp_path, after):
    params = SpeechTrain(epochs=2, batch_size=16, learning_rate=0.01, augment=AUGMENT)
    steps = speech_task.steps(split, params)

    def run(task, name):
        return train(model_of(speech_task, dropout=0.3), task, split, valid, params, 0, Checkpoint(tmp_path / name))

    expected = run(speech_task, "whole")
    power_fails(speech_task, steps * after + 1, lambda task: run(task, "cut"))
    torch.manual_seed(12345)  # another process would have another state
    done = run(speech_task, "cut")
    assert save(done.weights) == save(expected.weights)
    assert done.history == expected.history


@pytest.mark.slow
def test_ten_recordings_can_be_learned_by_heart(speech_task, split, tmp_path):
    few = _take(split, np.concatenate([np.flatnonzero(split.labels == label)[:2] for label in range(5)]))
    params = SpeechTrain(epochs=60, batch_size=5, learning_rate=0.02, keep="last", schedule="constant")
    done = train(model_of(speech_task, hidden_size=13), speech_task, few, few, params, 0, Checkpoint(tmp_path))
    assert done.history[0]["train_loss"] == pytest.approx(np.log(5), abs=0.3)
    assert done.history[-1]["valid_loss"] < 0.02
    assert done.history[-1]["valid_accuracy"] == 1
