"""A text in parts that are read side by side, window after window: each token is told once, from all before it."""

import math
import re

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kassandra.params.tasks.language import LanguageTrain
from kassandra.tasks.language import Split, Task, windows
from safetensors.torch import save

from kassandra.contracts.artifacts import read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.build import build
from kassandra.params.model import WriterParams
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.loop import train

pytestmark = pytest.mark.usefixtures("cpu")
VOCABULARY = 11
few = settings(max_examples=30)


@few
@given(st.integers(2, 60), st.integers(1, 9), st.integers(1, 12), st.data())
@example(2, 5, 3, None)
def test_windows_tell_each_token_once_and_in_order(tokens, streams, window, data):
    ids, first = torch.arange(tokens), 1 if data is None else data.draw(st.integers(1, window))
    batches = list(windows(ids, streams, window, first))
    inputs, targets = (torch.cat([getattr(batch, name) for batch in batches], dim=1) for name in ("inputs", "targets"))
    assert inputs.shape == targets.shape
    assert len(inputs) == streams
    there = targets >= 0
    assert targets[there].tolist() == ids[1:].tolist()  # row by row: each part of the text, one after the other
    assert inputs[there].tolist() == ids[:-1].tolist()
    assert batches[0].inputs.shape[1] == min(first, inputs.shape[1])
    assert all(batch.inputs.shape[1] == window for batch in batches[1:-1])
    assert 1 <= batches[-1].inputs.shape[1] <= max(window, first)
    assert all(there.any() for there in (batch.targets.ge(0) for batch in batches))
    assert all(batch.lengths is None for batch in batches)


def task_of(vocabulary=VOCABULARY):
    names = ["<pad>", "<unk>", *"\nabcdefghijklmnop"][:vocabulary]
    return Task({"tokens": "characters", "vocabulary": names}, torch.device("cpu"))


def split_of(tokens, seed=0):
    return Split(torch.randint(2, VOCABULARY, (tokens,), generator=torch.Generator().manual_seed(seed)))


def model_of(**keys):
    torch.manual_seed(0)
    params = WriterParams.model_validate({"variant": "stacked", "hidden_size": 5, "embedding_size": 3, **keys})
    model = build(ModelSpec("many_to_many", VOCABULARY, vocab_size=VOCABULARY), params)
    with torch.no_grad():
        model.told.mul_(20)  # so that what came before matters
    return model


@few
@given(st.integers(2, 300), st.integers(1, 20), st.integers(2, 30), st.integers(0, 99))
def test_steps_are_never_exceeded(tokens, batch_size, window, seed):
    task, split, params = task_of(), split_of(tokens), LanguageTrain(batch_size=batch_size, window=window)
    generator, steps = torch.Generator().manual_seed(seed), task.steps(split, params)
    for _ in range(4):
        batches = list(task.train_batches(split, params, generator))
        assert steps - 1 <= len(batches) <= steps
        assert sum(int((batch.targets >= 0).sum()) for batch in batches) == task.size(split) == tokens - 1


def test_steps_are_reached():
    """By the shortest first window, so that no smaller number would do."""
    task, split, params = task_of(), split_of(97), LanguageTrain(batch_size=3, window=5)
    counts = {len(list(windows(split.ids, 3, 5, first))) for first in range(1, 6)}
    assert max(counts) == task.steps(split, params)


def test_windows_differ_by_epoch_and_the_generator_decides(shakespeare):
    task, split, params = task_of(), split_of(500), LanguageTrain(batch_size=2, window=50)
    generator, same = torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
    firsts = [next(task.train_batches(split, params, generator)).inputs.shape[1] for _ in range(30)]
    assert firsts == [next(task.train_batches(split, params, same)).inputs.shape[1] for _ in range(30)]
    assert len(set(firsts)) > 10
    assert 1 <= min(firsts) <= max(firsts) <= 50


def one_run(model, ids):
    """Losses (tokens - 1,) of one run over the whole text."""
    read = model(ids[:-1].unsqueeze(0))
    return model.losses(read.outputs[0], ids[1:])


def test_the_state_is_carried_from_window_to_window():
    """PITFALLS 14: the losses of an epoch of windows are those of a run over each whole part."""
    task, split, model = task_of(), split_of(61), model_of()
    params = LanguageTrain(batch_size=3, window=7)
    found = 0.0
    for batch in task.train_batches(split, params, torch.Generator().manual_seed(1)):
        total, count = task.loss(model, batch, params)
        assert count == int((batch.targets >= 0).sum())
        found += total.item()
    expected = sum(one_run(model, split.ids[start : start + 21]).sum().item() for start in (0, 20, 40))
    assert found == pytest.approx(expected, rel=1e-5)
    forgetful = sum(one_run(model, split.ids[start : start + 6]).sum().item() for start in range(0, 60, 5))
    assert abs(found - forgetful) > 0.01


def test_no_gradient_reaches_into_the_window_before(monkeypatch):
    """PITFALLS 14: what a weight did in the first window is not asked of it in the second."""
    task, split, model = task_of(), split_of(31), model_of()
    params = LanguageTrain(batch_size=1, window=5)
    batches = list(windows(split.ids, 1, 5, 5))
    task.loss(model, batches[0], params)
    assert all(not part.requires_grad for state in task.state for part in state)
    state = [type(one)(*(part.clone() for part in one)) for one in task.state]
    (found, _), weights = task.loss(model, batches[1], params), list(model.parameters())
    read = model(batches[1].inputs, state)
    alone = model.losses(read.outputs[0], batches[1].targets[0]).sum()
    for one, other in zip(torch.autograd.grad(found, weights), torch.autograd.grad(alone, weights), strict=True):
        torch.testing.assert_close(one, other)


def test_an_epoch_begins_without_a_state_and_scores_leave_it_alone():
    """PITFALLS 14: validation between two windows changes nothing of training, and each epoch starts anew."""
    task, split, model = task_of(), split_of(61), model_of()
    params = LanguageTrain(batch_size=3, window=7)

    def losses(disturbed):
        found = []
        for batch in task.train_batches(split, params, torch.Generator().manual_seed(1)):
            found.append(task.loss(model, batch, params)[0].item())
            if disturbed:
                task.scores(model, split_of(40, seed=1))
        return found

    first = losses(False)
    assert task.state is not None
    assert losses(False) == losses(True) == first
    before = task.scores(model, split)
    assert Task.scores(task_of(), model, split) == before  # a task that has trained nothing says the same


@pytest.mark.parametrize("window", [1, 7, 60, 200])
def test_losses_do_not_depend_on_the_window(monkeypatch, window):
    """PITFALLS 8: each token but the first is told, from all that stands before it."""
    task, split, model = task_of(), split_of(61), model_of().eval()
    monkeypatch.setattr("kassandra.tasks.language.EVALUATION_WINDOW", window)
    with torch.no_grad():
        found = task.losses(model, split)
        torch.testing.assert_close(found, one_run(model, split.ids).double(), rtol=0, atol=1e-5)
        assert found.shape == (task.size(split),) == (60,)
        side_by_side = task.losses(model, split, streams=7)  # parts of 9 tokens, 3 places of the last one empty
        parts = [one_run(model, split.ids[start : start + 10]) for start in range(0, 60, 9)]
        torch.testing.assert_close(side_by_side, torch.cat(parts).double(), rtol=0, atol=1e-5)


def test_scores_are_means_over_tokens():
    """PITFALLS 9."""
    task, split, model = task_of(), split_of(1013), model_of().eval()
    with torch.no_grad():
        assert task.scores(model, split) == {"loss": pytest.approx(task.losses(model, split, 10).mean().item())}


def test_more_places_than_tokens():
    task, split, model = task_of(), split_of(4), model_of()
    params = LanguageTrain(batch_size=9, window=5)
    (batch,) = task.train_batches(split, params, torch.Generator())
    total, count = task.loss(model, batch, params)
    assert count == 3
    total.backward()
    assert task.losses(model.eval(), split, 10).shape == (3,)


def test_regularisation():
    """AR and TAR; Merity et al. (2017), section 4.4: of the mean square, for each token."""
    task, split, model = task_of(), split_of(31), model_of()
    batch = next(windows(split.ids, 3, 10, 10))
    read = model(batch.inputs)
    task.state = None
    plain, count = task.loss(model, batch, LanguageTrain())
    task.state = None
    both, _ = task.loss(model, batch, LanguageTrain(activation_regularisation=2.0, temporal_regularisation=3.0))
    change = (read.raw[:, 1:] - read.raw[:, :-1]).square().mean()
    torch.testing.assert_close(both, plain + count * (2 * read.outputs.square().mean() + 3 * change))
    task.state = None
    (one,) = windows(split.ids[:4], 3, 10, 1)  # a window of one token has no change
    task.loss(model, one, LanguageTrain(temporal_regularisation=3.0))[0].backward()


def test_the_first_loss_is_that_of_a_guess(prepared_shakespeare, cpu):
    """PITFALLS 5."""
    meta = read_json(prepared_shakespeare / "meta.json")
    task, params = Task(meta, cpu), WriterParams(variant="vanilla", hidden_size=13, embedding_size=11)
    torch.manual_seed(0)
    model = build(ModelSpec(**meta["spec"]), params).eval()
    with torch.no_grad():
        loss = task.scores(model, task.read(prepared_shakespeare / "valid.npz"))["loss"]
    assert loss == pytest.approx(math.log(len(meta["vocabulary"])), abs=0.05)


def test_where_writing_starts():
    assert task_of().start == "\n"
    for unit, names in (("characters", "eab"), ("words", ["the", "<eos>"])):  # a text without lines; "\n" is no word
        assert Task({"tokens": unit, "vocabulary": ["<pad>", "<unk>", *names]}, torch.device("cpu")).start == names[0]


def test_a_prompt_of_ones_own():
    task = task_of()
    assert task.own_input("abXYb\n").tolist() == [3, 4, 4, 2]
    assert [task.piece(number) for number in (2, 3)] == ["\n", "a"]
    for prompt in ("", "XYZ"):
        text = f"prompt: no characters of the vocabulary in {prompt!r}; try '\\n'"
        with pytest.raises(KassandraError, match=f"^{re.escape(text)}$"):
            task.own_input(prompt)


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("keys", [{"weight_dropout": 0.2}, {"samples": 4, "tied": True}], ids=["dropped", "sampled"])
def test_cut_off_and_continued_it_ends_with_the_same_bytes(tmp_path, after, keys, power_fails):
    params = LanguageTrain(epochs=3, batch_size=4, window=9, learning_rate=0.01, keep="last")
    splits = split_of(400), split_of(100, seed=1)
    dropout = {"dropout": 0.3, "embedding_dropout": 0.2, "word_dropout": 0.1}

    def run(task, name):
        return train(model_of(**dropout, **keys), task, *splits, params, 0, Checkpoint(tmp_path / name))

    expected = run(task_of(), "whole")
    power_fails(task_of(), task_of().steps(splits[0], params) * after + 2, lambda task: run(task, "cut"))
    torch.manual_seed(12345)  # another process would have another state
    done = run(task_of(), "cut")
    assert save(done.weights) == save(expected.weights)
    assert done.history == expected.history


@pytest.mark.slow
def test_a_text_can_be_learned_by_heart(tmp_path):
    """PITFALLS 5: by the loop itself, window after window."""
    split, params = split_of(60), LanguageTrain(
        epochs=150, batch_size=2, window=10, learning_rate=0.02, schedule="constant", keep="last"
    )  # fmt: skip
    model = model_of(variant="vanilla", hidden_size=31, embedding_size=11)
    done = train(model, task_of(), split, split, params, 0, Checkpoint(tmp_path))
    assert done.history[-1]["train_loss"] < 0.01
    with torch.no_grad():
        assert one_run(model.eval(), split.ids[:31]).mean() < 0.01
        assert task_of().losses(model, split, 2).mean() < 0.01
