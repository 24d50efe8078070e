"""Small trainings on real images: 60 to train on, 50 to choose on, a model of 5 hidden units."""

from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save

from kassandra.contracts.spec import ModelSpec
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.label.train.target import build
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.pair import Split
from tests.trained import train

MODEL_PARAMS, TRAIN_PARAMS = (
    pipeline_of("images", "label").model_fields[section].annotation for section in ("model", "train")
)
MODEL = {"variant": "vanilla", "hidden_size": 5, "dropout": 0.3}
TRAIN = {"epochs": 3, "batch_size": 20, "learning_rate": 0.02, "threads": 1}
DISTORT = {"shift": 1, "rotate": 8, "scale": 0.1, "shear": 3}


@pytest.fixture(scope="session")
def splits(pair, prepared):
    return Split(*(part[:60] for part in pair.read(prepared / "train.npz"))), pair.read(prepared / "valid.npz")


@pytest.fixture
def run(pair, splits, tmp_path, capsys, request):
    """A training as the stage does it; returns what it returned, the bytes of its weights, and what it printed."""

    def run(keys=None, *, model=None, seed=0, pair=pair, splits=splits, checkpoint=tmp_path / "checkpoint"):
        if (keys or {}).get("precision") == "bf16":  # before the seed is set, as asking draws random numbers
            request.getfixturevalue("bf16")
        torch.manual_seed(seed)
        built = build(ModelSpec(10, 28), MODEL_PARAMS.model_validate(MODEL | (model or {})))
        params = TRAIN_PARAMS.model_validate(TRAIN | (keys or {}))
        capsys.readouterr()
        trained = train(built, pair, *splits, params, seed, Checkpoint(checkpoint))
        return SimpleNamespace(
            trained=trained, history=trained.history, weights=save(trained.weights), printed=capsys.readouterr().out,
            checkpoint=checkpoint,
        )  # fmt: skip

    return run


@pytest.fixture
def fresh(run, tmp_path):
    """Like run, each time beside no checkpoint."""
    folders = iter(tmp_path / f"checkpoint {number}" for number in range(99))
    return lambda *args, **keys: run(*args, checkpoint=next(folders), **keys)
