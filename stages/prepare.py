"""data/raw/<pipeline>/ → data/prepared/<pipeline>/: sequences in train.npz, valid.npz, test.npz, and meta.json."""

from kassandra import tasks
from kassandra.contracts.artifacts import PREPARED, RAW
from kassandra.params.pipeline import read_pipeline
from stages.script import run


def main(name: str) -> None:
    params, seed = read_pipeline(name)
    print(tasks.load(params.task).prepare(RAW / name, PREPARED / name, params.prepare, seed, params.source))


if __name__ == "__main__":
    run(main, __doc__)
