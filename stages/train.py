"""prepared train and valid splits, pretrained weights → data/models/<pipeline>/ and metrics/<pipeline>/history.csv."""

from pathlib import Path

import torch

from kassandra import tasks
from kassandra.contracts import artifacts
from kassandra.contracts.spec import ModelSpec
from kassandra.contracts.tables import write_table
from kassandra.lstm.build import build
from kassandra.params.pipeline import read_pipeline
from kassandra.targets.label.train.classifier import Classifier
from kassandra.training.checkpoint import Checkpoint, code, digest
from kassandra.training.fingerprint import fingerprint, precision_here, set_up
from kassandra.training.folder import load_weights, save
from kassandra.training.loop import train
from stages.script import run


def home() -> Path:
    """The repository itself, from within the copy of it that DVC makes for a queued experiment and deletes after it."""
    return next((at.parents[2] for at in Path.cwd().parents if at.parts[-3:] == (".dvc", "tmp", "exps")), Path())


def main(name: str) -> None:
    params, seed = read_pipeline(name)
    meta = artifacts.read_json(artifacts.PREPARED / name / "meta.json")
    device = set_up(params.train.device, params.train.threads)
    how = params.train.model_copy(update={"precision": precision_here(device, params.train.precision)})
    made_on = fingerprint(device, how.threads, how.precision)
    print(" · ".join(f"{key} {value}" for key, value in made_on.items()), flush=True)

    task = tasks.load(params.task).Task(meta, device)
    torch.manual_seed(seed)
    model = build(ModelSpec(**meta["spec"]), params.model).to(device)
    pretrained = artifacts.PRETRAINED / f"{name}.safetensors"
    if isinstance(model, Classifier) and (weights := load_weights(pretrained)):
        try:
            model.begin_with(weights)
        except RuntimeError as error:
            raise artifacts.damaged(pretrained, error) from None
    seen, valid = (artifacts.PREPARED / name / f"{split}.npz" for split in ("train", "valid"))
    key = digest(seed, params.model_dump(), meta, made_on, seen, valid, pretrained, *code())
    checkpoint = Checkpoint(home() / artifacts.CHECKPOINTS / f"{name}-{key}")
    trained = train(model, task, task.read(seen), task.read(valid), how, seed, checkpoint)
    digest_of_weights = save(artifacts.MODELS / name, trained.weights, meta, params.model, made_on)
    write_table(artifacts.METRICS / name / "history.csv", trained.history)
    spent = {"seconds": trained.seconds, "cpu_seconds": trained.cpu_seconds}
    artifacts.write_json(home() / artifacts.COSTS / name / f"{digest_of_weights}.json", spent)
    checkpoint.remove()
    print(f"Kept the weights of epoch {trained.kept_epoch} of {len(trained.history)} (train.keep: {params.train.keep})")


if __name__ == "__main__":
    run(main, __doc__)
