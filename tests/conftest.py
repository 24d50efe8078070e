"""What several rooms share: the slice of real MNIST, raw, prepared and with a small model trained on it."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before PyTorch is imported
os.environ.setdefault("MPLBACKEND", "agg")

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def raw(root) -> Path:
    """600 train and 200 test images of MNIST, as they are downloaded. Not to be written to."""
    return root / "tests" / "data" / "mnist"


@pytest.fixture(scope="session")
def prepared(raw, tmp_path_factory) -> Path:
    """550 train, 50 valid and 200 test images, by rows. Not to be written to."""
    from kassandra.contracts.params import ImagesPrepare
    from kassandra.tasks.images import prepare

    folder = tmp_path_factory.mktemp("prepared")
    prepare(raw, folder, ImagesPrepare(), seed=0)
    return folder


@pytest.fixture(scope="session")
def cpu():
    """The device, with one thread: tensors this small are read faster by one than by two."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield torch.device("cpu")
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def task(prepared, cpu):
    from kassandra.contracts.artifacts import read_json
    from kassandra.tasks.images import Task

    return Task(read_json(prepared / "meta.json"), cpu)


@pytest.fixture(scope="session")
def trained(prepared, task, cpu, tmp_path_factory):
    """A small attention model; `folder` is what training wrote (not to be written to), `trained` what it returned."""
    import torch

    from kassandra.contracts.artifacts import read_json
    from kassandra.contracts.model_params import ModelParams
    from kassandra.contracts.params import ImagesTrain
    from kassandra.contracts.spec import ModelSpec
    from kassandra.models.build import build
    from kassandra.models.folder import save
    from kassandra.training.checkpoint import Checkpoint
    from kassandra.training.fingerprint import fingerprint
    from kassandra.training.loop import train

    folder, meta = tmp_path_factory.mktemp("trained"), read_json(prepared / "meta.json")
    params = ModelParams.model_validate({"variant": "attention", "hidden_size": 13, "attention": {"size": 7}})
    torch.manual_seed(0)
    model = build(ModelSpec(**meta["spec"]), params)
    splits = [task.read(prepared / f"{name}.npz") for name in ("train", "valid")]
    how = ImagesTrain(epochs=5, batch_size=16, learning_rate=0.02, threads=1)
    result = train(model, task, *splits, how, 0, Checkpoint(folder / "checkpoint"))
    save(folder / "model", result.weights, meta, params, fingerprint(cpu, 1, "fp32"))
    return SimpleNamespace(folder=folder / "model", trained=result)
