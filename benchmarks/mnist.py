"""The usual tutorial loop on MNIST against ours: accuracy, process CPU time and wall time, seed by seed.

    python -m benchmarks.mnist                 # 3 seeds each, interleaved; about 10 minutes on 2 cores
    python -m benchmarks.mnist --seeds 0,1     # fewer

Both train one LSTM layer of 128 that reads 28 rows and answers from its last step. The tutorial: torchvision's MNIST,
ToTensor and Normalize(0.5, 0.5) per sample, a DataLoader of batches of 64, Adam at 1e-3, 5 epochs of 60,000 images.
Ours: prepare and train as the pipeline does, 55,000 images, the rest kept for validation. Each run is a process of its
own and is timed from the raw files to the accuracy on test; the same imports come before it and are left out. Both run
with sleeping idle threads. The tutorial leaves the number of threads to PyTorch, one per core; we choose one.
"""

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# scikit-learn and _dynamo are imported where they are first needed: here, to be out of the times.
import sklearn.model_selection  # noqa: F401
import torch
import torch._dynamo
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from benchmarks import training
from kassandra.contracts.artifacts import read_arrays, write_json
from kassandra.contracts.section import check
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.sources.fetch import fetch_dataset

RAW = Path("data/raw/mnist")
RESULT = Path("benchmarks/results/mnist.json")
THREADS = 1
MODEL = {"variant": "vanilla", "hidden_size": 128}
TRAIN = {"epochs": 2, "batch_size": 64, "learning_rate": 0.005, "beta2": 0.99, "precision": "bf16", "threads": THREADS}


class TutorialLSTM(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(28, 128, batch_first=True)
        self.linear = nn.Linear(128, 10)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:  # (batch, 28, 28)
        outputs, _ = self.lstm(rows)  # (batch, 28, 128)
        logits: torch.Tensor = self.linear(outputs[:, -1])  # (batch, 10)
        return logits


def tutorial(seed: int, scratch: Path, threads: int = 0) -> float:
    """Accuracy on test of the loop that tutorials show."""
    files = scratch / "MNIST" / "raw"
    files.mkdir(parents=True)
    for packed in RAW.glob("*.gz"):
        (files / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    torch.manual_seed(seed)
    if threads:
        torch.set_num_threads(threads)
    normalise = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    train_loader, test_loader = (
        DataLoader(datasets.MNIST(str(scratch), train=part, transform=normalise), batch_size=64, shuffle=part)
        for part in (True, False)
    )
    model = TutorialLSTM()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(5):
        for images, labels in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images.view(-1, 28, 28)), labels)
            loss.backward()
            optimizer.step()
            loss.item()  # tutorials add it up
    right = 0
    with torch.no_grad():
        for images, labels in test_loader:
            right += int((model(images.view(-1, 28, 28)).argmax(1) == labels).sum())
    return right / 10_000


def ours(seed: int, scratch: Path) -> float:
    """Accuracy on test of the pipeline's own prepare, train and predict, with weights chosen on validation."""
    section = {"input": "images", "target": "label", "source": {"dataset": "mnist"}, "prepare": {}}
    params = check(pipeline_of("images", "label"), {**section, "model": MODEL, "train": TRAIN}, "benchmark")
    training.prepare(params, "mnist", scratch / "prepared", seed)
    _, predictor, test = training.fit(params, scratch / "prepared", seed, scratch)
    predicted = predictor.outputs(test).log_probabilities.argmax(1)
    return float((predicted == read_arrays(scratch / "prepared" / "test.npz")["labels"]).mean())


def timed(loop: str, seed: int, threads: int) -> dict[str, Any]:
    """One run here: its accuracy on test, CPU seconds of the process (all threads) and wall seconds."""
    with tempfile.TemporaryDirectory() as scratch:
        started, cpu_started = time.perf_counter(), time.process_time()
        accuracy = ours(seed, Path(scratch)) if loop == "ours" else tutorial(seed, Path(scratch), threads)
        cpu, wall = time.process_time() - cpu_started, time.perf_counter() - started
    return {"loop": loop, "seed": seed, "accuracy": accuracy, "cpu_seconds": cpu, "seconds": wall}


def measure(loop: str, seed: int, threads: int) -> dict[str, Any]:
    """One run in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.mnist", "--one", loop, "--seeds", str(seed), "--threads", str(threads)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0,1,2", help="comma-separated (default: %(default)s)")
    parser.add_argument("--one", choices=["tutorial", "ours"], help="run one loop here, print its figures")
    parser.add_argument("--threads", type=int, default=0, help="of the tutorial's loop; 0 is PyTorch's own choice")
    arguments = parser.parse_args()
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    if not RAW.is_dir():
        fetch_dataset("mnist", RAW)
    if arguments.one:
        print(json.dumps(timed(arguments.one, seeds[0], arguments.threads)))
        return
    runs = []
    for seed in seeds:
        for loop in ("tutorial", "ours"):  # interleaved: a busy minute of the machine hits both
            runs.append(measure(loop, seed, arguments.threads))
            print("  ".join(f"{key} {value}" for key, value in runs[-1].items()), flush=True)
    table = Table("loop", "mean accuracy", "by seed", "CPU s (median)", "wall s (median)", box=None)
    medians = {}
    for loop in ("tutorial", "ours"):
        of = [run for run in runs if run["loop"] == loop]
        accuracies = [run["accuracy"] for run in of]
        medians[loop] = [statistics.median(run[key] for run in of) for key in ("cpu_seconds", "seconds")]
        by_seed = " ".join(f"{accuracy:.4f}" for accuracy in accuracies)
        table.add_row(loop, f"{statistics.mean(accuracies):.4f}", by_seed, *(f"{time:.1f}" for time in medians[loop]))
    Console().print(table)
    cpu, wall = (usual / our for usual, our in zip(medians["tutorial"], medians["ours"], strict=True))
    print(f"The tutorial's loop takes {cpu:.1f} times our CPU time and {wall:.1f} times our wall time")
    write_json(
        RESULT,
        {
            "torch": torch.__version__,
            "tutorial_threads": arguments.threads or torch.get_num_threads(),
            "model": MODEL,
            "train": TRAIN,
            "runs": runs,
        },
    )


if __name__ == "__main__":
    main()
