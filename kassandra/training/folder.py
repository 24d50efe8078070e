"""A trained model as a folder that needs nothing beside it: weights.safetensors, model.json, meta.json."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from kassandra.before import folder_of_today, spec_of_today
from kassandra.contracts.artifacts import damaged, read_json, read_tensors, write_json, write_tensors
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import check
from kassandra.contracts.spec import ModelSpec
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.model import Model
from kassandra.params.sections.pipeline import kinds, pipeline_of
from kassandra.training.pair import target_module


class Loaded(NamedTuple):
    model: nn.Module  # on the CPU, in evaluation mode
    meta: dict[str, Any]  # what prepare wrote: classes, normalisation, …
    fingerprint: dict[str, str]  # of the machine that trained it
    input: str
    target: str


def build(target: str, meta: dict[str, Any], params: Model) -> Any:
    """The model of a target, its weights drawn from PyTorch's global generator: seed it first."""
    return target_module(target).build(ModelSpec(**spec_of_today(meta)), params)


def save(
    folder: Path, weights: dict[str, Tensor], meta: dict[str, Any], params: Pipeline, fingerprint: dict[str, str]
) -> str:
    """Write the folder; equal weights give equal bytes. Returns the sha256 of the weights' file."""
    arrays = {name: value.cpu().numpy() for name, value in weights.items()}
    digest = write_tensors(folder / "weights.safetensors", arrays)
    write_json(folder / "meta.json", meta, sealed=True)
    described = {"input": params.input, "target": params.target, "model": params.model.used()}
    write_json(folder / "model.json", {**described, "fingerprint": fingerprint}, sealed=True)
    return digest


def load_weights(path: Path) -> dict[str, Tensor]:
    """Raises KassandraError where there is no such file, or it is damaged."""
    return {name: torch.tensor(value) for name, value in read_tensors(path)[0].items()}


def load(folder: Path) -> Loaded:
    """
    Raises:
        KassandraError: a file is missing or damaged, or the weights are not those of the model described beside them.
    """
    if not folder.is_dir():
        raise KassandraError(f"{folder}: no such folder; give one that training wrote, as data/models/mnist")
    described, meta = read_json(folder / "model.json"), read_json(folder / "meta.json")
    path = folder / "weights.safetensors"
    try:
        described, meta = folder_of_today(described, meta)
        given, fingerprint, input, target = (described[key] for key in ("model", "fingerprint", "input", "target"))
        spec = ModelSpec(**meta["spec"])
        if input not in kinds("inputs") or target not in kinds("targets"):
            raise ValueError(f"there is no input {input!r} with target {target!r}")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(folder, error) from None
    weights = load_weights(path)
    kind: type[Model] = pipeline_of(input, target).model_fields["model"].annotation  # type: ignore[assignment]
    params = check(kind, given, f"{folder}/model.json")
    another = KassandraError(f"{path}: these are not the weights of the model that model.json describes")
    try:
        with torch.device("meta"):  # which takes no memory: sizes that nobody trained would be more than there is
            expected = target_module(target).build(spec, params).state_dict()
        shapes = [{name: value.shape for name, value in tensors.items()} for tensors in (expected, weights)]
        if shapes[0] != shapes[1]:
            raise another
        model: nn.Module = target_module(target).build(spec, params)
        model.load_state_dict(weights)
    except (RuntimeError, TypeError, ValueError, OverflowError):
        raise another from None
    return Loaded(model.eval(), meta, fingerprint, input, target)
