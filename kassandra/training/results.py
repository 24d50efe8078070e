"""What a training leaves when all of its members are done: the model's folder, its history, and what it cost."""

from typing import Any

import torch

from kassandra.contracts import artifacts
from kassandra.contracts.tables import write_table
from kassandra.params.sections.kind import Pipeline
from kassandra.training.checkpoint import home
from kassandra.training.folder import save_description, save_kept
from kassandra.training.member import Member
from kassandra.training.members import makespan
from kassandra.training.pair import Pair


def save(
    name: str, params: Pipeline, meta: dict[str, Any], seeds: list[int], made_on: dict[str, str], members: list[Member],
    processes: int,
) -> None:  # fmt: skip
    """`members` have written their weights themselves; `processes` of them were trained side by side."""
    folder = artifacts.MODELS / name
    weights = artifacts.weights_in(folder, len(members))
    for path in set(folder.glob("*.safetensors")) - set(weights):
        path.unlink()  # of a training with more or fewer members; DVC empties the folder, a run by hand does not
    save_description(folder, meta, params, seeds, made_on)
    pair = Pair.of(params.input, params.target, meta, torch.device("cpu"))
    save_kept(folder, pair, artifacts.PREPARED / name / "train.npz")
    rows = [{"member": number, **row} for number, each in enumerate(members) for row in each.history]
    write_table(artifacts.METRICS / name / "history.csv", rows)
    cpu_seconds = sum(each.cpu_seconds for each in members)
    spent = {"seconds": makespan([each.seconds for each in members], processes), "cpu_seconds": cpu_seconds}
    artifacts.write_json(home() / artifacts.COSTS / name / f"{artifacts.weights_digest(weights)}.json", spent)
