"""Language models: the prediction of a token knows nothing of it, and a loss of samples is that of all."""

import math

import pytest
import torch
from torch.nn import functional as F

from kassandra.contracts.spec import PAD, ModelSpec
from kassandra.params.targets.next import Model
from kassandra.targets.next.train.target import build

pytestmark = pytest.mark.usefixtures("cpu")
VOCABULARY = 11
VARIANTS = {
    "vanilla": {"variant": "vanilla"},
    "gru": {"variant": "vanilla", "cell": "gru"},
    "stacked": {"variant": "stacked", "num_layers": 3},
    "tied": {"variant": "vanilla", "tied": True},
    "tied-same-width": {"variant": "stacked", "tied": True, "embedding_size": 5},
}
DROPOUT = {"dropout": 0.5, "embedding_dropout": 0.4, "word_dropout": 0.3, "weight_dropout": 0.2}
every_variant = pytest.mark.parametrize("name", VARIANTS)


def model_of(name, vocabulary=VOCABULARY, **more):
    torch.manual_seed(0)
    params = Model.model_validate({"hidden_size": 5, "embedding_size": 3, **VARIANTS[name], **more})
    return build(ModelSpec(vocabulary, vocab_size=vocabulary), params)


def ids(batch=2, time=7, vocabulary=VOCABULARY, seed=0):
    return torch.randint(2, vocabulary, (batch, time), generator=torch.Generator().manual_seed(seed))


def logits(model, some, state=None):
    return model.logits(model(some, state).outputs)


@every_variant
def test_later_tokens_are_not_known(name):
    """A causal model: neither the value nor the gradient of a step hears of a later one."""
    model, some = model_of(name), ids()
    for now in (0, 3, 5):
        other = torch.cat([some[:, : now + 1], ids(seed=1)[:, now + 1 :]], dim=1)
        expected, got = logits(model, some), logits(model, other)
        torch.testing.assert_close(got[:, : now + 1], expected[:, : now + 1], rtol=0, atol=1e-6)
        assert not torch.equal(got[:, now + 1 :], expected[:, now + 1 :])
        vectors = model.embedding(some).detach().requires_grad_()
        (gradient,) = torch.autograd.grad(model.encoder(vectors, None).outputs[:, now].sum(), vectors)
        assert gradient[:, : now + 1].ne(0).any(2).all()
        assert gradient[:, now + 1 :].eq(0).all()


@every_variant
def test_windows_are_one_long_run(name):
    model, some = model_of(name), ids(time=9)
    state, parts = None, []
    for window in some.split([1, 5, 3], dim=1):
        read = model(window, state)
        state = read.state
        parts.append(model.logits(read.outputs))
    torch.testing.assert_close(torch.cat(parts, dim=1), logits(model, some), rtol=0, atol=1e-6)


@every_variant
def test_the_initial_loss_is_that_of_a_guess(name):
    """PITFALLS 5."""
    model, some = model_of(name), ids(8, 30)
    outputs = model(some).outputs
    losses = model.losses(outputs[:, :-1].flatten(0, 1), some[:, 1:].flatten())
    assert losses.mean().item() == pytest.approx(math.log(VOCABULARY), abs=0.1)


@every_variant
def test_losses_are_log_probabilities(name):
    model, some = model_of(name), ids()
    outputs, targets = model(some).outputs[:, :-1].flatten(0, 1), some[:, 1:].flatten()
    expected = -model.logits(outputs).log_softmax(1)[torch.arange(len(targets)), targets]
    torch.testing.assert_close(model.losses(outputs, targets), expected)
    assert model.logits(outputs).exp().sum(1).gt(0).all()


@every_variant
def test_dropout_is_decided_by_the_seed_and_off_in_evaluation(name):
    """PITFALLS 16 and 17."""
    model, some = model_of(name, **DROPOUT, samples=3), ids()

    def under(seed):
        torch.manual_seed(seed)
        return logits(model, some)

    assert torch.equal(under(1), under(1))
    assert not torch.equal(under(1), under(2))
    model.eval()
    assert torch.equal(under(1), under(2))
    assert torch.equal(under(1), logits(model_of(name), some))


def test_the_outputs_are_dropped_alike_at_every_step_and_what_is_raw_is_not():
    model = model_of("vanilla", dropout=0.5)
    read = model(ids())
    zero = read.outputs.eq(0)
    assert torch.equal(zero, zero[:, :1].expand_as(zero))
    assert 0 < zero.sum() < zero.numel()
    assert read.raw.ne(0).all()
    torch.testing.assert_close(read.outputs[~zero], 2 * read.raw[~zero])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tied", "tied-same-width"])
def test_tied_is_one_table_and_it_learns_from_both_its_uses(name):
    """Press & Wolf (2017)."""
    model, some = model_of(name), ids()
    names = dict(model.named_parameters())
    assert model.vectors is model.embedding.table.weight
    assert "weight" not in names
    assert ("project.weight" in names) == (name == "tied")  # where widths differ, a layer stands between
    untied = dict(model_of(name, tied=False).named_parameters())
    assert untied["weight"].shape == (VOCABULARY, 5)
    assert untied["weight"].data_ptr() != untied["embedding.table.weight"].data_ptr()
    unread, unasked = 9, 10
    some[some >= unread] = 2
    some[:, -1] = unasked  # is counted, never read
    outputs = model(some[:, :-1]).outputs.flatten(0, 1)
    model.losses(outputs, some[:, 1:].flatten()).sum().backward()
    assert model.vectors.grad[unasked].ne(0).any()
    before = model.vectors.detach().clone()
    torch.optim.SGD(model.parameters(), 0.1).step()
    assert model.vectors[2:].ne(before[2:]).all()
    assert torch.equal(model.embedding(torch.tensor([[unasked]]))[0, 0], model.vectors[unasked])


@pytest.mark.parametrize("name", ["vanilla", "tied"])
@pytest.mark.parametrize("vocabulary", [3, 11, 50])
def test_with_many_samples_the_loss_is_that_of_all(name, vocabulary):
    """Then every token is among those drawn, and each is expected to be: value and gradient are those of the whole."""
    model = model_of(name, vocabulary, samples=5000).train()
    with torch.no_grad():
        model.vectors.normal_()
        model.bias.normal_()
    outputs, targets = torch.randn(20, model.vectors.shape[1], requires_grad=True), torch.arange(20) % vocabulary
    got, expected = model.losses(outputs, targets), F.cross_entropy(model.logits(outputs), targets, reduction="none")
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)
    gradients = [torch.autograd.grad(loss.sum(), [outputs, model.vectors, model.bias]) for loss in (got, expected)]
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_with_some_samples_the_mean_of_many_draws_is_near_the_loss_of_all():
    """Of most of the vocabulary: that of each draw is another."""
    model = model_of("vanilla", 30, samples=200).train()
    with torch.no_grad():
        model.vectors.normal_(0, 0.3)
    outputs, targets = torch.randn(40, 5), torch.arange(40) % 30
    drawn = torch.stack([model.losses(outputs, targets) for _ in range(200)]).detach()
    whole = model.eval().losses(outputs, targets).detach()
    assert drawn.std(0).min() > 0.001
    assert drawn.mean().item() == pytest.approx(whole.mean().item(), abs=0.1)
    assert (drawn.mean(0) - whole).abs().max() < 0.6


@pytest.mark.slow
def test_what_is_drawn_is_what_is_expected(monkeypatch):
    """The share of draws that hold a token is the probability by which its logit is corrected."""
    model = model_of("vanilla", 30, samples=4).train()
    seen: list[torch.Tensor] = []
    monkeypatch.setattr(
        torch.Tensor, "unique", lambda drawn, own=torch.Tensor.unique: seen.append(own(drawn)) or own(drawn)
    )
    for _ in range(600):
        model.losses(torch.zeros(1, 5), torch.tensor([2]))
    share = torch.bincount(torch.cat(seen), minlength=30) / len(seen)
    torch.testing.assert_close(share, model._log_drawn(torch.arange(30)).exp(), rtol=0, atol=0.06)
    assert share.diff()[share[1:] < 0.9].mean() < 0


def test_a_draw_that_hits_the_target_is_left_out():
    """Were it counted, a lone target would have to beat itself. Nor does it spoil a gradient when all draws hit."""
    model = model_of("vanilla", 2, samples=1).train()
    torch.manual_seed(0)
    losses = []
    for _ in range(20):
        outputs = torch.randn(3, 5, requires_grad=True)
        loss = model.losses(outputs, torch.tensor([0, 0, 0]))
        loss.sum().backward()
        assert outputs.grad.isfinite().all()
        losses.append(loss.detach())
    hits = torch.stack(losses).eq(0).all(1)
    assert 0 < hits.sum() < 20


@every_variant
def test_scores_never_sample(name):
    model, outputs, targets = model_of(name, samples=1), None, ids().flatten()
    outputs = model(ids()).outputs.flatten(0, 1)
    assert not torch.equal(model.losses(outputs, targets), model.losses(outputs, targets))
    model.eval()
    assert torch.equal(
        model.losses(outputs, targets), F.cross_entropy(model.logits(outputs), targets, reduction="none")
    )


@pytest.mark.slow
@pytest.mark.parametrize("samples", [None, 6], ids=["all", "sampled"])
@every_variant
def test_eight_texts_can_be_learned_by_heart(name, samples):
    """PITFALLS 5."""
    torch.manual_seed(3)
    model = model_of(name, hidden_size=23, embedding_size=23, samples=samples)
    some = torch.cat([torch.arange(2, 10).unsqueeze(1), ids(8, 5)], dim=1)  # the first token says which text it is
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for step in range(900):
        optimizer.param_groups[0]["lr"] = 0.05 * min(1, (900 - step) / 500)  # the fewer samples, the noisier steps are
        optimizer.zero_grad()
        outputs = model(some[:, :-1]).outputs.flatten(0, 1)
        model.losses(outputs, some[:, 1:].flatten()).mean().backward()
        optimizer.step()
    model.eval()
    outputs = model(some[:, :-1]).outputs.flatten(0, 1)
    assert model.losses(outputs, some[:, 1:].flatten()).mean().item() < 0.01


@pytest.mark.parametrize("name", ["vanilla", "stacked"])
def test_the_vector_of_padding_stays_zero(name):
    """PITFALLS 16."""
    model, some = model_of(name, **DROPOUT), ids()
    some[1, 4:] = PAD
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        model.losses(model(some).outputs.flatten(0, 1), some.flatten()).sum().backward()
        optimizer.step()
    assert model.embedding.table.weight[PAD].eq(0).all()
