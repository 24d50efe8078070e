"""One training without DVC: what the stages do, in a folder of its own."""

from pathlib import Path
from typing import Any

import torch

from kassandra import inference
from kassandra.contracts.artifacts import RAW, read_json, weights_in
from kassandra.contracts.kinds import part
from kassandra.contracts.section import check
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.pipeline import pipeline_of, reading
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.fingerprint import fingerprint, precision_here, set_up
from kassandra.training.folder import build, save_description, save_weights
from kassandra.training.loop import Trained, train
from kassandra.training.pair import Pair
from kassandra.training.progress import Display


def changed(params: Pipeline, where: str, **sections: dict[str, Any]) -> Pipeline:
    """A pipeline with other values: by section, what is to be set."""
    tree = params.model_dump(exclude_unset=True)
    for name, values in sections.items():
        tree[name] = tree[name] | values
    return check(pipeline_of(params.input, params.target), tree, where)


def prepare(params: Pipeline, name: str, folder: Path, seed: int) -> str:
    """As stages/prepare.py, from data/raw/<name> into `folder`."""
    reader = part("inputs", params.input, "prepare", reading(params.input, params.target))
    message: str = part("targets", params.target, "prepare", "stage").prepare(reader, RAW / name, folder, params, seed)
    return message


def fit(
    params: Pipeline, prepared: Path, seed: int, scratch: Path, first: dict[str, Any] | None = None
) -> tuple[Trained, Any, Any]:
    """As stages/train.py does for one member: what the loop returned, the predictor, and the test split as it reads it.

    Args:
        first: weights to begin with.
    """
    meta = read_json(prepared / "meta.json")
    device = set_up(params.train.device, params.train.threads)
    how = params.train.model_copy(update={"precision": precision_here(device, params.train.precision)})
    pair = Pair.of(params.input, params.target, meta, device)
    torch.manual_seed(seed)
    model = build(params.target, meta, params.model).to(device)
    if first:
        model.begin_with(first)
    train_split, valid, test = (pair.read(prepared / f"{split}.npz") for split in ("train", "valid", "test"))
    checkpoint = Checkpoint(scratch / "checkpoint")
    with Display() as display:
        trained = train(model, pair, train_split, valid, how, seed, checkpoint, display.watcher())
    save_weights(weights_in(scratch / "model", 1)[0], trained.weights)
    made_on = fingerprint(device, how.threads, how.precision)
    save_description(scratch / "model", meta, params, [seed], made_on)
    return trained, inference.load(scratch / "model"), test
