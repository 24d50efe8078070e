"""What holds for every model that reads token ids: padding and the rest of a batch never matter, nor does dropout."""

import functools
import math

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from kassandra.contracts.spec import PAD, ModelSpec
from kassandra.lstm.encoder import Encoded
from kassandra.params.sections.model import TokenModel
from kassandra.targets.label.train.target import build

pytestmark = pytest.mark.usefixtures("one_thread")
VOCABULARY, CLASSES = 31, 5
VARIANTS = {
    "vanilla": {"variant": "vanilla"},
    "concat": {"variant": "vanilla", "readout": "concat"},
    "gru-concat": {"variant": "vanilla", "cell": "gru", "readout": "concat"},
    "stacked": {"variant": "stacked"},
    "stacked-concat": {"variant": "stacked", "num_layers": 3, "readout": "concat"},
    "two-way": {"variant": "bidirectional", "num_layers": 2},
    "two-way-max": {"variant": "bidirectional", "readout": "max"},
    "two-way-concat": {"variant": "bidirectional", "readout": "concat"},
    "additive": {"variant": "attention"},
    "general": {"variant": "attention", "bidirectional": True, "attention": {"kind": "general"}},
}
DROPOUT = {"dropout": 0.5, "embedding_dropout": 0.4, "word_dropout": 0.3, "weight_dropout": 0.2}
LENGTHS = st.lists(st.integers(1, 7), min_size=1, max_size=5)
SEED = st.integers(0, 99)
quick = settings(max_examples=2)
every_variant = pytest.mark.parametrize("keys", VARIANTS)


def params_of(name, **more):
    return TokenModel.model_validate({"hidden_size": 5, "embedding_size": 3, **VARIANTS[name], **more})


@functools.cache
def model_of(name):
    torch.manual_seed(0)
    return build(ModelSpec(CLASSES, vocab_size=VOCABULARY), params_of(name))


def batch(lengths, seed, extra=0, garbage=PAD):
    """Texts drawn by seed, the same whatever `extra` padding and which token is `garbage` in it."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.full((len(lengths), max(lengths) + extra), garbage)
    for row, length in enumerate(lengths):
        ids[row, :length] = torch.randint(1, VOCABULARY, (length,), generator=generator)
    return ids


def read(model, ids, lengths):
    """Logits, and the gradient of a loss on them with respect to every weight."""
    logits = model(ids, lengths)
    wanted = dict(model.named_parameters())
    got = torch.autograd.grad((logits * logits.detach().cos()).sum(), list(wanted.values()))
    return logits, dict(zip(wanted, got, strict=True))


@every_variant
@quick
@given(lengths=LENGTHS, extra=st.integers(0, 5), garbage=st.integers(0, VOCABULARY - 1), seed=SEED)
@example(lengths=[5, 1, 7, 3], extra=2, garbage=17, seed=0)
def test_padding_never_matters(keys, lengths, extra, garbage, seed):
    """PITFALLS 1: neither how much of it there is nor which token ids stand in it, to logits or to learning."""
    model, rows = model_of(keys), torch.tensor(lengths)
    clean, gradients = read(model, batch(lengths, seed), rows)
    dirty, dirty_gradients = read(model, batch(lengths, seed, extra, garbage), rows)
    torch.testing.assert_close(dirty, clean, rtol=0, atol=1e-5)
    for name, gradient in gradients.items():
        torch.testing.assert_close(dirty_gradients[name], gradient, rtol=1e-5, atol=1e-5, msg=name)
    assert dirty_gradients["embedding.table.weight"][PAD].eq(0).all()


@every_variant
@quick
@given(lengths=LENGTHS, seed=SEED)
@example(lengths=[5, 1, 7, 3], seed=0)
def test_a_text_alone_is_the_text_in_a_batch(keys, lengths, seed):
    """PITFALLS 4."""
    model, ids = model_of(keys), batch(lengths, seed, extra=1, garbage=9)
    together = model(ids, torch.tensor(lengths))
    for row, length in enumerate(lengths):
        for rows in (torch.tensor([length]), None):
            alone = model(ids[row : row + 1, :length], rows)
            torch.testing.assert_close(together[row : row + 1], alone, rtol=0, atol=1e-5)


@every_variant
def test_every_token_is_heard(keys):
    """PITFALLS 2: by each number of the summary that has read the text to its end, be it from the left or the right."""
    model, length = model_of(keys), 5
    ids, rows = batch([length, 7], 0), torch.tensor([length, 7])
    vectors = model.embedding(ids).detach().requires_grad_()
    encoded: Encoded = model.encoder(vectors, rows)
    ends = encoded.summary[0]
    if keys.endswith("max"):
        return  # a largest value comes from one step, which may have read little
    ends = ends[: len(ends) // 3] if keys.endswith("concat") else ends
    for number in ends:
        (gradient,) = torch.autograd.grad(number, vectors, retain_graph=True)
        assert gradient[0, :length].ne(0).any(dim=1).all()


def test_concat_is_the_end_the_largest_and_the_mean():
    for name in ("concat", "two-way-concat"):
        encoder, lengths = model_of(name).encoder, [5, 1, 3]
        inputs = torch.randn(3, 7, 3)
        encoded = encoder(inputs, torch.tensor(lengths))
        inside = encoder.encoder(inputs, torch.tensor(lengths))
        for row, length in enumerate(lengths):
            valid = inside.outputs[row, :length]
            expected = torch.cat([inside.summary[row], valid.amax(0), valid.mean(0)])
            torch.testing.assert_close(encoded.summary[row], expected, rtol=0, atol=1e-6)
        assert encoder.output_size == encoded.summary.shape[1] == 3 * inside.summary.shape[1]


@every_variant
def test_dropout_is_decided_by_the_seed_and_off_in_evaluation(keys):
    """PITFALLS 16: what evaluation gives is what the same weights give without any dropout."""
    torch.manual_seed(0)
    model = build(ModelSpec(CLASSES, vocab_size=VOCABULARY), params_of(keys, **DROPOUT))
    ids, lengths = batch([5, 1, 3], 0), torch.tensor([5, 1, 3])

    def under(seed):
        torch.manual_seed(seed)
        return model(ids, lengths)

    assert torch.equal(under(1), under(1))
    assert not torch.equal(under(1), under(2))
    model.eval()
    assert torch.equal(under(1), under(2))
    assert torch.equal(under(1), model_of(keys)(ids, lengths))


@pytest.mark.parametrize("name", DROPOUT)
def test_each_kind_of_dropout_does_something(name):
    torch.manual_seed(0)
    model = build(ModelSpec(CLASSES, vocab_size=VOCABULARY), params_of("stacked", **{name: 0.5}))
    ids, lengths = batch([5, 1, 3], 0), torch.tensor([5, 1, 3])
    assert not torch.equal(model(ids, lengths), model(ids, lengths))


@every_variant
def test_the_initial_loss_is_that_of_a_guess(keys):
    """PITFALLS 5."""
    lengths = torch.randint(1, 12, (64,), generator=torch.Generator().manual_seed(0)).tolist()
    logits = model_of(keys)(batch(lengths, 1), torch.tensor(lengths))
    loss = F.cross_entropy(logits, torch.arange(64) % CLASSES)
    assert loss.item() == pytest.approx(math.log(CLASSES), abs=0.3)


@every_variant
@pytest.mark.slow
def test_eight_texts_can_be_learned_by_heart_and_padding_stays_zero(keys):
    """PITFALLS 5 and 16."""
    torch.manual_seed(3)
    model = build(ModelSpec(CLASSES, vocab_size=VOCABULARY), params_of(keys, hidden_size=17))
    lengths = [7, 1, 2, 3, 4, 5, 6, 7]
    ids, rows, targets = batch(lengths, 0), torch.tensor(lengths), torch.arange(8) % CLASSES
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.03, weight_decay=0.01)
    for _ in range(200):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(ids, rows), targets)
        if loss.item() < 0.01:
            break
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.01
    assert model.embedding.table.weight[PAD].eq(0).all()
