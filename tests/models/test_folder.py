"""What is saved is loaded again, for every variant."""

import pytest
import torch

from kassandra.contracts.model_params import USES, ModelParams
from kassandra.contracts.spec import ModelSpec
from kassandra.models.build import build
from kassandra.models.folder import load, save

SPEC = ModelSpec("many_to_one", outputs=3, features=5)
COMBINED = {"variant": "attention", "num_layers": 2, "bidirectional": True, "attention": {"kind": "dot"}}


@pytest.mark.parametrize("given", [*({"variant": variant} for variant in USES), COMBINED], ids=str)
def test_a_saved_model_is_the_same_when_loaded(given, tmp_path):
    params = ModelParams(hidden_size=7, **given)
    model = build(SPEC, params).eval()
    save(tmp_path / "model", model.state_dict(), {"spec": SPEC.to_json()}, params, {"device": "cpu"})
    loaded = load(tmp_path / "model")
    inputs = torch.randn(2, 11, 5)  # (batch, time, features)
    assert torch.equal(loaded.model(inputs, None), model(inputs, None))
    assert loaded.fingerprint == {"device": "cpu"}
