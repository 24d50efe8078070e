"""A trained model as a folder that needs nothing beside it: the weights of each member, model.json, meta.json.

One member is weights.safetensors; several are weights-0.safetensors, weights-1.safetensors and so on. Where an input
has more to keep than fits into meta.json, as a network whose features it reads, that is input.safetensors.
"""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from kassandra.before import folder_of_today, spec_of_today
from kassandra.contracts.artifacts import (
    damaged,
    no_model,
    read_json,
    read_tensors,
    weights_in,
    write_json,
    write_tensors,
)
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import check
from kassandra.contracts.spec import ModelSpec
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.model import Model
from kassandra.params.sections.pipeline import kinds, pipeline_of
from kassandra.training.pair import Pair, target_module

KEPT = "input.safetensors"


class Loaded(NamedTuple):
    members: list[nn.Module]  # on the CPU, in evaluation mode
    seeds: list[int]  # of each; of models of before 0.2, which do not say, empty
    meta: dict[str, Any]  # what prepare wrote: classes, normalisation, …
    fingerprint: dict[str, str]  # of the machine that trained it
    input: str
    target: str


def build(target: str, meta: dict[str, Any], params: Model) -> Any:
    """The model of a target, its weights drawn from PyTorch's global generator: seed it first."""
    return target_module(target).build(ModelSpec(**spec_of_today(meta)), params)


def save_weights(path: Path, weights: dict[str, Tensor]) -> None:
    """Equal weights give equal bytes."""
    write_tensors(path, {name: value.cpu().numpy() for name, value in weights.items()})


def save_description(
    folder: Path, meta: dict[str, Any], params: Pipeline, seeds: list[int], fingerprint: dict[str, str]
) -> None:
    """What stands beside the weights."""
    write_json(folder / "meta.json", meta, sealed=True)
    described = {"input": params.input, "target": params.target, "model": params.model.used(), "seeds": seeds}
    write_json(folder / "model.json", {**described, "fingerprint": fingerprint}, sealed=True)


def save_kept(folder: Path, pair: Pair, train: Path) -> None:
    """What the input keeps of the train split, to read further inputs with; see training.pair."""
    if kept := pair.kept(train):
        write_tensors(folder / KEPT, kept)


def equip(pair: Pair, folder: Path) -> None:
    """Gives the input what `save_kept` kept of it.

    Raises:
        KassandraError: it is damaged.
    """
    if not (folder / KEPT).exists():
        return
    kept, _ = read_tensors(folder / KEPT)
    try:
        pair.equip(kept)
    except KassandraError as error:
        raise damaged(folder / KEPT, error) from None


def load_weights(path: Path) -> dict[str, Tensor]:
    """Raises KassandraError where there is no such file, or it is damaged."""
    return {name: torch.tensor(value) for name, value in read_tensors(path)[0].items()}


def load(folder: Path, member: int | None = None) -> Loaded:
    """All members, or one.

    Raises:
        KassandraError: a file is missing or damaged, the weights are not those of the model described beside them, or
            there is no such member.
    """
    if not folder.is_dir():
        raise no_model(folder)
    described, meta = read_json(folder / "model.json"), read_json(folder / "meta.json")
    try:
        described, meta = folder_of_today(described, meta)
        given, fingerprint, input, target = (described[key] for key in ("model", "fingerprint", "input", "target"))
        seeds = [int(each) for each in described.get("seeds", [])]
        spec = ModelSpec(**meta["spec"])
        if input not in kinds("inputs") or target not in kinds("targets"):
            raise ValueError(f"there is no input {input!r} with target {target!r}")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(folder, error) from None
    paths = weights_in(folder, max(len(seeds), 1))
    if member is not None:
        if not 0 <= member < len(paths):
            raise KassandraError(f"{folder}: no member {member}; it has {len(paths)}, from 0 to {len(paths) - 1}")
        paths, seeds = [paths[member]], seeds[member : member + 1]
    kind: type[Model] = pipeline_of(input, target).model_fields["model"].annotation  # type: ignore[assignment]
    params = check(kind, given, f"{folder}/model.json")
    members = [_model(path, target, spec, params) for path in paths]
    return Loaded(members, seeds, meta, fingerprint, input, target)


def _model(path: Path, target: str, spec: ModelSpec, params: Model) -> nn.Module:
    weights = load_weights(path)
    another = KassandraError(f"{path}: these are not the weights of the model that model.json describes")
    try:
        with torch.device("meta"):  # which takes no memory: sizes that nobody trained would be more than there is
            model: nn.Module = target_module(target).build(spec, params)
        shapes = [{name: value.shape for name, value in each.items()} for each in (model.state_dict(), weights)]
        if shapes[0] != shapes[1]:
            raise another
        model.to_empty(device="cpu").load_state_dict(weights)
    except (RuntimeError, TypeError, ValueError, OverflowError):
        raise another from None
    return model.eval()
