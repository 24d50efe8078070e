"""A baseline that is itself a network: trained as a pipeline's model is, by params that its target declares."""

from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from kassandra.contracts.artifacts import CHECKPOINTS, read_json
from kassandra.contracts.section import check
from kassandra.params.sections.kind import Pipeline
from kassandra.training.checkpoint import Checkpoint, digest, home
from kassandra.training.fingerprint import fingerprint, set_up
from kassandra.training.folder import build
from kassandra.training.loop import train
from kassandra.training.pair import Pair
from kassandra.training.progress import Display
from kassandra.training.rooms import code


def trained(name: str, prepared: Path, params: Pipeline, spec: ModuleType, seed: int) -> Any:
    """Its predictions of test; trained on the CPU, by as many threads as `spec` says, in at most MOST_STEPS steps."""
    sections = {"model": spec.MODEL, "train": spec.TRAIN}
    fixed: Any = check(type(params), params.model_dump(exclude_unset=True) | sections, f"baseline of {name}")
    meta, device = read_json(prepared / "meta.json"), set_up("cpu", fixed.train.threads)
    pair = Pair.of(params.input, params.target, meta, device)
    files = [prepared / f"{split}.npz" for split in ("train", "valid", "test")]
    splits = [pair.read(file) for file in files]
    most = spec.MOST_STEPS // pair.steps(splits[0], fixed.train)
    how = fixed.train.model_copy(update={"epochs": max(1, min(fixed.train.epochs, most))})

    torch.manual_seed(seed)
    model = build(params.target, meta, fixed.model)
    made_on = fingerprint(device, how.threads, how.precision)
    key = digest(seed, fixed.model_dump(), meta, made_on, *files[:2], *code(params.input, params.target))
    checkpoint = Checkpoint(home() / CHECKPOINTS / f"{name}-baseline-{key}")
    with Display() as display:
        learned = train(model, pair, splits[0], splits[1], how, seed, checkpoint, display.watcher())
    model.load_state_dict(learned.weights)
    checkpoint.remove()
    return pair.target.predictions(model.eval(), pair.numbered_batches(splits[2]), splits[2].targets)
