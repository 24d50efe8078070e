"""Every LSTM variant on a prepared image pipeline: test accuracy with its interval, parameters, CPU seconds.

    dvc repro prepare@mnist && python -m benchmarks.variants        # about 30 minutes; continues if stopped
    python -m benchmarks.variants --seeds 0 --only vanilla,attention

All rows but the last share the training recipe of the pipeline in params.yaml; the last trains the strongest
composition longer. Weights are chosen on validation. The interval is of the mean over seeds, by the bootstrap over test
images; a seed varies the initial weights, the order and the distortions, not the split.
"""

import argparse
import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import training
from benchmarks.bootstrap import of_mean
from kassandra.contracts.artifacts import PREPARED, read_arrays, read_json, write_json
from kassandra.contracts.section import check
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.training.checkpoint import digest

ROWS: dict[str, dict[str, dict[str, Any]]] = {
    "vanilla": {"model": {"variant": "vanilla"}},
    "stacked": {"model": {"variant": "stacked"}},
    "bidirectional": {"model": {"variant": "bidirectional"}},
    "attention": {"model": {"variant": "attention"}},
    "stacked bidirectional with attention (12 epochs)": {
        "model": {"variant": "attention", "num_layers": 2, "bidirectional": True, "dropout": 0.2},
        "train": {"epochs": 12},
    },
}


def run(pipeline: str, row: str, seed: int) -> dict[str, Any]:
    """Train one row with one seed; which test images it gets right, as 0 and 1, among what is returned."""
    written, _ = read_pipeline(pipeline)
    tree = written.model_dump(exclude_unset=True)
    tree |= {"model": ROWS[row]["model"], "train": tree["train"] | ROWS[row].get("train", {})}
    params, prepared = check(type(written), tree, f"row {row!r}"), PREPARED / pipeline
    with tempfile.TemporaryDirectory() as scratch:
        trained, predictor, test = training.fit(params, prepared, seed, Path(scratch))
        predicted = predictor.outputs(test).log_probabilities.argmax(1)
    right = (predicted == read_arrays(prepared / "test.npz")["labels"]).astype(int)
    return {
        "row": row,
        "seed": seed,
        "accuracy": float(right.mean()),
        "valid_loss": min(epoch["valid_loss"] for epoch in trained.history),
        "parameters": sum(parameter.numel() for parameter in predictor.models[0].parameters()),
        "cpu_seconds": trained.cpu_seconds,
        "wrong": np.flatnonzero(right == 0).tolist(),
    }


def summary(runs: list[dict[str, Any]], examples: int) -> Table:
    table = Table("model", "test accuracy", "95% interval", "by seed", "parameters", "CPU s", box=None)
    for row in ROWS:
        of = [one for one in runs if one["row"] == row]
        if not of:
            continue
        right = np.ones((len(of), examples))
        for line, one in zip(right, of, strict=True):
            line[one["wrong"]] = 0
        rates = right.mean(0)  # (examples,): share of the seeds that get an image right
        score = of_mean(rates, 0)
        by_seed = " ".join(f"{one['accuracy']:.4f}" for one in of)
        seconds = f"{np.median([one['cpu_seconds'] for one in of]):.0f}"
        interval = f"{score.low:.4f}-{score.high:.4f}"
        table.add_row(row, f"{score.value:.4f}", interval, by_seed, f"{of[0]['parameters']:,}", seconds)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipeline", default="mnist", help="of params.yaml, already prepared (default: %(default)s)")
    parser.add_argument("--seeds", default="0,1,2", help="comma-separated (default: %(default)s)")
    parser.add_argument("--only", help="rows to run, comma-separated; all if not given")
    arguments = parser.parse_args()
    rows = arguments.only.split(",") if arguments.only else list(ROWS)
    if strange := [row for row in rows if row not in ROWS]:
        parser.error(f"--only: no row {strange[0]!r}; rows are {list(ROWS)}")
    params, _ = read_pipeline(arguments.pipeline)
    meta = read_json(PREPARED / arguments.pipeline / "meta.json")
    recipe = {"rows": ROWS, "train": params.train.model_dump(), "meta": meta, "torch": version("torch")}
    result = Path("benchmarks/results") / f"variants_{arguments.pipeline}.json"
    kept = read_json(result) if result.exists() else {}
    # What was measured with another recipe does not belong into this table.
    runs = kept["runs"] if kept.get("recipe") == digest(recipe) else []
    for seed in map(int, arguments.seeds.split(",")):
        for row in rows:
            if not any(one["row"] == row and one["seed"] == seed for one in runs):
                print(f"{row}, seed {seed}", flush=True)
                runs.append(run(arguments.pipeline, row, seed))
                write_json(result, {"recipe": digest(recipe), "train": params.train.model_dump(), "runs": runs})
    Console(width=140).print(summary(runs, meta["examples"]["test"]))


if __name__ == "__main__":
    main()
