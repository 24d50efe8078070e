import pytest
import torch

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.build import build_encoder, build_reader
from kassandra.lstm.summaries import AdditiveScorer
from kassandra.params.sections.model import Model, TokenModel
from kassandra.targets.label.train.target import build

VANILLA = Model(variant="vanilla", hidden_size=5)
READER = TokenModel(variant="vanilla", hidden_size=5)


def params(**keys):
    return Model.model_validate({"hidden_size": 5, **keys})


@pytest.mark.parametrize(
    ("spec", "params", "text"),
    [
        (ModelSpec(7, vocab_size=11), VANILLA, "spec: these params are of models that read numbers, not token ids"),
        (ModelSpec(7, features=3), READER, "spec: these params are of models that read token ids, not numbers"),
        (
            ModelSpec(7),
            VANILLA,
            "spec: give either 'features' ≥ 1, the numbers per step, or 'vocab_size' ≥ 1, the token ids; got 0 and 0",
        ),
        (
            ModelSpec(7, features=3, vocab_size=11),
            READER,
            "spec: give either 'features' ≥ 1, the numbers per step, or 'vocab_size' ≥ 1, the token ids; got 3 and 11",
        ),
        (ModelSpec(0, features=3), VANILLA, "spec.outputs: 0 must be ≥ 1, the classes or values to predict"),
    ],
    ids=["tokens-in", "numbers-in", "neither", "both", "no-outputs"],
)
def test_what_cannot_be_built_is_refused(spec, params, text):
    with pytest.raises(KassandraError) as error:
        build_reader(spec, params)
    assert str(error.value) == text


@pytest.mark.parametrize("spec", [ModelSpec(7, features=3), ModelSpec(7, vocab_size=11)], ids=["numbers", "tokens"])
def test_a_model_reads_numbers_or_tokens(spec):
    model = build(spec, READER if spec.vocab_size else VANILLA)
    inputs = torch.randint(2, 11, (2, 7)) if spec.vocab_size else torch.randn(2, 7, 3)
    assert model(inputs, torch.tensor([7, 1])).shape == (2, 7)


@pytest.mark.parametrize(
    ("keys", "shape"),
    [
        ({"variant": "vanilla"}, "VanillaLSTM"),
        ({"variant": "vanilla", "readout": "max"}, "Pooled(VanillaLSTM)"),
        ({"variant": "vanilla", "readout": "concat"}, "Pooled(VanillaLSTM)"),
        ({"variant": "stacked"}, "Stacked(VanillaLSTM VanillaLSTM)"),
        ({"variant": "bidirectional"}, "Bidirectional(VanillaLSTM VanillaLSTM)"),
        ({"variant": "attention"}, "Attentive(VanillaLSTM)"),
        (
            {"variant": "attention", "bidirectional": True, "num_layers": 2},
            "Attentive(Stacked(Bidirectional(VanillaLSTM VanillaLSTM) Bidirectional(VanillaLSTM VanillaLSTM)))",
        ),
    ],
)
def test_variants_are_compositions(keys, shape):
    def spell(module):
        inner = " ".join(filter(None, map(spell, module.children())))
        name = type(module).__name__
        if name == "ModuleList":
            return inner
        if type(module).__module__.startswith("torch") or not hasattr(module, "causal"):
            return ""
        return f"{name}({inner})" if inner else name

    assert spell(build_encoder(3, params(**keys))) == shape


def test_sizes_follow_the_parameters():
    encoder = build_encoder(3, params(variant="attention", bidirectional=True, num_layers=2))
    assert encoder.output_size == 10
    assert encoder(torch.randn(2, 7, 3), None).outputs.shape == (2, 7, 10)
    assert build_encoder(3, params(variant="bidirectional", readout="concat")).output_size == 30
    model = build(ModelSpec(outputs=11, features=3), VANILLA)
    assert model(torch.randn(2, 7, 3), torch.tensor([7, 1])).shape == (2, 11)


@pytest.mark.parametrize(("size", "width"), [(None, 64), (7, 7)])
def test_width_of_additive_attention(size, width):
    encoder = build_encoder(3, params(variant="attention", attention={"kind": "additive", "size": size}))
    assert isinstance(encoder.score, AdditiveScorer)
    assert encoder.score.key.out_features == width


@pytest.mark.parametrize(("kind", "weights"), [("dot", 0), ("general", 25)])
def test_weights_of_multiplicative_attention(kind, weights):
    encoder = build_encoder(3, params(variant="attention", attention={"kind": kind}))
    assert sum(weight.numel() for weight in encoder.score.parameters()) == weights


def test_dropout_reaches_layers_and_classifier():
    model = build(ModelSpec(outputs=7, features=3), params(variant="stacked", dropout=0.25))
    assert model.encoder.dropout.p == model.dropout.p == 0.25


def test_the_seed_decides_the_weights():
    def weights(seed):
        torch.manual_seed(seed)
        return torch.cat([w.flatten() for w in build(ModelSpec(7, 3), VANILLA).parameters()])

    assert torch.equal(weights(3), weights(3))
    assert not torch.equal(weights(3), weights(5))
