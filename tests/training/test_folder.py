"""What is saved is loaded again, for every variant."""

import pytest
import torch

from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.build import build
from kassandra.params.model import ModelParams, ReaderParams, WriterParams
from kassandra.training.folder import load, save

SPEC = ModelSpec("many_to_one", outputs=3, features=5)
COMBINED = {"variant": "attention", "num_layers": 2, "bidirectional": True, "attention": {"kind": "dot"}}


@pytest.mark.parametrize("given", [*({"variant": variant} for variant in ModelParams.USES), COMBINED], ids=str)
def test_a_saved_model_is_the_same_when_loaded(given, tmp_path):
    params = ModelParams(hidden_size=7, **given)
    model = build(SPEC, params).eval()
    save(tmp_path / "model", model.state_dict(), {"spec": SPEC.to_json()}, params, {"device": "cpu"})
    loaded = load(tmp_path / "model")
    inputs = torch.randn(2, 11, 5)  # (batch, time, features)
    assert torch.equal(loaded.model(inputs, None), model(inputs, None))
    assert loaded.fingerprint == {"device": "cpu"}


READER = ModelSpec("many_to_one", outputs=3, vocab_size=11)
WRITER = ModelSpec("many_to_many", outputs=11, vocab_size=11)
TEXTS = [
    *((READER, ReaderParams, variant) for variant in ReaderParams.USES),
    *((WRITER, WriterParams, variant) for variant in WriterParams.USES),
]


@pytest.mark.parametrize(
    ("spec", "kind", "variant"), TEXTS, ids=[f"{kind.__name__}-{variant}" for _, kind, variant in TEXTS]
)
def test_a_saved_model_of_texts_is_the_same_when_loaded(spec, kind, variant, tmp_path):
    params = kind(variant=variant, hidden_size=7, embedding_size=5, embedding_dropout=0.5, weight_dropout=0.5)
    model = build(spec, params).eval()
    save(tmp_path / "model", model.state_dict(), {"spec": spec.to_json()}, params, {"device": "cpu"})
    loaded = load(tmp_path / "model").model
    ids = torch.randint(2, 11, (2, 13))  # (batch, time)
    if spec is WRITER:
        assert torch.equal(loaded.logits(loaded(ids).outputs), model.logits(model(ids).outputs))
    else:
        assert torch.equal(loaded(ids, None), model(ids, None))
    assert type(loaded) is type(model)
