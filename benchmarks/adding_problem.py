"""The adding problem → benchmarks/results/adding_problem.json, .png: what gates are for, as a figure anyone can redo.

A sequence of `length` steps has two features: a number drawn from [0, 1), and a marker, which is 1 at two steps, one
drawn from each half of the sequence, and 0 elsewhere. The target is the sum of the two marked numbers: the first must
be remembered to the end, over at least half of the sequence. Always answering 1 has a mean squared error of twice the
variance of such a number, 1/6 = 0.1667: the naive baseline (Le et al. print 0.1767 for it).

Hochreiter & Schmidhuber (1997), section 5.4; as a benchmark of cells Le, Jaitly & Hinton (2015), section 4.1; with one
marker in each half Arjovsky, Shah & Bengio (2016).

All cells get the same hidden size, sequences, number of steps, clipping of gradients and choice of learning rates: each
is trained with every rate on the first seed, and keeps the rate with the lowest error on validation sequences. Errors
are then reported on test sequences that no choice has seen. The interval says how far other test sequences would move
the mean over seeds; how far other seeds would, the errors of the single seeds show.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from kassandra.lstm.layers import VanillaLSTM
from kassandra.targets.label.train.target import Classifier

NAMES = {"rnn": "tanh RNN", "gru": "GRU", "lstm": "LSTM"}
COLOURS = {"rnn": "#d55e00", "gru": "#0072b2", "lstm": "#009e73"}  # Okabe & Ito: distinct to colour-blind readers too
# What is given on the command line and recorded with the results, and the least of each.
SIZES = {"length": 2, "steps": 1, "batch_size": 1, "hidden_size": 1, "test_sequences": 2}
VALIDATION_SEED, TEST_SEED = 2**31 + 1, 2**31 + 2  # far from any seed for training
Errors = npt.NDArray[np.float64]


@dataclass
class Run:
    """One training: its validation error on the way, and its squared errors on the test sequences."""

    seed: int
    learning_rate: float
    cpu_seconds: float
    steps: list[int]
    validation_mse: list[float]
    squared_errors: Errors  # (sequences,)


def draw(rows: int, length: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """inputs (rows, length, 2), numbers beside markers, and targets (rows, 1) in [0, 2)."""
    numbers = torch.rand(rows, length, generator=generator)  # (rows, length)
    first = torch.randint(0, length // 2, (rows, 1), generator=generator)  # (rows, 1)
    second = torch.randint(length // 2, length, (rows, 1), generator=generator)  # (rows, 1)
    markers = torch.zeros(rows, length).scatter_(1, first, 1).scatter_(1, second, 1)  # (rows, length)
    return torch.stack([numbers, markers], dim=2), (numbers * markers).sum(dim=1, keepdim=True)


def validation(length: int) -> tuple[Tensor, Tensor]:
    """The sequences on which learning rates are chosen and curves drawn, always the same."""
    return draw(500, length, torch.Generator().manual_seed(VALIDATION_SEED))


@torch.no_grad()
def squared_errors(model: nn.Module, inputs: Tensor, targets: Tensor) -> Errors:
    """(rows,)"""
    errors: Errors = (model(inputs, None) - targets).square().squeeze(1).double().numpy()
    return errors


def train(cell: str, learning_rate: float, seed: int, args: argparse.Namespace) -> Run:
    torch.manual_seed(seed)
    stream = torch.Generator().manual_seed(seed)
    model = Classifier(VanillaLSTM(2, args.hidden_size, cell), outputs=1)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    held_out = validation(args.length)
    started = time.process_time()
    steps: list[int] = []
    curve: list[float] = []
    for step in range(1, args.steps + 1):
        inputs, targets = draw(args.batch_size, args.length, stream)  # (batch, length, 2), (batch, 1)
        loss = nn.functional.mse_loss(model(inputs, None), targets)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # without it the tanh RNN's gradients explode now and then
        optimizer.step()
        if step % max(1, args.steps // 40) == 0 or step == args.steps:
            steps.append(step)
            curve.append(float(squared_errors(model, *held_out).mean()))
    test = draw(args.test_sequences, args.length, torch.Generator().manual_seed(TEST_SEED))
    errors = squared_errors(model, *test)
    run = Run(seed, learning_rate, time.process_time() - started, steps, curve, errors)
    print(
        f"{cell:4} seed {seed}, learning rate {learning_rate:g}: {curve[-1]:.4f} ({run.cpu_seconds:.0f} CPU s)",
        flush=True,
    )
    return run


def interval(errors: Errors) -> tuple[float, float]:
    """Bootstrap 95% interval of a mean: percentiles over 2000 resamplings of the test sequences (Efron 1979)."""
    generator = np.random.default_rng(0)
    means = [generator.choice(errors, len(errors)).mean() for _ in range(2_000)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def score(errors: Errors) -> dict[str, Any]:
    low, high = interval(errors)
    return {"mse": round(float(errors.mean()), 6), "interval": [round(low, 6), round(high, 6)]}


def print_table(results: dict[str, Any]) -> None:
    rows = [("cell", "learning rate", "test MSE of each seed", "mean [95% interval]", "CPU s")]
    for cell, result in {"naive": results["naive"], **results["cells"]}.items():
        low, high = result["interval"]
        rows.append(
            (
                NAMES.get(cell, "always answering 1"),
                f"{result['learning_rate']:g}" if "learning_rate" in result else "",
                " ".join(f"{run['mse']:.5f}" for run in result.get("seeds", [])),
                f"{result['mse']:.5f} [{low:.5f}, {high:.5f}]",
                f"{result.get('cpu_seconds_of_all_trainings', 0):.0f}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print()
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def plot(runs: dict[str, list[Run]], length: int, path: Path) -> None:
    _, targets = validation(length)  # the baseline of the sequences that the lines are measured on
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for cell, trainings in runs.items():
        for run in trainings:
            axes.plot(run.steps, run.validation_mse, color=COLOURS[cell], linewidth=1.5, alpha=0.85)
        axes.plot([], [], color=COLOURS[cell], label=NAMES[cell])
    naive = float((targets - 1).square().mean())
    axes.axhline(naive, color="black", linestyle="--", linewidth=1, zorder=3, label="always answering 1")
    axes.set_yscale("log")
    axes.set_xlim(left=0, right=trainings[0].steps[-1])
    axes.set_xlabel("training step")
    axes.set_ylabel("mean squared error (validation)")
    axes.set_title(f"Adding problem over {length} steps, one line per seed", loc="left")
    axes.grid(which="major", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(path, dpi=150, metadata={"Software": None})


def whole_numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def rates(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Trains a tanh RNN, a GRU and an LSTM to add two marked numbers of a long sequence, and compares "
        "their errors with that of always answering 1.",
        epilog="Try --length 10: the tanh RNN can do it too. Give --out another folder, to keep the committed results.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--length", type=int, default=100, help="steps per sequence; the first number must be kept for half"
    )
    parser.add_argument(
        "--seeds", type=whole_numbers, default="0,1,2", help="one training each; the first picks the rate"
    )
    parser.add_argument("--steps", type=int, default=2000, help="gradient steps per training, each on fresh sequences")
    parser.add_argument("--learning-rates", type=rates, default="0.001,0.003,0.01", help="tried for each cell")
    parser.add_argument("--hidden-size", type=int, default=32, help="width of h, the same for each cell")
    parser.add_argument("--batch-size", type=int, default=32, help="sequences per gradient step")
    parser.add_argument("--test-sequences", type=int, default=10_000, help="held out, never used for a choice")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder of the results")
    args = parser.parse_args()
    for name, least in SIZES.items():
        if getattr(args, name) < least:
            parser.error(f"argument --{name.replace('_', '-')}: {getattr(args, name)} must be ≥ {least}")
    return args


def main() -> None:
    args = arguments()
    # One thread: at this size a second one costs more than it gives, and the number of threads changes the bits.
    torch.set_num_threads(1)
    _, targets = draw(args.test_sequences, args.length, torch.Generator().manual_seed(TEST_SEED))  # (sequences, 1)
    naive: Errors = (targets - 1).square().squeeze(1).double().numpy()  # (sequences,)
    runs: dict[str, list[Run]] = {}
    results: dict[str, Any] = {name: vars(args)[name] for name in SIZES}
    results |= {"torch": torch.__version__, "threads": 1, "naive": {"answer": 1, **score(naive)}, "cells": {}}
    for cell in NAMES:
        tried = [train(cell, rate, args.seeds[0], args) for rate in args.learning_rates]
        best = min(tried, key=lambda run: run.validation_mse[-1])
        runs[cell] = [best, *(train(cell, best.learning_rate, seed, args) for seed in args.seeds[1:])]
        results["cells"][cell] = {
            "learning_rate": best.learning_rate,
            "validation_mse_by_learning_rate": {
                f"{run.learning_rate:g}": round(run.validation_mse[-1], 6) for run in tried
            },
            # Mean over seeds first, sequence by sequence: the same test sequences are resampled for all of them.
            **score(np.mean([run.squared_errors for run in runs[cell]], axis=0)),  # (sequences,)
            "seeds": [
                {"seed": run.seed, **score(run.squared_errors), "cpu_seconds": round(run.cpu_seconds, 1)}
                for run in runs[cell]
            ],
            "cpu_seconds_of_all_trainings": round(sum(run.cpu_seconds for run in [*tried, *runs[cell][1:]]), 1),
        }

    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "adding_problem.json").write_text(json.dumps(results, indent=2) + "\n")
    plot(runs, args.length, args.out / "adding_problem.png")
    print_table(results)


if __name__ == "__main__":
    main()
