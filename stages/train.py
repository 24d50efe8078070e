"""prepared train and valid splits, pretrained weights → data/models/<pipeline>/ and metrics/<pipeline>/history.csv."""

from contextlib import nullcontext

from kassandra.contracts import artifacts
from kassandra.contracts.seeds import member_seeds
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.training.advice import of_histories, to_try
from kassandra.training.fingerprint import fingerprint, precision_here, set_up
from kassandra.training.live import Live
from kassandra.training.member import train_member
from kassandra.training.members import at_once, run_members
from kassandra.training.ranks import Ranks, joined
from kassandra.training.results import save
from stages import pipeline_of_dvc, run


def main(name: str) -> None:
    with joined() as ranks:  # one, unless torchrun has started several processes
        train(name, ranks)


def train(name: str, ranks: Ranks) -> None:
    params, seed = read_pipeline(name)
    meta, how = artifacts.read_json(artifacts.PREPARED / name / "meta.json"), params.train
    device = set_up(how.device, how.threads)
    ranks.require_device(device)
    precision = ranks.lowest(precision_here(device, how.precision))
    made_on, seeds = fingerprint(device, how.threads, precision, ranks.size), member_seeds(seed, how.seeds)
    print(" · ".join(f"{key} {value}" for key, value in made_on.items()), flush=True)

    processes = 1 if ranks.size > 1 else min(at_once(device, how.threads), how.seeds)
    if how.seeds > 1:
        print(f"{how.seeds} members, {processes} at a time", flush=True)
    jobs = [(name, number, each, precision, ranks) for number, each in enumerate(seeds)]
    with Live(name, how.seeds, how.epochs, how.log) if ranks.first else nullcontext() as live:
        members = run_members(train_member, jobs, processes, live.row if live else None)
    if ranks.first:
        save(name, params, meta, seeds, made_on, members, processes)
    ranks.wait()  # whoever is lost before the first one has written all goes on from the checkpoints
    for number, each in enumerate(members):
        each.checkpoint.remove()
        which = f"Member {number}: kept" if how.seeds > 1 else "Kept"
        print(f"{which} the weights of epoch {each.kept_epoch} of {len(each.history)} (train.keep: {how.keep})")
    for sentence in of_histories([each.history for each in members]):
        print(f"Caution: {sentence}")
    for sentence in to_try(pipeline_of_dvc() or None, params, [each.history for each in members]):
        print(f"Try: {sentence}")


if __name__ == "__main__":
    run(main, __doc__, alone=False)
