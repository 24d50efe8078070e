"""A trained model as a folder that needs nothing beside it: weights.safetensors, model.json, meta.json."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from kassandra.contracts.artifacts import damaged, read_json, read_tensors, write_json, write_tensors
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.build import Model, build
from kassandra.params.model import ModelParams, params_for
from kassandra.params.section import check


class Loaded(NamedTuple):
    model: Model  # on the CPU, in evaluation mode
    meta: dict[str, Any]  # what prepare wrote: task, classes, normalisation, …
    fingerprint: dict[str, str]  # of the machine that trained it


def save(
    folder: Path, weights: dict[str, Tensor], meta: dict[str, Any], params: ModelParams, fingerprint: dict[str, str]
) -> str:
    """Write the folder; equal weights give equal bytes. Returns the sha256 of the weights' file."""
    arrays = {name: value.cpu().numpy() for name, value in weights.items()}
    digest = write_tensors(folder / "weights.safetensors", arrays)
    write_json(folder / "meta.json", meta, sealed=True)
    write_json(folder / "model.json", {"model": params.used(), "fingerprint": fingerprint}, sealed=True)
    return digest


def load_weights(path: Path) -> dict[str, Tensor]:
    """
    Raises:
        KassandraError: there is no such file, or it is damaged.
    """
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
        params, fingerprint, spec = described["model"], described["fingerprint"], ModelSpec(**meta["spec"])
    except (KeyError, TypeError) as error:
        raise damaged(folder, error) from None
    weights, checked = load_weights(path), check(params_for(spec), params, f"{folder}/model.json")
    another = KassandraError(f"{path}: these are not the weights of the model that model.json describes")
    try:
        with torch.device("meta"):  # which takes no memory: sizes that nobody trained would be more than there is
            expected = build(spec, checked).state_dict()
        if {name: value.shape for name, value in expected.items()} != {
            name: value.shape for name, value in weights.items()
        }:
            raise another
        model = build(spec, checked)
        model.load_state_dict(weights)
    except (RuntimeError, TypeError, ValueError, OverflowError):
        raise another from None
    return Loaded(model.eval(), meta, fingerprint)
