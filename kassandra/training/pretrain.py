"""Lessons that a model learns before it sees an answer; its input declares them."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from kassandra.contracts.kinds import part
from kassandra.params.sections.model import Model
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.loop import train


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
        trained = train(
            learner, lesson, train_split, valid_split, lesson.params, seed, Checkpoint(checkpoints / lesson.name)
        )
        weights |= dict(lesson.kept(trained.weights))
    return weights
