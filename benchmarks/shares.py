"""Where the CPU time of a training goes: some steps of each pipeline under PyTorch's profiler, one thread.

    python -m benchmarks.shares                     the pipelines that are in data/prepared, into results/shares.csv
    python -m benchmarks.shares imdb --steps 100    one of them, printed alone

Shares are of operators' own time. What Python does between them, and what is read before the first step, is not in
them; and the profiler itself costs most where operators are many and small.
"""

import argparse
import os
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from kassandra.contracts.artifacts import PREPARED, read_json
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.training.fingerprint import fingerprint, precision_here, set_up
from kassandra.training.folder import build
from kassandra.training.loop import train
from kassandra.training.pair import Pair
from kassandra.training.progress import Watcher

RESULTS = Path(__file__).parent / "results" / "shares.csv"
GROUPS = {  # the first whose words are in an operator's name
    "LSTM": ("mkldnn_rnn", "lstm", "_cudnn_rnn"),
    "optimiser": ("adamw", "optimizer", "linalg_vector_norm", "foreach"),
    "other products": ("mm", "matmul", "dot", "linear", "convolution"),
    "softmax and loss": ("softmax", "nll_loss", "nllloss", "cross_entropy", "ctc", "logsumexp"),
    "embedding and gathering": ("embedding", "index", "gather", "scatter", "grid_sampler", "take"),
    "copies and fills": ("copy", "fill", "cat", "stack", "zero", "empty", "clone", "contiguous", "constant_pad"),
    "dropout and noise": ("dropout", "bernoulli", "uniform", "normal_", "rand"),
}
REST = "the rest"
CPU = torch.device("cpu")


class Some:
    """A pair of which the loop sees the first `steps` batches, and no validation."""

    def __init__(self, pair: Pair, steps: int) -> None:
        self.pair, self.number = pair, steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self.pair, name)

    def train_batches(self, *given: Any) -> Iterator[Any]:
        return islice(self.pair.train_batches(*given), self.number)

    def scores(self, *given: Any) -> dict[str, float]:
        return {"loss": 0.0}


class NoCheckpoint:
    path = Path(os.devnull)

    def restore(self, *given: Any) -> None: ...

    def save(self, *given: Any) -> None: ...


def group_of(operator: str) -> str:
    name = operator.lower()
    return next((group for group, words in GROUPS.items() if any(word in name for word in words)), REST)


def shares(name: str, steps: int) -> dict[str, Any]:
    """Of a pipeline: share of the operators' own time by group, the precision, and the milliseconds of a step."""
    params, seed = read_pipeline(name)
    meta = read_json(PREPARED / name / "meta.json")
    device = set_up("cpu", 1)
    how = params.train.model_copy(update={"epochs": 1, "precision": precision_here(device, params.train.precision)})
    pair = Pair.of(params.input, params.target, meta, device)
    torch.manual_seed(seed)
    model, split = build(params.target, meta, params.model), pair.read(PREPARED / name / "train.npz")
    silent: Any = Watcher(lambda *_: None, False)
    nothing: Any = NoCheckpoint()
    train(model, Some(pair, 3), split, split, how, seed, nothing, silent)  # kernels are made on their first use
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        train(model, Some(pair, steps), split, split, how, seed, nothing, silent)
    times = dict.fromkeys([*GROUPS, REST], 0.0)
    for event in profile.key_averages():
        times[group_of(event.key)] += event.self_cpu_time_total
    total = sum(times.values())
    rounded = {group: round(time / total, 3) for group, time in times.items()}
    return {"pipeline": name, "precision": how.precision, **rounded, "milliseconds": round(total / steps / 1000, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipelines", nargs="*", help="of params.yaml; all that are prepared")
    parser.add_argument("--steps", type=int, default=40, help="training steps that are profiled (40)")
    given = parser.parse_args()
    names = given.pipelines or sorted(path.parent.name for path in PREPARED.glob("*/meta.json"))
    if not names:
        parser.error("nothing is prepared: run `dvc repro prepare@mnist` first")
    warnings.filterwarnings("ignore", module="torch.profiler")
    rows = pd.DataFrame([shares(name, given.steps) for name in track(names, "Profiling", transient=True)])
    table = Table("", *rows["pipeline"], title=f"own time of operators, {fingerprint(CPU, 1, '')['instructions']}")
    for column in rows.columns[1:]:
        percent = column in (*GROUPS, REST)
        table.add_row(column, *(f"{each:.1%}" if percent else str(each) for each in rows[column]))
    Console().print(table)
    if not given.pipelines:
        rows.to_csv(RESULTS, index=False)
        print("Written: benchmarks/results/shares.csv")


if __name__ == "__main__":
    main()
