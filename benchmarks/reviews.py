"""What an LSTM needs on IMDB: more units and longer texts, pretraining, several models together; against linear models.

    dvc repro baseline@imdb && python -m benchmarks.reviews        # hours; continues if stopped
    python -m benchmarks.reviews --seeds 0 --only scratch

Rows differ from the pipeline `imdb` of params.yaml by what ROWS says. Weights are chosen on validation. The interval is
of the mean over seeds, by the bootstrap over test reviews; a seed varies the order and the initial weights, but
pretraining is done once, and the split is one.
"""

import argparse
import os
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from rich.console import Console
from rich.table import Table
from safetensors.torch import save_file

from benchmarks import training
from benchmarks.bootstrap import of_mean
from kassandra.contracts.artifacts import BASELINES, PREPARED, read_arrays, read_json, write_json
from kassandra.contracts.tables import read_table
from kassandra.judging.intervals import Estimate
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.training.checkpoint import digest
from kassandra.training.fingerprint import set_up
from kassandra.training.folder import load_weights
from kassandra.training.pretrain import pretrain
from kassandra.training.progress import Display

LARGE = {"embedding_size": 256, "hidden_size": 256, "embedding_dropout": 0.4, "dropout": 0.5}
PRETRAIN = {"epochs": 4, "learning_rate": 0.003, "batch_size": 32, "window": 70, "samples": 2000}
ROWS: dict[str, dict[str, dict[str, Any]]] = {
    "scratch": {},
    "large": {"prepare": {"max_length": 1000}, "model": LARGE, "train": {"learning_rate": 0.002}},
    "pretrained": {
        "prepare": {"max_length": 1000},
        "model": LARGE | {"pretrain": PRETRAIN},
        "train": {"learning_rate": 0.002},
    },
}
SAID = {
    "scratch": "`imdb` of params.yaml: 128 units, 400 words",
    "large": "256 units, 1,000 words",
    "pretrained": "256 units, 1,000 words, pretrained",
}
BEST = "NB-weighted bigrams + logistic regression"
RESULT = Path("benchmarks/results/reviews.json")
KEPT = Path(".checkpoints/reviews")  # first weights, and predictions of test: too large for git; may be deleted


def run(row: str, seed: int) -> dict[str, Any]:
    """Train one row with one seed."""
    written, split_seed = read_pipeline("imdb")
    params = training.changed(written, f"row {row!r}", **ROWS[row])
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        training.prepare(params, "imdb", scratch / "prepared", split_seed)
        first = pretrained(params, scratch / "prepared") if "pretrain" in ROWS[row].get("model", {}) else {}
        trained, predictor, test = training.fit(params, scratch / "prepared", seed, scratch, first)
        labels = read_arrays(scratch / "prepared" / "test.npz")["labels"]
        log_probabilities = predictor.outputs(test).log_probabilities
        KEPT.mkdir(parents=True, exist_ok=True)
        np.save(KEPT / f"{row}-{seed}.npy", log_probabilities)
    kept = min(trained.history, key=lambda epoch: epoch["valid_loss"])
    return {
        "row": row,
        "seed": seed,
        "accuracy": float((log_probabilities.argmax(1) == labels).mean()),
        "valid_loss": kept["valid_loss"],
        "valid_accuracy": kept["valid_accuracy"],
        "cpu_seconds": trained.cpu_seconds,
        "wrong": _numbers(log_probabilities.argmax(1) != labels),
    }


def pretrained(params: Pipeline, prepared: Path) -> dict[str, Any]:
    """The first weights of all seeds: pretraining costs more than all that follows, and is done once, with seed 0."""
    path = KEPT / "pretrained.safetensors"
    if not path.exists():
        started, meta = time.process_time(), read_json(prepared / "meta.json")
        device = set_up("auto", params.train.threads)
        with Display() as display:
            watcher = display.watcher()
            weights = pretrain(params.input, prepared, meta, params.model, 0, device, KEPT / "pretrain", watcher)
        save_file({name: value.contiguous() for name, value in weights.items()}, path)
        print(f"Pretraining took {time.process_time() - started:.0f} CPU s", flush=True)
    return load_weights(path)


def together(runs: list[dict[str, Any]], targets: Any) -> str:
    """Test reviews that the mean of the runs' probabilities gets wrong."""
    probabilities = [np.exp(np.load(KEPT / f"{one['row']}-{one['seed']}.npy")) for one in runs]
    answers = np.mean(probabilities, axis=0).argmax(1)
    return _numbers(answers != targets)


def _numbers(wrong: Any) -> str:
    """In one line of the file, where a list would take one for each of some thousand reviews."""
    return " ".join(map(str, np.flatnonzero(wrong)))


def right_of(wrong: str, examples: int) -> Any:
    """(examples,): 1 where an answer is right."""
    right = np.ones(examples)
    right[[int(number) for number in wrong.split()]] = 0
    return right


def compared(right: Any, baseline: Any) -> tuple[Estimate, Estimate]:
    """Mean accuracy, and by how much it is above the baseline's, paired; both (examples,) shares of being right."""
    return of_mean(right, 0), of_mean(right - baseline, 0)


def summary(kept: dict[str, Any], examples: int, baseline: Any) -> Table:
    heading = ("model", "validation", "test", "95% interval", "less the bigrams (paired)", "by seed", "CPU s")
    table = Table(*heading, box=None)
    for row in ROWS:
        of = [one for one in kept["runs"] if one["row"] == row]
        if not of:
            continue
        accuracy, gain = compared(np.mean([right_of(one["wrong"], examples) for one in of], axis=0), baseline)
        seconds = np.median([one["cpu_seconds"] for one in of])
        by_seed = " ".join(f"{one['accuracy']:.4f}" for one in of)
        valid = f"{np.mean([one['valid_accuracy'] for one in of]):.4f}"
        table.add_row(SAID[row], valid, *_cells(accuracy, gain), by_seed, f"{seconds:.0f}")
        if row in kept["together"]:
            right = right_of(kept["together"][row], examples)
            table.add_row(f"  its {len(of)} models together", "", *_cells(*compared(right, baseline)), "", "")
    if "all" in kept["together"]:
        right = right_of(kept["together"]["all"], examples)
        table.add_row(f"all {len(kept['runs'])} models together", "", *_cells(*compared(right, baseline)), "", "")
    table.add_row(BEST, "", f"{baseline.mean():.4f}", "", "", "", "")
    return table


def _cells(accuracy: Estimate, gain: Estimate) -> tuple[str, str, str]:
    interval = f"{accuracy.low:.4f}-{accuracy.high:.4f}"
    return (
        f"{accuracy.value:.4f}",
        interval,
        f"{gain.value:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]".replace("[", r"\["),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0,1,2", help="comma-separated (default: %(default)s)")
    parser.add_argument("--only", help=f"rows to run, comma-separated, of {', '.join(ROWS)}; all if not given")
    arguments = parser.parse_args()
    rows = arguments.only.split(",") if arguments.only else list(ROWS)
    if strange := [row for row in rows if row not in ROWS]:
        parser.error(f"--only: no row {strange[0]!r}; rows are {list(ROWS)}")
    params, _ = read_pipeline("imdb")
    targets = read_arrays(PREPARED / "imdb" / "test.npz")["labels"]  # (examples,), the same for every row
    baseline = (read_table(BASELINES / "imdb.parquet")[BEST].to_numpy() == targets).astype(float)
    recipe = digest({"rows": ROWS, "imdb": params.model_dump(), "torch": version("torch")})
    kept = read_json(RESULT) if RESULT.exists() else {}
    if kept.get("recipe") != recipe:  # what was measured with another recipe does not belong into this table
        kept = {"recipe": recipe, "runs": [], "together": {}}
    for seed in map(int, arguments.seeds.split(",")):
        for row in rows:
            if any(one["row"] == row and one["seed"] == seed for one in kept["runs"]):
                continue
            print(f"{row}, seed {seed}", flush=True)
            kept["runs"].append(run(row, seed))
            same = [one for one in kept["runs"] if one["row"] == row]
            # Whatever has been trained counts: none is left out for what it does on test.
            for name, models in ((row, same), ("all", kept["runs"])):
                if len(models) > 1:
                    kept["together"][name] = together(models, targets)
            write_json(RESULT, kept)
    Console(width=150).print(summary(kept, len(targets), baseline))


if __name__ == "__main__":
    main()
