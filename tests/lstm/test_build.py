import pytest
import torch

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.attention import Additive
from kassandra.lstm.build import build, build_encoder
from kassandra.params.model import ModelParams, ReaderParams, WriterParams, params_for

VANILLA = ModelParams(variant="vanilla", hidden_size=5)
READER = ReaderParams(variant="vanilla", hidden_size=5)


def params(**keys):
    return ModelParams.model_validate({"hidden_size": 5, **keys})


@pytest.mark.parametrize(
    ("spec", "params", "text"),
    [
        (
            ModelSpec("encoder_decoder", outputs=7, features=3),
            VANILLA,
            "spec.architecture: there is no model yet for 'encoder_decoder' with this input",
        ),
        (
            ModelSpec("many_to_many", outputs=7, features=3),
            VANILLA,
            "spec.architecture: there is no model yet for 'many_to_many' with this input",
        ),
        (
            ModelSpec("many_to_one", outputs=7, vocab_size=11),
            VANILLA,
            "spec: ModelParams are of models that read numbers, not token ids",
        ),
        (
            ModelSpec("many_to_one", outputs=7, features=3),
            READER,
            "spec: ReaderParams are of models that read token ids, not numbers",
        ),
        (
            ModelSpec("many_to_one", outputs=7),
            VANILLA,
            "spec: give either 'features' ≥ 1, the numbers per step, or 'vocab_size' ≥ 1, the token ids; got 0 and 0",
        ),
        (
            ModelSpec("many_to_one", outputs=7, features=3, vocab_size=11),
            READER,
            "spec: give either 'features' ≥ 1, the numbers per step, or 'vocab_size' ≥ 1, the token ids; got 3 and 11",
        ),
        (
            ModelSpec("many_to_one", outputs=0, features=3),
            VANILLA,
            "spec.outputs: 0 must be ≥ 1, the classes or values to predict",
        ),
    ],
    ids=["seq2seq", "numbers-out", "tokens-in", "numbers-in", "neither", "both", "no-outputs"],
)
def test_what_cannot_be_built_is_refused(spec, params, text):
    with pytest.raises(KassandraError) as error:
        build(spec, params)
    assert str(error.value) == text


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        (ModelSpec("many_to_one", outputs=7, features=3), ModelParams),
        (ModelSpec("many_to_one", outputs=7, vocab_size=11), ReaderParams),
        (ModelSpec("many_to_many", outputs=11, vocab_size=11), WriterParams),
    ],
    ids=["numbers", "reader", "writer"],
)
def test_each_spec_has_its_params_and_its_model(spec, kind):
    assert params_for(spec) is kind
    model = build(spec, kind(variant="vanilla", hidden_size=5))
    ids = torch.randint(2, 11, (2, 7))  # (batch, time)
    if kind is WriterParams:
        assert model.logits(model(ids).outputs).shape == (2, 7, 11)
    else:
        inputs = ids if spec.vocab_size else torch.randn(2, 7, 3)
        assert model(inputs, torch.tensor([7, 1])).shape == (2, 7)


@pytest.mark.parametrize(
    ("keys", "shape"),
    [
        ({"variant": "vanilla"}, "VanillaLSTM"),
        ({"variant": "vanilla", "readout": "max"}, "Pooled(VanillaLSTM)"),
        ({"variant": "vanilla", "readout": "concat"}, "Pooled(VanillaLSTM)"),
        ({"variant": "stacked"}, "Stacked(VanillaLSTM VanillaLSTM)"),
        ({"variant": "bidirectional"}, "Bidirectional(VanillaLSTM VanillaLSTM)"),
        ({"variant": "attention"}, "Attention(VanillaLSTM)"),
        (
            {"variant": "attention", "bidirectional": True, "num_layers": 2},
            "Attention(Stacked(Bidirectional(VanillaLSTM VanillaLSTM) Bidirectional(VanillaLSTM VanillaLSTM)))",
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
    model = build(ModelSpec("many_to_one", outputs=11, features=3), VANILLA)
    assert model(torch.randn(2, 7, 3), torch.tensor([7, 1])).shape == (2, 11)


@pytest.mark.parametrize(("size", "width"), [(None, 64), (7, 7)])
def test_width_of_additive_attention(size, width):
    encoder = build_encoder(3, params(variant="attention", attention={"kind": "additive", "size": size}))
    assert isinstance(encoder.score, Additive)
    assert encoder.score.key.out_features == width


@pytest.mark.parametrize(("kind", "weights"), [("dot", 0), ("general", 25)])
def test_weights_of_multiplicative_attention(kind, weights):
    encoder = build_encoder(3, params(variant="attention", attention={"kind": kind}))
    assert sum(weight.numel() for weight in encoder.score.parameters()) == weights


def test_dropout_reaches_layers_and_classifier():
    model = build(ModelSpec("many_to_one", outputs=7, features=3), params(variant="stacked", dropout=0.25))
    assert model.encoder.dropout.p == model.dropout.p == 0.25


def test_the_seed_decides_the_weights():
    def weights(seed):
        torch.manual_seed(seed)
        return torch.cat([w.flatten() for w in build(ModelSpec("many_to_one", 7, 3), VANILLA).parameters()])

    assert torch.equal(weights(3), weights(3))
    assert not torch.equal(weights(3), weights(5))
