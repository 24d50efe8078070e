"""Lessons that a model learns before it sees an answer; its input declares them."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from kassandra.contracts.artifacts import CHECKPOINTS, PREPARED, read_json
from kassandra.contracts.kinds import part
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.model import Model
from kassandra.training.checkpoint import Checkpoint, digest, home
from kassandra.training.fingerprint import fingerprint, precision_here, set_up
from kassandra.training.loop import train
from kassandra.training.rooms import code


def pretrained(name: str, params: Pipeline, seed: int) -> dict[str, Any]:
    """The first weights of a pipeline with a section `model.pretrain`, as arrays by their names in the model."""
    prepared, meta, how = PREPARED / name, read_json(PREPARED / name / "meta.json"), params.model.pretrain
    device = set_up("auto", how.threads)
    how = how.model_copy(update={"precision": precision_here(device, how.precision)})
    model = params.model.model_copy(update={"pretrain": how})
    made_on = fingerprint(device, how.threads, how.precision)
    splits = [prepared / "train.npz", prepared / "valid.npz"]
    key = digest(seed, model.model_dump(), meta, made_on, *splits, *code(params.input, params.target))
    checkpoints = home() / CHECKPOINTS / f"{name}-pretrain-{key}"
    weights = pretrain(params.input, prepared, meta, model, seed, device, checkpoints)
    Checkpoint(checkpoints).remove()
    return {name: value.cpu().numpy() for name, value in weights.items()}


def pretrain(
    input: str, prepared: Path, meta: dict[str, Any], model: Model, seed: int, device: torch.device, checkpoints: Path
) -> dict[str, Tensor]:
    """Weights that a model begins with, by their names in it.

    Args:
        prepared: holds train.npz and valid.npz, of which no answer is read; valid chooses the epoch.
        model: with a section `pretrain`.
        checkpoints: a folder for what an interrupted pretraining goes on from.
    """
    weights: dict[str, Tensor] = {}
    for lesson in part("inputs", input, "train", "pretrain").lessons(model, device):
        print(f"Pretraining, {lesson.name}", flush=True)
        train_split, valid_split = (lesson.read(prepared / f"{name}.npz") for name in ("train", "valid"))
        torch.manual_seed(seed)
        learner = lesson.build(int(meta["spec"]["vocab_size"]), weights)
        checkpoint = Checkpoint(checkpoints / lesson.name)
        trained = train(learner, lesson, train_split, valid_split, lesson.params, seed, checkpoint)
        weights |= dict(lesson.kept(trained.weights))
    return weights
