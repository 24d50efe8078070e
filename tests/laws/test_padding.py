"""What is in the padding, and how much of it, never matters: not to values, not to gradients."""

import functools

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.encoder import Encoded
from kassandra.targets.label.train.target import build

pytestmark = pytest.mark.usefixtures("one_thread")
FEATURES, CLASSES = 3, 7
LENGTHS = st.lists(st.integers(1, 7), min_size=1, max_size=5)
# float32's largest number overflows in the first product; NaN and inf survive multiplication by a mask of zeros.
GARBAGE = st.sampled_from([0.0, 1.0, -3e38, float("nan"), float("inf")])
SEED = st.integers(0, 99)
# Many combinations, so few draws for each; the hard case is always among them.
quick = settings(derandomize=True, deadline=None, max_examples=2, database=None)


@functools.cache
def model_of(params):
    torch.manual_seed(0)
    return build(ModelSpec(CLASSES, FEATURES), params)


def batch(lengths, seed, extra=0, garbage=0.0):
    """Rows drawn by seed, the same valid steps whatever `extra` padding and `garbage` in it."""
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.full((len(lengths), max(lengths) + extra, FEATURES), garbage)
    for row, length in enumerate(lengths):
        inputs[row, :length] = torch.randn(length, FEATURES, generator=generator)
    return inputs.requires_grad_()


def read(model, inputs, lengths):
    """Everything that a model says of a batch, and the gradients of a loss that hears all of it."""
    encoded: Encoded = model.encoder(inputs, lengths)
    logits = model(inputs, lengths)
    # Weights that differ from step to step and feature to feature, so that no error cancels out.
    weights = torch.arange(encoded.outputs[0].numel()).view_as(encoded.outputs[0]).sin()
    loss = (encoded.outputs * weights).sum() + encoded.summary.square().sum() + (logits * logits.detach().cos()).sum()
    wanted = {"inputs": inputs, **dict(model.named_parameters())}
    got = torch.autograd.grad(loss, list(wanted.values()))
    return encoded, logits, dict(zip(wanted, got, strict=True))


def close(got, expected, what):
    # Gradients sum over rows and steps in an order that depends on the batch's shape: relative to their size.
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5, msg=lambda text: f"{what}: {text}")


@quick
@given(lengths=LENGTHS, extra=st.integers(1, 5), garbage=GARBAGE, seed=SEED)
@example(lengths=[5, 1, 7, 3], extra=2, garbage=float("nan"), seed=0)
def test_padding_never_matters_and_is_zero(model_params, lengths, extra, garbage, seed):
    model, time, rows = model_of(model_params), max(lengths), torch.tensor(lengths)
    clean, clean_logits, clean_gradients = read(model, batch(lengths, seed), rows)
    dirty, dirty_logits, dirty_gradients = read(model, batch(lengths, seed, extra, garbage), rows)
    close(dirty.outputs[:, :time], clean.outputs, "outputs")
    close(dirty.summary, clean.summary, "summary")
    close(dirty_logits, clean_logits, "logits")
    if clean.attention is not None:
        close(dirty.attention[:, :time], clean.attention, "attention")
    for name, gradient in clean_gradients.items():
        got = dirty_gradients[name][:, :time] if name == "inputs" else dirty_gradients[name]
        close(got, gradient, f"gradient of {name}")
    for row, length in enumerate(lengths):
        assert dirty.outputs[row, length:].eq(0).all()
        assert dirty.outputs[row, :length].ne(0).any(dim=1).all()
        assert dirty_gradients["inputs"][row, length:].eq(0).all()
        if dirty.attention is not None:
            assert dirty.attention[row, length:].eq(0).all()
            assert dirty.attention[row, :length].gt(0).all()
            assert dirty.attention[row].sum().item() == pytest.approx(1, abs=1e-6)


@quick
@given(lengths=LENGTHS, seed=SEED)
@example(lengths=[5, 1, 7, 3], seed=0)
def test_a_row_alone_equals_the_row_in_a_batch(model_params, lengths, seed):
    model, inputs = model_of(model_params), batch(lengths, seed, extra=1, garbage=9.0)
    encoded: Encoded = model.encoder(inputs, torch.tensor(lengths))
    for row, length in enumerate(lengths):
        alone = inputs[row : row + 1, :length]  # (1, length, features): full, so that no lengths are needed
        expected: Encoded = model.encoder(alone, None)
        close(encoded.outputs[row, :length], expected.outputs[0], "outputs")
        close(encoded.summary[row], expected.summary[0], "summary")
        if expected.attention is not None:
            close(encoded.attention[row, :length], expected.attention[0], "attention")


def test_rows_of_length_one_work(model_params):
    encoded, logits, gradients = read(model_of(model_params), batch([1, 1, 1], seed=0), torch.tensor([1, 1, 1]))
    # Whatever the readout, there is one step to read; `concat` reads it three times.
    times = 3 if model_params.readout == "concat" else 1
    torch.testing.assert_close(encoded.summary, encoded.outputs[:, 0].repeat(1, times))
    assert logits.isfinite().all()
    assert all(gradient.isfinite().all() for gradient in gradients.values())
    assert encoded.attention is None or encoded.attention.eq(1).all()


@pytest.mark.parametrize("lengths", [[0, 3], [3, 4]])
def test_a_length_out_of_range_is_refused(model_params, lengths):
    with pytest.raises(RuntimeError, match="out of bounds"):
        model_of(model_params)(batch([3, 3], seed=0), torch.tensor(lengths))
