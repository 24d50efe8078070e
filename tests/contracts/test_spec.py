import json
from dataclasses import FrozenInstanceError

import pytest

from kassandra.contracts.spec import ModelSpec


def test_through_json_and_back():
    spec = ModelSpec(outputs=10, features=28)
    assert ModelSpec(**json.loads(json.dumps(spec.to_json()))) == spec


def test_frozen():
    with pytest.raises(FrozenInstanceError):
        ModelSpec(10).outputs = 3
