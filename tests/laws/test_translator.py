"""Encoder-decoders: padding is never looked at, no step sees a later one, steps one by one equal steps at once."""

import functools

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from kassandra.contracts.spec import BOS, EOS, PAD, ModelSpec
from kassandra.lstm import cells
from kassandra.params.targets.text import Model
from kassandra.targets.text.train.target import build

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]
WORDS, OUTPUTS = 11, 13
LENGTHS = st.lists(st.integers(1, 7), min_size=1, max_size=5)
quick = settings(derandomize=True, deadline=None, max_examples=4, database=None)

ENCODERS = {
    "vanilla": {"variant": "vanilla", "hidden_size": 6},
    "two layers, two ways": {"variant": "stacked", "bidirectional": True, "hidden_size": 3},
    "summary by attention": {"variant": "attention", "hidden_size": 6},
    "two ways, every readout": {"variant": "bidirectional", "hidden_size": 3, "readout": "concat"},
    "gru": {"variant": "stacked", "cell": "gru", "hidden_size": 6},
    "rnn, from its end": {"variant": "vanilla", "cell": "rnn", "hidden_size": 6, "reverse_source": True},
}
DECODERS = {
    "additive, fed": {"attention": "additive", "attention_size": 5, "input_feeding": True},
    "additive": {"attention": "additive", "input_feeding": False},
    "general, fed": {"attention": "general", "input_feeding": True, "hidden_size": 7, "tied": False},
    "general": {"attention": "general", "input_feeding": False, "num_layers": 3},
    "dot, fed": {"attention": "dot", "input_feeding": True, "hidden_size": 6},
    "dot": {"attention": "dot", "input_feeding": False, "hidden_size": 6, "tied": False},
    "none": {"attention": "none"},
}
CASES = [
    *(("two layers, two ways", decoder) for decoder in DECODERS),
    *((encoder, decoder) for encoder in ENCODERS for decoder in ("additive, fed", "general", "none")),
]
EVERY = list(dict.fromkeys(CASES))


@functools.cache
def model_of(case, joint=False, **more):
    encoder, decoder = case
    params = {"embedding_size": 4, **ENCODERS[encoder], "decoder": DECODERS[decoder], **more}
    torch.manual_seed(0)
    spec = ModelSpec(WORDS if joint else OUTPUTS, vocab_size=WORDS, joint=joint)
    model = build(spec, Model.model_validate(params)).eval()
    with torch.no_grad():  # so that nothing is about equal
        for parameter in model.parameters():
            parameter.mul_(2)
    return model


every_case = pytest.mark.parametrize("case", EVERY, ids=" - ".join)


def sentences(lengths, seed, words, extra=0, garbage=PAD):
    """Token ids (rows, longest + extra), drawn by seed whatever stands in the padding."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.full((len(lengths), max(lengths) + extra), garbage)
    for row, length in enumerate(lengths):
        ids[row, :length] = torch.randint(4, words, (length,), generator=generator)
    return ids, torch.tensor(lengths)


def begun(targets):
    return torch.cat([torch.full((len(targets), 1), BOS), targets], 1)


def forced(model, ids, lengths, targets):
    source = model.read(ids, lengths)
    return model.write(source, begun(targets))


@every_case
@quick
@given(lengths=LENGTHS, extra=st.integers(0, 4), garbage=st.integers(0, WORDS - 1), seed=st.integers(0, 99))
@example(lengths=[5, 1, 7], extra=3, garbage=7, seed=0)
def test_padding_of_the_source_is_never_looked_at(case, lengths, extra, garbage, seed):
    model = model_of(case)
    targets = torch.randint(4, OUTPUTS, (len(lengths), 5), generator=torch.Generator().manual_seed(seed))
    written = forced(model, *sentences(lengths, seed, WORDS, extra, garbage), targets)
    plain = forced(model, *sentences(lengths, seed, WORDS), targets)
    torch.testing.assert_close(written.outputs, plain.outputs, rtol=1e-5, atol=1e-6)
    if written.attention is None:
        assert model.decoder.attention is None
        return
    assert written.attention.shape == (len(lengths), 6, max(lengths) + extra)
    torch.testing.assert_close(written.attention.sum(2), torch.ones(len(lengths), 6))
    for row, length in enumerate(lengths):
        assert (written.attention[row, :, length:] == 0).all()
        assert (written.attention[row, :, :length] > 0).all()


@every_case
@quick
@given(lengths=LENGTHS, seed=st.integers(0, 99))
def test_a_row_alone_is_a_row_of_the_batch(case, lengths, seed):
    model, (ids, rows) = model_of(case), sentences(lengths, seed, WORDS)
    targets = torch.randint(4, OUTPUTS, (len(lengths), 4), generator=torch.Generator().manual_seed(seed))
    together = forced(model, ids, rows, targets).outputs
    for row, length in enumerate(lengths):
        alone = forced(model, ids[row : row + 1, :length], None, targets[row : row + 1]).outputs
        torch.testing.assert_close(alone[0], together[row], rtol=1e-5, atol=1e-6)


@every_case
def test_no_step_sees_a_later_token(case):
    model, (ids, lengths) = model_of(case), sentences([4, 6], 0, WORDS)
    targets = torch.randint(4, OUTPUTS, (2, 6), generator=torch.Generator().manual_seed(1))
    changed = targets.clone()
    changed[:, 3:] = 4 + (targets[:, 3:] - 3) % (OUTPUTS - 4)
    first, second = (forced(model, ids, lengths, each).outputs for each in (targets, changed))
    assert torch.equal(first[:, :4], second[:, :4])  # step t has read t tokens after <s>
    assert not torch.isclose(first[:, 4], second[:, 4]).all()


@every_case
def test_steps_one_by_one_are_steps_at_once(case):
    model, (ids, lengths) = model_of(case), sentences([4, 6, 1], 2, WORDS)
    targets = torch.randint(4, OUTPUTS, (3, 5), generator=torch.Generator().manual_seed(2))
    at_once = forced(model, ids, lengths, targets)
    source, tokens = model.read(ids, lengths), begun(targets)
    for step in range(6):
        written = model.write(source, tokens[:, step : step + 1])
        torch.testing.assert_close(written.outputs[:, 0], at_once.outputs[:, step], rtol=1e-5, atol=1e-6)
        if at_once.attention is not None:
            torch.testing.assert_close(written.attention[:, 0], at_once.attention[:, step])
        source = source._replace(standing=written.standing)


@every_case
def test_the_loss_is_that_of_each_token_given_those_before_it(case):
    model, (ids, lengths) = model_of(case), sentences([4, 6], 3, WORDS)
    targets = torch.tensor([[5, 6, EOS, PAD], [7, 8, 9, EOS]])
    losses = model.losses(ids, lengths, targets)
    expected = []
    for row, length in enumerate([3, 4]):
        source, token = model.read(ids[row : row + 1, : lengths[row]], None), torch.tensor([BOS])
        for step in range(length):
            log_probabilities, standing, _ = model.next(source, token)
            source, token = source._replace(standing=standing), targets[row, step].view(1)
            expected.append(-log_probabilities[0, token])
    torch.testing.assert_close(losses, torch.cat(expected), rtol=1e-5, atol=1e-5)
    written = forced(model, ids, lengths, targets[:, :-1])
    of_all = -model.logits(written.outputs[targets != PAD]).log_softmax(1).mean(1)  # (tokens,)
    smoothed = model.losses(ids, lengths, targets, 0.1)
    torch.testing.assert_close(smoothed, 0.9 * losses + 0.1 * of_all)


def test_nothing_but_the_attention_kind_decides_where_is_looked():
    """The weights are a softmax of the published score of the decoder's state and the encoder's outputs."""
    for name in ("additive", "general", "dot"):
        model, (ids, lengths) = model_of(("two layers, two ways", name)), sentences([5, 3], 4, WORDS)
        attention = model.decoder.attention
        h = model.encoder(model.embedding(ids), lengths).outputs  # (batch, time, size)
        memory, s = attention.memory(h, lengths), torch.randn(2, 1, model.decoder.hidden_size)
        _, weights = attention(s, memory)
        for row, length in enumerate([5, 3]):
            scores = []
            for step in range(length):
                one, state = h[row, step], s[row, 0]
                if name == "dot":
                    scores.append(one @ state)
                elif name == "general":
                    scores.append((attention.key.weight @ one) @ state)
                else:
                    inner = attention.key.weight @ one + attention.key.bias + attention.query.weight @ state
                    scores.append(attention.weigh.weight[0] @ torch.tanh(inner))
            expected = torch.stack(scores).softmax(0)
            torch.testing.assert_close(weights[row, 0, :length], expected)


@pytest.mark.parametrize("encoder", ["vanilla", "gru", "rnn, from its end"])
def test_a_fed_step_is_the_equations(encoder):
    """Luong et al. (2015), section 3.3: the layer reads the token beside what was written before."""
    model, (ids, lengths) = model_of((encoder, "additive, fed")), sentences([5, 3], 5, WORDS)
    targets = torch.randint(4, OUTPUTS, (2, 3), generator=torch.Generator().manual_seed(5))
    decoder, source = model.decoder, model.read(ids, lengths)
    states, fed, expected = list(source.standing.layers), torch.zeros(2, decoder.size), []
    for token in begun(targets).unbind(1):
        x = torch.cat([decoder.embedding(token), fed], 1)
        for number, layer in enumerate(decoder.layers):
            weights = cells.Weights(*layer.recurrence.parameters())
            states[number] = cells.STEPS[layer.cell](x, states[number], weights)
            x = states[number].h
        context, _ = decoder.attention(x.unsqueeze(1), source.memory)
        fed = F.linear(torch.cat([context[:, 0], x], 1), decoder.say.weight, decoder.say.bias)
        expected.append(fed)
    torch.testing.assert_close(forced(model, ids, lengths, targets).outputs, torch.stack(expected, 1))


def test_a_reversed_source_is_the_source_reversed_and_looked_at_in_its_own_order():
    case = ("two layers, two ways", "general")
    ahead, back = model_of(case), model_of(case, reverse_source=True)
    back.load_state_dict(ahead.state_dict())
    (ids, lengths), targets = sentences([4, 6], 6, WORDS), torch.tensor([[5, 6], [7, 8]])
    turned = ids.clone()
    for row, length in enumerate(lengths.tolist()):
        turned[row, :length] = ids[row, :length].flip(0)
    one, other = forced(back, ids, lengths, targets), forced(ahead, turned, lengths, targets)
    torch.testing.assert_close(one.outputs, other.outputs)
    for row, length in enumerate(lengths.tolist()):
        torch.testing.assert_close(one.attention[row, :, :length], other.attention[row, :, :length].flip(1))


@every_case
def test_every_weight_learns_and_a_joint_vocabulary_has_one_table(case):
    model, (ids, lengths) = model_of(case, joint=True), sentences([4, 6], 7, WORDS)
    assert model.embedding is model.decoder.embedding
    targets = torch.tensor([[5, 6, EOS], [7, EOS, PAD]])
    model.losses(ids, lengths, targets).sum().backward()
    unmoved = [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert unmoved == []


def test_dropout_is_drawn_once_for_all_steps_and_absent_in_evaluation():
    model = model_of(("two layers, two ways", "general, fed"), dropout=0.5, embedding_dropout=0.5, weight_dropout=0.5)
    (ids, lengths), targets = sentences([4, 6], 8, WORDS), torch.tensor([[5, 5, 5], [7, 7, 7]])
    assert torch.equal(*(forced(model, ids, lengths, targets).outputs for _ in range(2)))
    model.train()
    outputs = forced(model, ids, lengths, targets).outputs  # (batch, steps, size)
    model.eval()
    dropped = outputs == 0
    assert 0 < dropped.float().mean() < 1
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))


def test_dot_refuses_unequal_sizes_and_none_refuses_to_be_fed():
    for encoder, own in ((ENCODERS["vanilla"], 5), (ENCODERS["two layers, two ways"], None)):
        with pytest.raises(ValueError, match=r"'dot' compares the encoder's 6 numbers per step with the decoder's \d"):
            Model.model_validate({**encoder, "decoder": {"attention": "dot", "hidden_size": own}})
    with pytest.raises(ValueError, match="'none' has nothing to feed"):
        Model.model_validate({"variant": "vanilla", "decoder": {"attention": "none", "input_feeding": True}})
    with pytest.raises(ValueError, match="attention 'dot' does not use 'attention_size'"):
        Model.model_validate({"variant": "vanilla", "decoder": {"attention": "dot", "attention_size": 3}})
