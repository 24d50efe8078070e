"""data/raw/<pipeline>/ → data/prepared/<pipeline>/: sequences in train.npz, valid.npz, test.npz, and meta.json."""

from contextlib import suppress

from rich.filesize import decimal

from kassandra.contracts import memory
from kassandra.contracts.artifacts import PREPARED, RAW, files_in
from kassandra.contracts.kinds import part, part_if_any
from kassandra.params.sections.pipeline import read_pipeline, reading
from stages import run


def main(name: str) -> None:
    params, seed = read_pipeline(name)
    reader = part("inputs", params.input, "prepare", reading(params.input, params.target))
    target = part("targets", params.target, "prepare", "stage")
    if taken := part_if_any("inputs", params.input, "prepare", "memory"):
        raw = sum(path.stat().st_size for path in files_in(RAW / name))
        about, instead = raw * taken.TIMES, "take less data, or another machine"
        for caution in memory.check(f"prepare of {name}", f"files of {decimal(raw)}", about, 0, instead):
            print(caution, flush=True)
    with suppress(OSError):  # what is written there says why
        (PREPARED / name).mkdir(parents=True, exist_ok=True)
    print(target.prepare(reader, RAW / name, PREPARED / name, params, seed))


if __name__ == "__main__":
    run(main, __doc__)
