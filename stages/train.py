"""data/prepared/<pipeline>/ (train and valid) → data/models/<pipeline>/ and metrics/<pipeline>/history.csv."""

from pathlib import Path

import torch

from kassandra import tasks
from kassandra.contracts.artifacts import CHECKPOINTS, COSTS, METRICS, MODELS, PREPARED, read_json, write_json
from kassandra.contracts.params import read_pipeline
from kassandra.contracts.spec import ModelSpec
from kassandra.contracts.tables import write_table
from kassandra.models.build import build
from kassandra.models.folder import save
from kassandra.training.checkpoint import Checkpoint, digest
from kassandra.training.fingerprint import fingerprint, set_up
from kassandra.training.loop import train
from stages.script import run

# What a checkpoint must have been made with to be continued.
CODE = sorted(
    path for room in ("contracts", "models", "tasks", "training") for path in Path("kassandra", room).glob("*.py")
)


def main(name: str) -> None:
    params, seed = read_pipeline(name)
    prepared = PREPARED / name
    meta = read_json(prepared / "meta.json")
    device = set_up(params.train.device, params.train.threads)
    made_on = fingerprint(device, params.train.threads, params.train.precision)
    print(" · ".join(f"{key} {value}" for key, value in made_on.items()), flush=True)

    task = tasks.load(params.task).Task(meta, device)
    torch.manual_seed(seed)
    model = build(ModelSpec(**meta["spec"]), params.model).to(device)

    seen, valid = prepared / "train.npz", prepared / "valid.npz"
    key = digest(seed, params.model_dump(), meta, made_on, seen, valid, *CODE)
    checkpoint = Checkpoint(CHECKPOINTS / f"{name}-{key}")
    trained = train(model, task, task.read(seen), task.read(valid), params.train, seed, checkpoint)

    weights = save(MODELS / name, trained.weights, meta, params.model, made_on)
    write_table(METRICS / name / "history.csv", trained.history)
    spent = {"seconds": trained.seconds, "cpu_seconds": trained.cpu_seconds}
    write_json(COSTS / f"{name}.json", {"weights": weights, **spent})
    checkpoint.remove()
    print(f"Kept the weights of epoch {trained.kept_epoch} of {len(trained.history)} (train.keep: {params.train.keep})")


if __name__ == "__main__":
    run(main, __doc__)
