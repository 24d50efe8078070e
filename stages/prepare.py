"""data/raw/<pipeline>/ → data/prepared/<pipeline>/: sequences in train.npz, valid.npz, test.npz, and meta.json."""

from contextlib import suppress

from kassandra.contracts.artifacts import PREPARED, RAW
from kassandra.contracts.kinds import part
from kassandra.params.sections.pipeline import read_pipeline, reading
from stages import run


def main(name: str) -> None:
    params, seed = read_pipeline(name)
    reader = part("inputs", params.input, "prepare", reading(params.input, params.target))
    target = part("targets", params.target, "prepare", "stage")
    with suppress(OSError):  # what is written there says why
        (PREPARED / name).mkdir(parents=True, exist_ok=True)
    print(target.prepare(reader, RAW / name, PREPARED / name, params, seed))


if __name__ == "__main__":
    run(main, __doc__)
