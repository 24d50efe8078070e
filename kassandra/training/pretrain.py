"""Lessons that a model learns before it sees an answer; its input declares them."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from kassandra.contracts.artifacts import CHECKPOINTS, PREPARED, damaged, read_json, read_tensors, write_tensors
from kassandra.contracts.kinds import part
from kassandra.contracts.seeds import member_seeds
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.model import Model
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.training.checkpoint import Checkpoint, digest, home
from kassandra.training.fingerprint import Precision, fingerprint, precision_here, set_up
from kassandra.training.loop import train
from kassandra.training.members import at_once, run_members
from kassandra.training.progress import Watcher
from kassandra.training.rooms import code


def pretrained(name: str, params: Pipeline, seed: int) -> dict[str, Any]:
    """The first weights of a pipeline with a section `model.pretrain`, as arrays: `<member>/<name in the model>`."""
    how = params.model.pretrain
    device = set_up("auto", how.threads)
    precision = precision_here(device, how.precision)
    jobs = [(name, each, precision) for each in member_seeds(seed, how.seeds)]
    members = run_members(pretrain_member, jobs, at_once(device, how.threads))
    arrays: dict[str, Any] = {}
    for number, path in enumerate(members):
        arrays |= {f"{number}/{key}": value for key, value in read_tensors(path / "weights.safetensors")[0].items()}
    for path in members:
        Checkpoint(path).remove()
    return arrays


def first_weights(path: Path, member: int) -> dict[str, Tensor]:
    """Those that a member begins with, of the file of all; empty where nothing was pretrained.

    Raises:
        KassandraError: the file is damaged, or has other weights.
    """
    arrays = read_tensors(path)[0]
    own = f"{member}/" if any(name.startswith(f"{member}/") for name in arrays) else "0/"  # one may serve all
    weights = {name.removeprefix(own): torch.tensor(array) for name, array in arrays.items() if name.startswith(own)}
    if arrays and not weights:
        raise damaged(path, ValueError(f"it holds no weights of member {member}"))
    return weights


def pretrain_member(watcher: Watcher, name: str, seed: int, precision: Precision) -> Path:
    """Train one, in a process of its own or in this one. Returns the folder of its checkpoints, where its weights are
    left too, until all members are done."""
    params, _ = read_pipeline(name)
    prepared, meta, how = PREPARED / name, read_json(PREPARED / name / "meta.json"), params.model.pretrain
    device = set_up("auto", how.threads)
    model = params.model.model_copy(update={"pretrain": how.model_copy(update={"precision": precision})})
    made_on = fingerprint(device, how.threads, precision)
    splits = [prepared / "train.npz", prepared / "valid.npz"]
    key = digest(seed, model.model_dump(), meta, made_on, *splits, *code(params.input, params.target))
    checkpoints = home() / CHECKPOINTS / f"{name}-pretrain-{key}"
    weights = pretrain(params.input, prepared, meta, model, seed, device, checkpoints, watcher)
    write_tensors(checkpoints / "weights.safetensors", {name: value.cpu().numpy() for name, value in weights.items()})
    return checkpoints


def pretrain(
    input: str, prepared: Path, meta: dict[str, Any], model: Model, seed: int, device: torch.device, checkpoints: Path,
    watcher: Watcher,
) -> dict[str, Tensor]:  # fmt: skip
    """Weights that a model begins with, by their names in it.

    Args:
        prepared: holds train.npz and valid.npz, of which no answer is read; valid chooses the epoch.
        model: with a section `pretrain`.
        checkpoints: a folder for what an interrupted pretraining goes on from.
    """
    weights: dict[str, Tensor] = {}
    for lesson in part("inputs", input, "train", "pretrain").lessons(model, device):
        watcher.note(f"Pretraining, {lesson.name}")
        train_split, valid_split = (lesson.read(prepared / f"{name}.npz") for name in ("train", "valid"))
        torch.manual_seed(seed)
        learner = lesson.build(int(meta["spec"]["vocab_size"]), weights)
        checkpoint = Checkpoint(checkpoints / lesson.name)
        trained = train(learner, lesson, train_split, valid_split, lesson.params, seed, checkpoint, watcher)
        weights |= dict(lesson.kept(trained.weights))
    return weights
