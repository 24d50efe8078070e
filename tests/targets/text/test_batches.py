"""Pairs in batches: every pair once, nothing of padding in a score, and the same bytes after a break."""

from collections import Counter

import numpy as np
import pytest
import torch
from safetensors.torch import save

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import BOS, EOS, PAD, ModelSpec
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.params.targets.text import Model
from kassandra.targets.text.train.target import Texts, bleu, build
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.pair import Pair, Split
from tests.trained import train

Train = pipeline_of("text", "text").model_fields["train"].annotation


@pytest.fixture(scope="module")
def pair(prepared_tatoeba, cpu):
    return Pair.of("text", "text", read_json(prepared_tatoeba / "meta.json"), cpu)


@pytest.fixture(scope="module")
def split(prepared_tatoeba, pair):
    return pair.read(prepared_tatoeba / "train.npz")


@pytest.fixture(scope="module")
def valid(prepared_tatoeba, pair):
    return pair.read(prepared_tatoeba / "valid.npz")


@pytest.fixture(scope="module")
def sources(prepared_tatoeba):
    """Of valid, in words."""
    arrays = read_arrays(prepared_tatoeba / "valid.npz")
    return Ragged(arrays["source_text"], arrays["source_text_offsets"]).texts()


def rows_of(ragged):
    return [tuple(ragged.flat[a:b].tolist()) for a, b in zip(ragged.offsets[:-1], ragged.offsets[1:], strict=True)]


def model_of(pair, meta, **keys):
    torch.manual_seed(0)
    params = {"variant": "bidirectional", "hidden_size": 5, "embedding_size": 5, "decoder": {"attention": "general"}}
    return build(ModelSpec(**meta["spec"]), Model.model_validate(params | keys))


@pytest.fixture(scope="module")
def meta(prepared_tatoeba):
    return read_json(prepared_tatoeba / "meta.json")


def epoch(pair, split, params, seed=0):
    return list(pair.train_batches(split, params, torch.Generator().manual_seed(seed)))


@pytest.mark.parametrize("batch_tokens", [1, 60, 500, 100_000])
@pytest.mark.slow
def test_an_epoch_holds_every_pair_once_each_side_with_its_end(pair, split, batch_tokens):
    params = Train(batch_tokens=batch_tokens)
    expected = Counter(zip(rows_of(split.inputs), rows_of(split.targets.ids), strict=True))
    for seed in range(2):
        got, batches = Counter(), epoch(pair, split, params, seed)
        assert len(batches) == pair.steps(split, params)
        for batch in batches:
            assert max(batch.inputs.numel(), batch.targets.numel()) <= batch_tokens or len(batch.inputs) == 1
            assert batch.inputs.shape[1] == int(batch.lengths.max())
            for source, length, target in zip(*batch[:3], strict=True):
                assert (source[length:] == PAD).all()
                *read, end = source[:length].tolist()
                *written, target_end = target[target != PAD].tolist()
                assert end == target_end == EOS
                got[tuple(read), tuple(written)] += 1
        assert got == expected


def test_the_generator_decides_the_batches(pair, split):
    params = Train(batch_tokens=200)
    one, same, other = ([batch.inputs.tolist() for batch in epoch(pair, split, params, seed)] for seed in (0, 0, 1))
    assert one == same != other


def test_what_is_counted_are_the_target_tokens(pair, split, meta):
    model = model_of(pair, meta)
    counts = [pair.loss(model, batch, Train())[1] for batch in epoch(pair, split, Train())]
    assert sum(counts) == pair.size(split) == len(split.targets.ids.flat) + len(split.targets.references)


def test_loss_is_a_sum_and_smoothing_is_of_training(pair, split, meta):
    model, batch = model_of(pair, meta), epoch(pair, split, Train())[0]
    total, count, _ = pair.loss(model, batch, Train(label_smoothing=0.0))
    losses = model.losses(*batch[:3])
    assert count == len(losses)
    torch.testing.assert_close(total, losses.sum())
    smooth, _, _ = pair.loss(model, batch, Train(label_smoothing=0.3))
    torch.testing.assert_close(smooth, model.losses(*batch[:3], 0.3).sum())


@pytest.mark.slow
def test_scores_are_of_all_tokens_and_of_what_is_written_freely_whatever_the_batches(pair, valid, meta, monkeypatch):
    """PITFALLS 8, 9 and 15."""
    model = model_of(pair, meta).eval()
    got = []
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4)  # so that losses differ from token to token
        for at_once in (1, 100, 9999):
            monkeypatch.setattr(pair.sequences, "at_once", at_once)
            got.append(pair.scores(model, valid))
        losses, written = [], []
        for source, target in zip(rows_of(valid.inputs), rows_of(valid.targets.ids), strict=True):
            ids = torch.tensor([[*source, EOS]])
            losses += model.losses(ids, None, torch.tensor([[*target, EOS]])).tolist()
            token, state, output = torch.tensor([BOS]), model.read(ids, None), []
            while len(output) < 2 * ids.shape[1] + 10 and EOS not in output:
                log_probabilities, standing, _ = model.next(state, token)
                token, state = log_probabilities.argmax(1), state._replace(standing=standing)
                output.append(int(token))
            written.append(pair.target.text(output))
    for scores in got:
        assert scores["loss"] == pytest.approx(np.mean(losses), rel=1e-5)
        assert scores["bleu"] == pytest.approx(bleu(written, valid.targets.references, lowercase=False))


def test_bleu_takes_as_many_references_as_there_are():
    references = [["the cat sat on the mat", "a cat was sitting there"], ["it rains again today"]]
    assert bleu(["the cat sat on the mat", "it rains again today"], references, False) == pytest.approx(100)
    assert bleu(["a cat was sitting there", "it rains again today"], references, False) == pytest.approx(100)
    assert bleu(["The cat sat on the mat", "It rains again today"], references, False) < 80
    assert bleu(["The cat sat on the mat", "It rains again today"], references, True) == pytest.approx(100)
    assert bleu(["我们今天去公园"], [["我们今天去公园玩"]], False) == 0  # one word, and not the right one
    assert bleu(["我们今天去公园"], [["我们今天去公园玩"]], False, "zh") > 80


def test_bleu_counts_what_are_words_in_the_target_language(prepared_tatoeba, meta, cpu, valid):
    got = {}
    for language in ("fr", "ja"):
        pair = Pair.of("text", "text", meta | {"languages": {"source": "en", "target": language}}, cpu)
        pair.target.text = lambda ids: "Tom est ici."  # whatever was written
        got[language] = pair.scores(model_of(pair, meta).eval(), valid)["bleu"]
    output = ["Tom est ici."] * len(valid.targets.references)
    assert got["fr"] == pytest.approx(bleu(output, valid.targets.references, False, "13a"))
    assert got["ja"] == pytest.approx(bleu(output, valid.targets.references, False, "char"))
    assert got["fr"] != got["ja"]


def test_texts_and_pieces_are_of_the_same_ids(pair, valid, sources):
    texts = [each[0] for each in valid.targets.references]
    for text, ids in zip(texts, rows_of(valid.targets.ids), strict=True):
        assert pair.target.text(ids) == " ".join(text.split()) or "<unk>" in pair.target.pieces(ids)
        assert pair.target.pieces([*ids, EOS])[-1] == "</s>"
    for text, ids in zip(sources, rows_of(valid.inputs), strict=True):
        pieces = "".join(pair.sequences.pieces(ids))
        assert pieces.replace("▁", " ").split() == text.split() or "<unk>" in pieces


def test_sentences_of_a_user(pair, valid, sources):
    own = pair.own(sources)
    assert rows_of(own.inputs) == rows_of(valid.inputs)
    assert pair.own([]).inputs.lengths.tolist() == []
    for bad, text in (([""], r"text 1: expected some words, got ''"), (["fine", 3], r"text 2: .*, got 3")):
        with pytest.raises(KassandraError, match=f"^{text}$"):
            pair.own(bad)


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 2])
def test_cut_off_and_continued_it_ends_with_the_same_bytes(pair, split, valid, meta, tmp_path, after, power_fails):
    params = Train(epochs=3, batch_tokens=400, learning_rate=0.01, keep="last")
    steps = pair.steps(split, params)
    dropout = {"dropout": 0.3, "embedding_dropout": 0.2, "word_dropout": 0.1, "weight_dropout": 0.2}

    def run(given, name):
        model = model_of(pair, meta, **dropout)
        return train(model, given, split, valid, params, 0, Checkpoint(tmp_path / name))

    expected = run(pair, "whole")
    power_fails(pair, steps * after + 1, lambda cut: run(cut, "cut"))
    torch.manual_seed(12345)  # another process would have another state
    done = run(pair, "cut")
    assert save(done.weights) == save(expected.weights)
    assert done.history == expected.history
    assert {"valid_loss", "valid_bleu"} <= set(done.history[0])


@pytest.mark.slow
def test_eight_pairs_can_be_learned_by_heart_and_are_then_translated(pair, split, meta, tmp_path):
    """PITFALLS 5: by the loop itself."""
    few = np.arange(0, 240, 30)
    first = np.arange(9)
    targets = Texts(split.targets.ids.take(few), split.targets.texts.take(few), first)
    eight = Split(split.inputs.take(few), targets)
    params = Train(
        epochs=160, batch_tokens=400, learning_rate=0.01, keep="last", schedule="constant", label_smoothing=0.0
    )
    model = model_of(
        pair, meta, hidden_size=32, embedding_size=32, decoder={"attention": "general", "input_feeding": False}
    )
    done = train(model, pair, eight, eight, params, 0, Checkpoint(tmp_path))
    assert done.history[0]["train_loss"] == pytest.approx(np.log(meta["spec"]["outputs"]), rel=0.1)
    assert done.history[-1]["valid_loss"] < 0.02
    assert done.history[-1]["valid_bleu"] == pytest.approx(100)
