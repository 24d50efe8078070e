"""prepared train and valid splits, pretrained weights → data/models/<pipeline>/ and metrics/<pipeline>/history.csv."""

import torch

from kassandra.contracts import artifacts
from kassandra.contracts.tables import write_table
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.training.checkpoint import Checkpoint, digest, home
from kassandra.training.fingerprint import fingerprint, precision_here, set_up
from kassandra.training.folder import build, load_weights, save
from kassandra.training.loop import train
from kassandra.training.pair import Pair
from kassandra.training.rooms import code
from stages.script import run


def main(name: str) -> None:
    params, seed = read_pipeline(name)
    meta = artifacts.read_json(artifacts.PREPARED / name / "meta.json")
    device = set_up(params.train.device, params.train.threads)
    how = params.train.model_copy(update={"precision": precision_here(device, params.train.precision)})
    made_on = fingerprint(device, how.threads, how.precision)
    print(" · ".join(f"{key} {value}" for key, value in made_on.items()), flush=True)

    pair = Pair.of(params.input, params.target, meta, device)
    torch.manual_seed(seed)
    model = build(params.target, meta, params.model).to(device)
    pretrained = artifacts.PRETRAINED / f"{name}.safetensors"
    if weights := load_weights(pretrained):
        try:
            model.begin_with(weights)
        except RuntimeError as error:
            raise artifacts.damaged(pretrained, error) from None

    train_file, valid_file = (artifacts.PREPARED / name / f"{split}.npz" for split in ("train", "valid"))
    files = (train_file, valid_file, pretrained, *code(params.input, params.target))
    key = digest(seed, params.model_dump(), meta, made_on, *files)
    checkpoint = Checkpoint(home() / artifacts.CHECKPOINTS / f"{name}-{key}")
    trained = train(model, pair, pair.read(train_file), pair.read(valid_file), how, seed, checkpoint)

    sha256 = save(artifacts.MODELS / name, trained.weights, meta, params, made_on)
    write_table(artifacts.METRICS / name / "history.csv", trained.history)
    spent = {"seconds": trained.seconds, "cpu_seconds": trained.cpu_seconds}
    artifacts.write_json(home() / artifacts.COSTS / name / f"{sha256}.json", spent)
    checkpoint.remove()
    print(f"Kept the weights of epoch {trained.kept_epoch} of {len(trained.history)} (train.keep: {params.train.keep})")


if __name__ == "__main__":
    run(main, __doc__)
