"""prepared train and valid splits, pretrained weights → data/models/<pipeline>/ and metrics/<pipeline>/history.csv."""

from contextlib import nullcontext
from typing import Any

import torch

from kassandra.contracts import artifacts
from kassandra.contracts.seeds import member_seeds
from kassandra.contracts.tables import write_table
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.training.advice import of_histories, to_try
from kassandra.training.checkpoint import home
from kassandra.training.fingerprint import fingerprint, precision_here, set_up
from kassandra.training.folder import save_description, save_kept
from kassandra.training.live import Live
from kassandra.training.member import Member, train_member
from kassandra.training.members import at_once, makespan, run_members
from kassandra.training.pair import Pair
from kassandra.training.ranks import Ranks, joined
from stages import pipeline_of_dvc, run


def main(name: str) -> None:
    with joined() as ranks:
        train(name, ranks)


def train(name: str, ranks: Ranks) -> None:
    params, seed = read_pipeline(name)
    meta, how = artifacts.read_json(artifacts.PREPARED / name / "meta.json"), params.train
    device = set_up(how.device, how.threads)
    ranks.require_device(device)
    precision, seeds = precision_here(device, how.precision), member_seeds(seed, how.seeds)
    precision = precision if ranks.all(precision == how.precision) else "fp32"
    made_on = fingerprint(device, how.threads, precision, ranks.size)
    print(" · ".join(f"{key} {value}" for key, value in made_on.items()), flush=True)

    processes = min(at_once(device, how.threads), how.seeds) if ranks.size == 1 else 1
    if how.seeds > 1:
        print(f"{how.seeds} members, {processes} at a time", flush=True)
    jobs = [(name, number, each, precision, ranks) for number, each in enumerate(seeds)]
    with Live(name, how.seeds, how.epochs, how.log) if ranks.first else nullcontext() as live:
        members = run_members(train_member, jobs, processes, live.row if live else None)
    if ranks.first:
        write(name, params, meta, seeds, made_on, members, processes)
    ranks.wait()  # until the first one has written all: whoever is lost by then goes on from its checkpoint
    for each in members:
        each.checkpoint.remove()


def write(
    name: str, params: Pipeline, meta: dict[str, Any], seeds: list[int], made_on: dict[str, str], members: list[Member],
    processes: int,
) -> None:  # fmt: skip
    """The folder of the model, its history and costs; and print what there is to say of them."""
    folder, how = artifacts.MODELS / name, params.train
    kept = Pair.of(params.input, params.target, meta, torch.device("cpu"))
    for path in set(folder.glob("*.safetensors")) - set(artifacts.weights_in(folder, how.seeds)):
        path.unlink()  # of a training with more or fewer members; DVC empties the folder, a run by hand does not
    save_description(folder, meta, params, seeds, made_on)
    save_kept(folder, kept, artifacts.PREPARED / name / "train.npz")
    rows = [{"member": number, **row} for number, each in enumerate(members) for row in each.history]
    write_table(artifacts.METRICS / name / "history.csv", rows)
    cpu_seconds = sum(each.cpu_seconds for each in members)
    spent = {"seconds": makespan([each.seconds for each in members], processes), "cpu_seconds": cpu_seconds}
    digest = artifacts.weights_digest(artifacts.weights_in(folder, how.seeds))
    artifacts.write_json(home() / artifacts.COSTS / name / f"{digest}.json", spent)
    for number, each in enumerate(members):
        which = f"Member {number}: kept" if how.seeds > 1 else "Kept"
        print(f"{which} the weights of epoch {each.kept_epoch} of {len(each.history)} (train.keep: {how.keep})")
    for sentence in of_histories([each.history for each in members]):
        print(f"Caution: {sentence}")
    for sentence in to_try(pipeline_of_dvc() or None, params, [each.history for each in members]):
        print(f"Try: {sentence}")


if __name__ == "__main__":
    run(main, __doc__, alone=False)
