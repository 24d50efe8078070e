"""Trainings in this process, and folders of models, both as the stage makes them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kassandra.contracts.artifacts import weights_in
from kassandra.params.sections.kind import Pipeline
from kassandra.training import loop
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.folder import save_description, save_weights
from kassandra.training.loop import Lesson, Trained
from kassandra.training.progress import Display


def train(
    model: nn.Module, lesson: Lesson, train_split: Any, valid_split: Any, params: Any, seed: int, checkpoint: Checkpoint
) -> Trained:
    """Of a single member; prints a line per epoch."""
    with Display() as display:
        return loop.train(model, lesson, train_split, valid_split, params, seed, checkpoint, display.watcher())


def save(
    folder: Path, members: Sequence[dict[str, Tensor]], meta: dict[str, Any], params: Pipeline,
    fingerprint: dict[str, str], seeds: Sequence[int] = (),
) -> None:  # fmt: skip
    """`members`: the weights of each; `seeds` of each, from 0 on where there are none."""
    save_description(folder, meta, params, list(seeds) or list(range(len(members))), fingerprint)
    for path, weights in zip(weights_in(folder, len(members)), members, strict=True):
        save_weights(path, weights)


def save_members(folder: Path, saved: Path, seeds: Sequence[int] = (0, 1, 2), apart: float = 0.3) -> Path:
    """A copy of the saved model in which further members are the same but for noise in their weights, as large as
    `apart` of the deviation of each; so they need no training."""
    import json
    import shutil

    from safetensors.torch import load_file

    from kassandra.contracts.artifacts import write_json

    weights = load_file(saved / "weights.safetensors")
    shutil.copytree(saved, folder, ignore=shutil.ignore_patterns("weights*"))
    described = json.loads((saved / "model.json").read_text())
    del described["sha256"]
    write_json(folder / "model.json", described | {"seeds": list(seeds)}, sealed=True)
    for number, path in enumerate(weights_in(folder, len(seeds))):
        generator = torch.Generator().manual_seed(number)
        noise = {name: torch.randn(value.shape, generator=generator) * (number > 0) for name, value in weights.items()}
        changed = {
            name: value + apart * value.std(correction=0) * noise[name]
            for name, value in weights.items()
            if value.is_floating_point()
        }
        save_weights(path, weights | changed)
    return folder
