"""Windows read one after the other, state handed on, are one long run; and nothing but the seed decides dropout."""

import functools

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.build import build_encoder
from kassandra.targets.label.train.target import build

pytestmark = pytest.mark.usefixtures("one_thread")
FEATURES = 3
quick = settings(derandomize=True, deadline=None, max_examples=2, database=None)


@functools.cache
def model_of(params):
    torch.manual_seed(0)
    return build(ModelSpec(7, FEATURES), params)


@quick
@given(windows=st.lists(st.integers(1, 5), min_size=2, max_size=4), seed=st.integers(0, 99))
@example(windows=[3, 1, 5], seed=0)
def test_windows_equal_one_long_run(model_params, windows, seed):
    encoder = model_of(model_params).encoder
    inputs = torch.randn(2, sum(windows), FEATURES, generator=torch.Generator().manual_seed(seed))
    whole = encoder(inputs, None)
    state, parts = None, []
    for window in inputs.split(windows, dim=1):
        encoded = encoder(window, None, state)
        state = encoded.state
        parts.append(encoded.outputs)
        if not encoder.causal:
            assert state is None, "there is nothing to read on from"
            return
    torch.testing.assert_close(torch.cat(parts, dim=1), whole.outputs, rtol=0, atol=1e-6)
    assert len(state) == model_params.num_layers
    for got, expected in zip(state, whole.state, strict=True):
        torch.testing.assert_close(got.h, expected.h, rtol=0, atol=1e-6)
        assert (got.c is None) == (model_params.cell != "lstm")
        if got.c is not None:
            torch.testing.assert_close(got.c, expected.c, rtol=0, atol=1e-6)


def test_rows_that_end_at_different_steps_leave_no_state(model_params):
    assert model_of(model_params).encoder(torch.randn(2, 5, FEATURES), torch.tensor([5, 3])).state is None


def test_a_state_that_does_not_fit_is_refused(model_params):
    encoder, inputs = model_of(model_params).encoder, torch.randn(2, 5, FEATURES)
    with pytest.raises(KassandraError) as error:
        encoder(inputs, None, [])
    layers = model_params.num_layers
    if layers > 1:
        assert str(error.value) == f"Stacked: 'state' must hold one State for each of {layers} layers, got 0"
    elif encoder.causal:
        assert str(error.value) == "VanillaLSTM: 'state' must hold one State, that of its one layer, got 0"
    else:
        assert str(error.value) == (
            "Bidirectional: cannot read on from a 'state', as its backward half starts at the end of the sequence; "
            "give whole sequences, or use an encoder that is causal"
        )


def test_dropout_is_decided_by_the_seed_and_off_in_evaluation(model_params):
    torch.manual_seed(0)
    model = build(ModelSpec(7, FEATURES), model_params.model_copy(update={"dropout": 0.5}))
    inputs, lengths = torch.randn(3, 5, FEATURES), torch.tensor([5, 1, 3])

    def under(seed):
        torch.manual_seed(seed)
        return model(inputs, lengths)

    assert torch.equal(under(1), under(1))
    assert not torch.equal(under(1), under(2))
    model.eval()
    assert torch.equal(under(1), under(2))
    # Evaluation is what the same weights say without dropout, not a scaled version of it.
    torch.manual_seed(0)
    undropped = build(ModelSpec(7, FEATURES), model_params)
    assert torch.equal(under(1), undropped(inputs, lengths))


def test_dropout_falls_between_all_layers_and_not_on_the_last(model_params):
    torch.manual_seed(0)
    encoder = build_encoder(FEATURES, model_params.model_copy(update={"dropout": 0.5, "hidden_size": 17}))
    inputs = torch.randn(3, 5, FEATURES)
    first, second = encoder(inputs, None).outputs, encoder(inputs, None).outputs
    assert torch.equal(first, second) == (model_params.num_layers == 1)
    assert first.ne(0).all()  # the classifier drops from the summary; outputs are whole
