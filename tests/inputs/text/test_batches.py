"""Reviews in batches: every text once, nothing of padding in a score, and the same bytes after a break."""

from collections import Counter

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import nn

from kassandra.contracts.artifacts import read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import PAD, UNK, ModelSpec
from kassandra.params.inputs.text import ExamplesModel
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.label.train.target import build
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.pair import Pair, Split
from tests.trained import train

Train = pipeline_of("text", "label").model_fields["train"].annotation


@pytest.fixture(scope="module")
def pair(prepared_books, cpu):
    return Pair.of("text", "label", read_json(prepared_books / "meta.json"), cpu)


@pytest.fixture(scope="module")
def split(prepared_books, pair):
    return pair.read(prepared_books / "train.npz")


def test_every_early_batch_holds_every_class(prepared_books, pair):
    """PITFALLS 12: the order of the file, all negative first, is not that of training."""
    split = pair.read(prepared_books / "train.npz")
    batches = pair.train_batches(split, Train(batch_tokens=400), torch.Generator().manual_seed(0))
    for batch in list(batches)[:4]:
        assert batch.targets.unique().tolist() == [0, 1]


def epoch(pair, split, params, seed=0):
    return list(pair.train_batches(split, params, torch.Generator().manual_seed(seed)))


def texts_in(batch):
    return [(*row[:length].tolist(), int(label)) for row, length, label in zip(*batch[:3], strict=True)]


@pytest.mark.parametrize("batch_tokens", [1, 50, 400, 100_000])
def test_an_epoch_holds_every_text_once(pair, split, batch_tokens):
    params = Train(batch_tokens=batch_tokens)
    expected = Counter(
        (*split.inputs.flat[a:b].tolist(), int(label))
        for a, b, label in zip(split.inputs.offsets[:-1], split.inputs.offsets[1:], split.targets, strict=True)
    )
    for seed in range(3):
        batches = epoch(pair, split, params, seed)
        assert len(batches) == pair.steps(split, params)
        assert Counter(text for batch in batches for text in texts_in(batch)) == expected
        for batch in batches:
            assert batch.inputs.shape == (len(batch.targets), int(batch.lengths.max()))
            assert batch.inputs.numel() <= batch_tokens or len(batch.targets) == 1
    assert pair.size(split) == len(split.targets) == 85


def test_the_generator_decides_the_batches(pair, split):
    params = Train(batch_tokens=400)
    one, same, other = ([batch.inputs.tolist() for batch in epoch(pair, split, params, seed)] for seed in (0, 0, 1))
    assert one == same != other
    generator = torch.Generator().manual_seed(0)
    epochs = [[batch.inputs.tolist() for batch in pair.train_batches(split, params, generator)] for _ in range(2)]
    assert epochs[0] == one != epochs[1]


def model_of(pair, **keys):
    torch.manual_seed(0)
    params = ExamplesModel.model_validate({"variant": "vanilla", "hidden_size": 5, "embedding_size": 5, **keys})
    return build(ModelSpec(2, vocab_size=pair.sequences.tokenizer.get_vocab_size()), params)


def test_scores_are_means_over_texts_whatever_the_batches(pair, split, monkeypatch):
    """PITFALLS 8 and 9."""
    model = model_of(pair).eval()
    with torch.no_grad():
        model.linear.weight.mul_(20)  # so that losses differ from text to text
        found = [pair.scores(model, split)]
        for at_once in (1, 100, 999):
            monkeypatch.setattr(pair.sequences, "at_once", at_once)
            numbers = np.concatenate([rows for rows, _ in pair.numbered_batches(split)])
            assert sorted(numbers) == list(range(85))
            found.append(pair.scores(model, split))
        losses, right = [], []
        for a, b, label in zip(split.inputs.offsets[:-1], split.inputs.offsets[1:], split.targets, strict=True):
            logits = model(torch.from_numpy(split.inputs.flat[a:b].astype(np.int64)).unsqueeze(0), None)[0]
            losses.append(-logits.log_softmax(0)[label].item())
            right.append(int(logits.argmax()) == label)
    for scores in found:
        assert scores["loss"] == pytest.approx(np.mean(losses), rel=1e-5)
        assert scores["accuracy"] == pytest.approx(np.mean(right))


def test_numbered_batches_are_the_rows_they_say(pair, split):
    for numbers, batch in pair.numbered_batches(split, 200):
        assert batch.targets.tolist() == split.targets[numbers].tolist()
        for row, number in enumerate(numbers):
            own = split.inputs.flat[split.inputs.offsets[number] : split.inputs.offsets[number + 1]]
            assert batch.inputs[row, : batch.lengths[row]].tolist() == own.tolist()


def test_loss_is_a_sum_and_smoothing_is_of_training(pair, split):
    model, batch = model_of(pair), epoch(pair, split, Train(batch_tokens=400))[0]
    total, count, _ = pair.loss(model, batch, Train())
    logits = model(batch.inputs, batch.lengths)
    assert count == len(batch.targets)
    torch.testing.assert_close(total, nn.functional.cross_entropy(logits, batch.targets, reduction="sum"))
    smooth, _, _ = pair.loss(model, batch, Train(label_smoothing=0.3))
    uniform = -logits.log_softmax(1).mean(1).sum()
    torch.testing.assert_close(smooth, 0.7 * total + 0.3 * uniform)


def test_texts_of_a_user(pair):
    own = pair.own(["A good book!", "zzzz", "word " * 99]).inputs
    assert own.lengths.tolist() == [4, 1, 40]
    assert own.flat[4] == UNK
    assert pair.own("A good book!").inputs.flat.tolist() == own.flat[:4].tolist()
    for bad, text in (([""], r"text 1: expected some words, got ''"), (["fine", 3], r"text 2: .*, got 3")):
        with pytest.raises(KassandraError, match=f"^{text}$"):
            pair.own(bad)


def test_pieces_are_those_of_what_is_read(pair):
    text = " ".join(f"good, {number}" for number in range(40))
    pieces, token_of = pair.sequences.pieces(text)
    assert "".join(pieces) == text
    numbers = [number for number in token_of if number is not None]
    assert numbers == list(range(40))
    assert pieces[token_of.index(39)] == "39"  # keep: ends


def test_a_damaged_tokenizer(pair, prepared_books, cpu):
    with pytest.raises(KassandraError, match=r"^the tokenizer in meta.json is damaged \("):
        Pair.of("text", "label", read_json(prepared_books / "meta.json") | {"tokenizer": "{}"}, cpu)


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 1, 2])
def test_cut_off_and_continued_it_ends_with_the_same_bytes(pair, split, prepared_books, tmp_path, after, power_fails):
    params = Train(epochs=3, batch_tokens=400, learning_rate=0.01, keep="last")
    valid, steps = pair.read(prepared_books / "valid.npz"), pair.steps(split, params)
    dropout = {"dropout": 0.3, "embedding_dropout": 0.2, "word_dropout": 0.1, "weight_dropout": 0.2}

    def run(given, name):
        model = model_of(pair, **dropout)
        return train(model, given, split, valid, params, 0, Checkpoint(tmp_path / name))

    expected = run(pair, "whole")
    power_fails(pair, steps * after + 1, lambda cut: run(cut, "cut"))
    torch.manual_seed(12345)  # another process would have another state
    done = run(pair, "cut")
    assert save(done.weights) == save(expected.weights)
    assert done.history == expected.history


@pytest.mark.slow
def test_eight_reviews_can_be_learned_by_heart(pair, split, tmp_path):
    """PITFALLS 5: by the loop itself; the vector of padding stays zero (PITFALLS 16)."""
    few = np.concatenate([np.flatnonzero(split.targets == label)[:4] for label in (0, 1)])
    eight = Split(split.inputs.take(few), split.targets[few])
    params = Train(epochs=60, batch_tokens=200, learning_rate=0.02, keep="last", schedule="constant")
    model = model_of(pair, hidden_size=13)
    done = train(model, pair, eight, eight, params, 0, Checkpoint(tmp_path))
    assert done.history[0]["train_loss"] == pytest.approx(np.log(2), abs=0.1)
    assert done.history[-1]["valid_loss"] < 0.01
    assert done.history[-1]["valid_accuracy"] == 1
    assert done.weights["embedding.table.weight"][PAD].eq(0).all()
