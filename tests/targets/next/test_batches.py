"""A text in parts that are read side by side, window after window: each is predicted once, from all before it."""

import math
import re

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from kassandra.contracts import stream
from kassandra.contracts.artifacts import read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import PAD, ModelSpec
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.params.targets.next import Model
from kassandra.targets.next.train.target import build
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.pair import Pair, Split
from tests.trained import train

pytestmark = pytest.mark.usefixtures("cpu")
VOCABULARY = 11
Train = pipeline_of("text", "next").model_fields["train"].annotation
few = settings(max_examples=30)


def windows(split, streams, window, first):
    """The batches of an epoch whose first window has a given length."""
    pair, ids = pair_of(), split.inputs
    for rows in stream.windows(len(ids), streams, window, first):
        yield pair.target.batch(ids, rows, *pair.sequences.batch(ids, rows))


def in_order(pair, model, split, streams=1):
    """Losses of evaluation."""
    return pair.target.losses(model, pair.numbered_batches(split, streams))


@few
@given(st.integers(2, 60), st.integers(1, 9), st.integers(1, 12), st.data())
@example(2, 5, 3, None)
def test_windows_have_each_token_once_and_in_order(tokens, streams, window, data):
    ids, first = torch.arange(tokens), 1 if data is None else data.draw(st.integers(1, window))
    batches = list(windows(Split(ids.numpy(), ids.numpy()), streams, window, first))
    inputs, targets = (torch.cat([getattr(batch, name) for batch in batches], dim=1) for name in ("inputs", "targets"))
    assert inputs.shape == targets.shape
    assert len(inputs) == streams
    known = targets >= 0
    assert targets[known].tolist() == ids[1:].tolist()  # row by row: each part of the text, one after the other
    assert inputs[known].tolist() == ids[:-1].tolist()
    assert (inputs[~known] == PAD).all()
    assert batches[0].inputs.shape[1] == min(first, inputs.shape[1])
    assert all(batch.inputs.shape[1] == window for batch in batches[1:-1])
    assert 1 <= batches[-1].inputs.shape[1] <= max(window, first)
    assert all(batch.targets.ge(0).any() for batch in batches)
    assert all(batch.lengths is None for batch in batches)
    assert [batch.begins for batch in batches] == [True] + [False] * (len(batches) - 1)


def pair_of(vocabulary=VOCABULARY):
    names = ["<pad>", "<unk>", *"\nabcdefghijklmnop"][:vocabulary]
    return Pair.of("text", "next", {"tokens": "characters", "vocabulary": names}, torch.device("cpu"))


def split_of(tokens, seed=0):
    ids = torch.randint(2, VOCABULARY, (tokens,), generator=torch.Generator().manual_seed(seed)).numpy()
    return Split(ids, ids)


def model_of(**keys):
    torch.manual_seed(0)
    params = Model.model_validate({"variant": "stacked", "hidden_size": 5, "embedding_size": 3, **keys})
    model = build(ModelSpec(VOCABULARY, vocab_size=VOCABULARY), params)
    with torch.no_grad():
        model.vectors.mul_(20)  # so that what came before matters
    return model


@few
@given(st.integers(2, 300), st.integers(1, 20), st.integers(2, 30), st.integers(0, 99))
def test_steps_are_never_exceeded(tokens, batch_size, window, seed):
    pair, split, params = pair_of(), split_of(tokens), Train(batch_size=batch_size, window=window)
    generator, steps = torch.Generator().manual_seed(seed), pair.steps(split, params)
    for _ in range(4):
        batches = list(pair.train_batches(split, params, generator))
        assert steps - 1 <= len(batches) <= steps
        assert sum(int((batch.targets >= 0).sum()) for batch in batches) == pair.size(split) == tokens - 1


def test_steps_are_reached():
    """By the shortest first window, so that no smaller number would do."""
    pair, split, params = pair_of(), split_of(97), Train(batch_size=3, window=5)
    counts = {len(list(windows(split, 3, 5, first))) for first in range(1, 6)}
    assert max(counts) == pair.steps(split, params)


def test_windows_differ_by_epoch_and_the_generator_decides(shakespeare):
    pair, split, params = pair_of(), split_of(500), Train(batch_size=2, window=50)
    generator, same = torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
    firsts = [next(pair.train_batches(split, params, generator)).inputs.shape[1] for _ in range(30)]
    assert firsts == [next(pair.train_batches(split, params, same)).inputs.shape[1] for _ in range(30)]
    assert len(set(firsts)) > 10
    assert 1 <= min(firsts) <= max(firsts) <= 50


def one_run(model, ids):
    """Losses (tokens - 1,) of one run over the whole text."""
    ids = torch.from_numpy(ids)
    read = model(ids[:-1].unsqueeze(0))
    return model.losses(read.outputs[0], ids[1:])


def carried(pair, model, split, params, between=lambda: None):
    """Losses and counts of an epoch, the state put from batch to batch as the loop does it."""
    state = None
    for batch in pair.train_batches(split, params, torch.Generator().manual_seed(1)):
        given = batch if batch.begins else batch._replace(state=state)
        total, count, state = pair.loss(model, given, params)
        yield total.item(), count
        between()


def test_the_state_is_carried_from_window_to_window():
    """PITFALLS 14: the losses of an epoch of windows are those of a run over each whole part."""
    pair, split, model = pair_of(), split_of(61), model_of()
    losses = list(carried(pair, model, split, Train(batch_size=3, window=7)))
    assert sum(count for _, count in losses) == 60
    total = sum(loss for loss, _ in losses)
    expected = sum(one_run(model, split.inputs[start : start + 21]).sum().item() for start in (0, 20, 40))
    assert total == pytest.approx(expected, rel=1e-5)
    forgetful = sum(one_run(model, split.inputs[start : start + 6]).sum().item() for start in range(0, 60, 5))
    assert abs(total - forgetful) > 0.01


def test_no_gradient_reaches_into_the_window_before():
    """PITFALLS 14: what a weight did in the first window is not asked of it in the second."""
    pair, split, model = pair_of(), split_of(31), model_of()
    params = Train(batch_size=1, window=5)
    first, second, *_ = windows(split, 1, 5, 5)
    _, _, state = pair.loss(model, first, params)
    assert all(not part.requires_grad for one in state for part in one)
    (got, _, _), weights = pair.loss(model, second._replace(state=state), params), list(model.parameters())
    read = model(second.inputs, [type(one)(*(part.clone() for part in one)) for one in state])
    alone = model.losses(read.outputs[0], second.targets[0]).sum()
    for one, other in zip(torch.autograd.grad(got, weights), torch.autograd.grad(alone, weights), strict=True):
        torch.testing.assert_close(one, other)


def test_an_epoch_begins_without_a_state_and_scores_leave_it_alone():
    """PITFALLS 14: validation between two windows changes nothing of training, and each epoch starts anew."""
    pair, split, model = pair_of(), split_of(61), model_of()
    params = Train(batch_size=3, window=7)
    first = list(carried(pair, model, split, params))
    disturbed = list(carried(pair, model, split, params, lambda: pair.scores(model, split_of(40, seed=1))))
    assert list(carried(pair, model, split, params)) == disturbed == first
    before = pair.scores(model, split)
    assert pair_of().scores(model, split) == before  # a pair that has trained nothing gives the same


@pytest.mark.parametrize("window", [1, 7, 60, 200])
def test_losses_do_not_depend_on_the_window(monkeypatch, window):
    """PITFALLS 8: each token but the first is predicted, from all that stands before it."""
    pair, split, model = pair_of(), split_of(61), model_of().eval()
    monkeypatch.setattr("kassandra.inputs.text.train.stream.EVALUATION_WINDOW", window)
    with torch.no_grad():
        losses = in_order(pair, model, split)
        torch.testing.assert_close(losses, one_run(model, split.inputs).double(), rtol=0, atol=1e-5)
        assert losses.shape == (pair.size(split),) == (60,)
        side_by_side = in_order(pair, model, split, 7)  # parts of 9 tokens, 3 places of the last one empty
        parts = [one_run(model, split.inputs[start : start + 10]) for start in range(0, 60, 9)]
        torch.testing.assert_close(side_by_side, torch.cat(parts).double(), rtol=0, atol=1e-5)


def test_scores_are_means_over_tokens():
    """PITFALLS 9."""
    pair, split, model = pair_of(), split_of(1013), model_of().eval()
    with torch.no_grad():
        assert pair.scores(model, split) == {"loss": pytest.approx(in_order(pair, model, split, 10).mean().item())}


def test_more_places_than_tokens():
    pair, split, model = pair_of(), split_of(4), model_of()
    params = Train(batch_size=9, window=5)
    (batch,) = pair.train_batches(split, params, torch.Generator())
    total, count, _ = pair.loss(model, batch, params)
    assert count == 3
    total.backward()
    assert in_order(pair, model.eval(), split, 10).shape == (3,)


def test_regularisation():
    """AR and TAR; Merity et al. (2017), section 4.4: of the mean square, for each token."""
    pair, split, model = pair_of(), split_of(31), model_of()
    batch = next(windows(split, 3, 10, 10))
    read = model(batch.inputs)
    plain, count, _ = pair.loss(model, batch, Train())
    both, _, _ = pair.loss(model, batch, Train(activation_regularisation=2.0, temporal_regularisation=3.0))
    change = (read.raw[:, 1:] - read.raw[:, :-1]).square().mean()
    torch.testing.assert_close(both, plain + count * (2 * read.outputs.square().mean() + 3 * change))
    (one,) = windows(split_of(4), 3, 10, 1)  # a window of one token has no change
    pair.loss(model, one, Train(temporal_regularisation=3.0))[0].backward()


def test_the_first_loss_is_that_of_a_guess(prepared_shakespeare, cpu):
    """PITFALLS 5."""
    meta = read_json(prepared_shakespeare / "meta.json")
    pair, params = Pair.of("text", "next", meta, cpu), Model(variant="vanilla", hidden_size=13, embedding_size=11)
    torch.manual_seed(0)
    model = build(ModelSpec(**meta["spec"]), params).eval()
    with torch.no_grad():
        loss = pair.scores(model, pair.read(prepared_shakespeare / "valid.npz"))["loss"]
    assert loss == pytest.approx(math.log(len(meta["vocabulary"])), abs=0.05)


def test_where_writing_starts():
    assert pair_of().target.start == "\n"
    for unit, names in (("characters", "eab"), ("words", ["the", "<eos>"])):  # a text without lines; "\n" is no word
        meta = {"tokens": unit, "vocabulary": ["<pad>", "<unk>", *names]}
        assert Pair.of("text", "next", meta, torch.device("cpu")).target.start == names[0]


def test_a_prompt_of_a_user():
    pair = pair_of()
    assert pair.own("abXYb\n").inputs.tolist() == [3, 4, 4, 2]
    assert [pair.target.piece(number) for number in (2, 3)] == ["\n", "a"]
    for prompt in ("", "XYZ"):
        text = f"prompt: no characters of the vocabulary in {prompt!r}; try '\\n'"
        with pytest.raises(KassandraError, match=f"^{re.escape(text)}$"):
            pair.own(prompt)


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("keys", [{"weight_dropout": 0.2}, {"samples": 4, "tied": True}], ids=["dropped", "sampled"])
def test_cut_off_and_continued_it_ends_with_the_same_bytes(tmp_path, after, keys, power_fails):
    params = Train(epochs=3, batch_size=4, window=9, learning_rate=0.01, keep="last")
    splits = split_of(400), split_of(100, seed=1)
    dropout = {"dropout": 0.3, "embedding_dropout": 0.2, "word_dropout": 0.1}

    def run(pair, name):
        return train(model_of(**dropout, **keys), pair, *splits, params, 0, Checkpoint(tmp_path / name))

    expected = run(pair_of(), "whole")
    power_fails(pair_of(), pair_of().steps(splits[0], params) * after + 2, lambda pair: run(pair, "cut"))
    torch.manual_seed(12345)  # another process would have another state
    done = run(pair_of(), "cut")
    assert save(done.weights) == save(expected.weights)
    assert done.history == expected.history


@pytest.mark.slow
def test_a_text_can_be_learned_by_heart(tmp_path):
    """PITFALLS 5: by the loop itself, window after window."""
    split, params = split_of(60), Train(
        epochs=150, batch_size=2, window=10, learning_rate=0.02, schedule="constant", keep="last"
    )  # fmt: skip
    model = model_of(variant="vanilla", hidden_size=31, embedding_size=11)
    done = train(model, pair_of(), split, split, params, 0, Checkpoint(tmp_path))
    assert done.history[-1]["train_loss"] < 0.01
    with torch.no_grad():
        assert one_run(model.eval(), split.inputs[:31]).mean() < 0.01
        assert in_order(pair_of(), model, split, 2).mean() < 0.01
