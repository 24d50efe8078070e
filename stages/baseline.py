"""data/prepared/<pipeline>/ → data/baselines/<pipeline>.parquet: what other models predict of the test split."""

import time

from kassandra.contracts.artifacts import BASELINES, PREPARED
from kassandra.contracts.kinds import part, part_if_any
from kassandra.contracts.tables import write_table
from kassandra.params.sections.pipeline import read_pipeline, reading
from stages import run


def main(name: str) -> None:
    params, seed = read_pipeline(name)
    stage = part("targets", params.target, "baseline", "stage")
    seen = part_if_any("inputs", params.input, "baseline", reading(params.input, params.target))
    started = time.perf_counter()
    print(f"Fitting what needs no LSTM to train and valid of {name}, to predict test", flush=True)
    predicted = stage.predictions(seen, PREPARED / name, seed)
    for column, spec in getattr(stage, "TRAINED", {}).items():
        from kassandra.training.baseline import trained  # here: most baselines need no PyTorch

        print(f"Training {column}", flush=True)
        predicted[column] = trained(name, PREPARED / name, params, spec, seed)
    write_table(BASELINES / f"{name}.parquet", predicted)
    fitted = ", ".join(str(column) for column in predicted if " @" not in str(column))
    print(f"{fitted}: {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    run(main, __doc__)
