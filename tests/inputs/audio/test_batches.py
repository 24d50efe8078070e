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
from kassandra.inputs.audio.train import examples
from kassandra.params.inputs.audio import Augment
from kassandra.params.sections.model import Model
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.label.train.target import build
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.pair import Pair, Split
from tests.trained import train

pytestmark = pytest.mark.slow
Train = pipeline_of("audio", "label").model_fields["train"].annotation

AUGMENT = Augment(shift=50, speed=0.2, tempo=0.2, noise=0.1, pitch=0.2, colour=6, time_mask=50, frequency_mask=3)


@pytest.fixture(scope="module")
def pair(prepared_speech, cpu):
    return Pair.of("audio", "label", read_json(prepared_speech / "meta.json"), cpu)


@pytest.fixture(scope="module")
def split(prepared_speech, pair):
    return pair.read(prepared_speech / "train.npz")


@pytest.fixture(scope="module")
def valid(prepared_speech, pair):
    return pair.read(prepared_speech / "valid.npz")


def model_of(pair, seed=0, **params):
    torch.manual_seed(seed)
    spec = ModelSpec(outputs=5, features=pair.sequences.features.size)
    given = {"variant": "attention", "bidirectional": True, "hidden_size": 7} | params
    return build(spec, Model.model_validate(given))


def epoch(pair, split, seed=0, **params):
    return list(pair.train_batches(split, Train(**params), torch.Generator().manual_seed(seed)))


def heard(batch):
    """Each row of a batch as bytes, without padding."""
    return [row[:length].numpy().tobytes() for row, length in zip(batch.inputs, batch.lengths, strict=True)]


@pytest.mark.parametrize("size", [1, 7, 32, 1000])
def test_an_epoch_has_every_recording_once_and_with_its_label(pair, split, size):
    batches = epoch(pair, split, batch_size=size)
    assert len(batches) == pair.steps(split, Train(batch_size=size))
    assert max(len(batch.targets) for batch in batches) <= size
    seen = [(row, int(target)) for batch in batches for row, target in zip(heard(batch), batch.targets, strict=True)]
    alone = [
        (heard(batch)[0], int(batch.targets[0]))
        for row in range(40)
        for _, batch in pair.numbered_batches(_take(split, [row]))
    ]
    assert len(seen) == pair.size(split) == 40
    assert Counter(label for _, label in seen) == Counter(label for _, label in alone)
    if size == 1:
        assert Counter(seen) == Counter(alone)


def _take(split, rows):
    rows = np.asarray(rows)
    return Split(split.inputs.take(rows), split.targets[rows])


def test_lengths_that_meet_are_about_equal(pair, split):
    """Far less is padding than in batches of whatever comes."""
    batches = epoch(pair, split, batch_size=8)
    padded = sum(batch.inputs.shape[0] * batch.inputs.shape[1] for batch in batches)
    printed = sum(int(batch.lengths.sum()) for batch in batches)
    assert padded < 1.25 * printed
    assert padded < 0.9 * len(split.targets) * max(int(batch.lengths.max()) for batch in batches)


def test_the_generator_decides(pair, split):
    how = {"batch_size": 8, "augment": AUGMENT}
    one, again, other = (epoch(pair, split, seed, **how) for seed in (0, 0, 1))
    assert [heard(batch) for batch in one] == [heard(batch) for batch in again]
    assert [heard(batch) for batch in one] != [heard(batch) for batch in other]


def test_which_recordings_meet_changes(pair, split):
    one, other = (epoch(pair, split, seed, batch_size=8) for seed in (0, 1))
    assert {frozenset(heard(batch)) for batch in one} != {frozenset(heard(batch)) for batch in other}


def test_only_train_is_augmented(pair, split, monkeypatch):
    (_, plain), *_ = pair.numbered_batches(split)
    epoch(pair, split, augment=AUGMENT)
    (_, again), *_ = pair.numbered_batches(split)
    assert torch.equal(plain.inputs, again.inputs)
    calls = []
    monkeypatch.setattr(examples, "augmented", lambda *args: calls.append(args) or pair.sequences.features(args[0]))
    epoch(pair, split, batch_size=10)
    assert not calls
    epoch(pair, split, batch_size=10, augment=AUGMENT)
    assert len(calls) == 4


def test_scores_do_not_depend_on_the_batches(pair, split, monkeypatch):
    model = model_of(pair).eval()
    with torch.no_grad():
        together = pair.scores(model, split)
        monkeypatch.setattr(examples, "EVALUATION_BATCH", 3)
        apart = pair.scores(model, split)
    assert together == pytest.approx(apart, rel=1e-5)
    rows = np.concatenate([rows for rows, _ in pair.numbered_batches(split)])
    assert sorted(rows) == list(range(40))


@pytest.mark.parametrize("most", [1, 20_000, 1 << 30])
def test_batches_of_evaluation_hold_so_many_samples_at_most(pair, split, most, monkeypatch):
    monkeypatch.setattr(examples, "EVALUATION_SAMPLES", most)
    each = [rows for rows, _ in pair.numbered_batches(split)]
    lengths = split.inputs.lengths
    assert all(len(rows) == 1 or len(rows) * lengths[rows].max() <= most for rows in each)
    assert sorted(np.concatenate(each)) == list(range(40))
    assert (len(each) == 40) == (most == 1)
    assert (len(each) == 1) == (most == 1 << 30)


def test_own_input(pair, split):
    row = split.inputs.flat[: split.inputs.offsets[1]]
    for given in (row, [row, row], [row.astype(np.float64)], [(row * 2**15).astype(np.int16)]):
        own = pair.own(given)
        (_, batch), *_ = pair.numbered_batches(own)
        (_, expected), *_ = pair.numbered_batches(_take(split, [0]))
        assert len(own.targets) == (2 if isinstance(given, list) and len(given) == 2 else 1)
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
def test_own_input_that_is_none(pair, given, text):
    with pytest.raises(KassandraError, match=f"^{re.escape(text)}"):
        pair.own(given)


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 1])
def test_killed_and_continued_gives_the_same_bytes(pair, split, valid, power_fails, tmp_path, after):
    params = Train(epochs=2, batch_size=16, learning_rate=0.01, augment=AUGMENT)
    steps = pair.steps(split, params)

    def run(given, name):
        return train(model_of(pair, dropout=0.3), given, split, valid, params, 0, Checkpoint(tmp_path / name))

    expected = run(pair, "whole")
    power_fails(pair, steps * after + 1, lambda cut: run(cut, "cut"))
    torch.manual_seed(12345)  # another process would have another state
    done = run(pair, "cut")
    assert save(done.weights) == save(expected.weights)
    assert done.history == expected.history


@pytest.mark.slow
def test_ten_recordings_can_be_learned_by_heart(pair, split, tmp_path):
    few = _take(split, np.concatenate([np.flatnonzero(split.targets == label)[:2] for label in range(5)]))
    params = Train(epochs=60, batch_size=5, learning_rate=0.02, keep="last", schedule="constant")
    done = train(model_of(pair, hidden_size=13), pair, few, few, params, 0, Checkpoint(tmp_path))
    assert done.history[0]["train_loss"] == pytest.approx(np.log(5), abs=0.3)
    assert done.history[-1]["valid_loss"] < 0.02
    assert done.history[-1]["valid_accuracy"] == 1
