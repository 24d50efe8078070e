"""Pairs in batches: every pair once, nothing of padding in a score, and the same bytes after a break."""

from collections import Counter

import numpy as np
import pytest
import torch
from kassandra.params.tasks.translation import TranslationTrain
from kassandra.tasks.translation import Split, Task, bleu
from safetensors.torch import save

from kassandra.contracts.artifacts import read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import BOS, EOS, PAD, ModelSpec
from kassandra.lstm.build import build
from kassandra.params.model import TranslatorParams
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.loop import train


@pytest.fixture(scope="module")
def pairs_task(prepared_tatoeba, cpu):
    return Task(read_json(prepared_tatoeba / "meta.json"), cpu)


@pytest.fixture(scope="module")
def split(prepared_tatoeba, pairs_task):
    return pairs_task.read(prepared_tatoeba / "train.npz")


@pytest.fixture(scope="module")
def valid(prepared_tatoeba, pairs_task):
    return pairs_task.read(prepared_tatoeba / "valid.npz")


def rows_of(ragged):
    return [tuple(ragged.flat[a:b].tolist()) for a, b in zip(ragged.offsets[:-1], ragged.offsets[1:], strict=True)]


def model_of(task, meta, **keys):
    torch.manual_seed(0)
    params = {"variant": "bidirectional", "hidden_size": 5, "embedding_size": 5, "decoder": {"attention": "general"}}
    return build(ModelSpec(**meta["spec"]), TranslatorParams.model_validate(params | keys))


@pytest.fixture(scope="module")
def meta(prepared_tatoeba):
    return read_json(prepared_tatoeba / "meta.json")


def epoch(task, split, params, seed=0):
    return list(task.train_batches(split, params, torch.Generator().manual_seed(seed)))


@pytest.mark.parametrize("batch_tokens", [1, 60, 500, 100_000])
def test_an_epoch_holds_every_pair_once_each_side_with_its_end(pairs_task, split, batch_tokens):
    params = TranslationTrain(batch_tokens=batch_tokens)
    expected = Counter(zip(rows_of(split.source), rows_of(split.target), strict=True))
    for seed in range(2):
        found, batches = Counter(), epoch(pairs_task, split, params, seed)
        assert len(batches) == pairs_task.steps(split, params)
        for batch in batches:
            assert max(batch.inputs.numel(), batch.targets.numel()) <= batch_tokens or len(batch.inputs) == 1
            assert batch.inputs.shape[1] == int(batch.lengths.max())
            for source, length, target in zip(*batch, strict=True):
                assert (source[length:] == PAD).all()
                *read, end = source[:length].tolist()
                *told, target_end = target[target != PAD].tolist()
                assert end == target_end == EOS
                found[tuple(read), tuple(told)] += 1
        assert found == expected


def test_the_generator_decides_the_batches(pairs_task, split):
    params = TranslationTrain(batch_tokens=200)
    one, same, other = (
        [batch.inputs.tolist() for batch in epoch(pairs_task, split, params, seed)] for seed in (0, 0, 1)
    )
    assert one == same != other


def test_what_is_counted_are_the_tokens_that_are_told(pairs_task, split, meta):
    model = model_of(pairs_task, meta)
    counts = [
        pairs_task.loss(model, batch, TranslationTrain())[1] for batch in epoch(pairs_task, split, TranslationTrain())
    ]
    assert sum(counts) == pairs_task.size(split) == len(split.target.flat) + len(split.references)


def test_loss_is_a_sum_and_smoothing_is_of_training(pairs_task, split, meta):
    model, batch = model_of(pairs_task, meta), epoch(pairs_task, split, TranslationTrain())[0]
    total, count = pairs_task.loss(model, batch, TranslationTrain(label_smoothing=0.0))
    losses = model.losses(*batch)
    assert count == len(losses)
    torch.testing.assert_close(total, losses.sum())
    smooth, _ = pairs_task.loss(model, batch, TranslationTrain(label_smoothing=0.3))
    torch.testing.assert_close(smooth, model.losses(*batch, 0.3).sum())


def test_scores_are_of_all_tokens_and_of_what_is_written_freely_whatever_the_batches(
    pairs_task, valid, meta, monkeypatch
):
    """PITFALLS 8, 9 and 15."""
    model = model_of(pairs_task, meta).eval()
    found = []
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4)  # so that losses differ from token to token
        for at_once in (1, 100, 9999):
            monkeypatch.setattr(Task.numbered_batches, "__defaults__", (at_once,))
            found.append(pairs_task.scores(model, valid))
        losses, written = [], []
        for source, target in zip(rows_of(valid.source), rows_of(valid.target), strict=True):
            ids = torch.tensor([[*source, EOS]])
            losses += model.losses(ids, None, torch.tensor([[*target, EOS]])).tolist()
            token, state, said = torch.tensor([BOS]), model.read(ids, None), []
            while len(said) < 2 * ids.shape[1] + 10 and EOS not in said:
                log_probabilities, standing, _ = model.next(state, token)
                token, state = log_probabilities.argmax(1), state._replace(standing=standing)
                said.append(int(token))
            written.append(pairs_task.text(said))
    for scores in found:
        assert scores["loss"] == pytest.approx(np.mean(losses), rel=1e-5)
        assert scores["bleu"] == pytest.approx(bleu(written, valid.references, lowercase=False))


def test_bleu_takes_as_many_references_as_there_are():
    references = [["the cat sat on the mat", "a cat was sitting there"], ["it rains again today"]]
    assert bleu(["the cat sat on the mat", "it rains again today"], references, False) == pytest.approx(100)
    assert bleu(["a cat was sitting there", "it rains again today"], references, False) == pytest.approx(100)
    assert bleu(["The cat sat on the mat", "It rains again today"], references, False) < 80
    assert bleu(["The cat sat on the mat", "It rains again today"], references, True) == pytest.approx(100)
    assert bleu(["我们今天去公园"], [["我们今天去公园玩"]], False) == 0  # one word, and not the right one
    assert bleu(["我们今天去公园"], [["我们今天去公园玩"]], False, "zh") > 80


def test_bleu_counts_what_are_words_in_the_target_language(prepared_tatoeba, meta, cpu, valid):
    found = {}
    for language in ("fr", "ja"):
        task = Task(meta | {"languages": {"source": "en", "target": language}}, cpu)
        task.text = lambda ids: "Tom est ici."  # whatever was written
        found[language] = task.scores(model_of(task, meta).eval(), valid)["bleu"]
    said = ["Tom est ici."] * len(valid.references)
    assert found["fr"] == pytest.approx(bleu(said, valid.references, False, "13a"))
    assert found["ja"] == pytest.approx(bleu(said, valid.references, False, "char"))
    assert found["fr"] != found["ja"]


def test_texts_and_pieces_are_of_the_same_ids(pairs_task, valid):
    texts = [each[0] for each in valid.references]
    for text, ids in zip(texts, rows_of(valid.target), strict=True):
        assert pairs_task.text(ids) == " ".join(text.split()) or "<unk>" in pairs_task.target_pieces(ids)
        assert pairs_task.target_pieces([*ids, EOS])[-1] == "</s>"
    for text, ids in zip(valid.sources, rows_of(valid.source), strict=True):
        pieces = "".join(pairs_task.source_pieces(ids))
        assert pieces.replace("▁", " ").split() == text.split() or "<unk>" in pieces


def test_sentences_of_ones_own(pairs_task, valid):
    own = pairs_task.own_input(valid.sources)
    assert rows_of(own.source) == rows_of(valid.source)
    assert pairs_task.own_input([]).source.lengths.tolist() == []
    for bad, text in (([""], r"text 1: expected some words, got ''"), (["fine", 3], r"text 2: .*, got 3")):
        with pytest.raises(KassandraError, match=f"^{text}$"):
            pairs_task.own_input(bad)


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 2])
def test_cut_off_and_continued_it_ends_with_the_same_bytes(
    pairs_task, split, valid, meta, tmp_path, after, power_fails
):
    params = TranslationTrain(epochs=3, batch_tokens=400, learning_rate=0.01, keep="last")
    steps = pairs_task.steps(split, params)
    dropout = {"dropout": 0.3, "embedding_dropout": 0.2, "word_dropout": 0.1, "weight_dropout": 0.2}

    def run(task, name):
        model = model_of(pairs_task, meta, **dropout)
        return train(model, task, split, valid, params, 0, Checkpoint(tmp_path / name))

    expected = run(pairs_task, "whole")
    power_fails(pairs_task, steps * after + 1, lambda task: run(task, "cut"))
    torch.manual_seed(12345)  # another process would have another state
    done = run(pairs_task, "cut")
    assert save(done.weights) == save(expected.weights)
    assert done.history == expected.history
    assert {"valid_loss", "valid_bleu"} <= set(done.history[0])


@pytest.mark.slow
def test_eight_pairs_can_be_learned_by_heart_and_are_then_translated(pairs_task, split, meta, tmp_path):
    """PITFALLS 5: by the loop itself."""
    few = np.arange(0, 240, 30)
    first = np.arange(9)
    eight = Split(*(side.take(few) for side in split[:4]), first)
    params = TranslationTrain(
        epochs=160, batch_tokens=400, learning_rate=0.01, keep="last", schedule="constant", label_smoothing=0.0
    )
    model = model_of(
        pairs_task, meta, hidden_size=32, embedding_size=32, decoder={"attention": "general", "input_feeding": False}
    )
    done = train(model, pairs_task, eight, eight, params, 0, Checkpoint(tmp_path))
    assert done.history[0]["train_loss"] == pytest.approx(np.log(meta["spec"]["outputs"]), rel=0.1)
    assert done.history[-1]["valid_loss"] < 0.02
    assert done.history[-1]["valid_bleu"] == pytest.approx(100)
