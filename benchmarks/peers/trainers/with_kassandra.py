# mypy: ignore-errors
"""Kassandra: its own loop on data that its own `prepare` has made of the arrays."""

import csv
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from benchmarks.peers.rows import SYMBOLS
from benchmarks.peers.trainers.clock import Clock, asked
from kassandra.contracts.artifacts import PREPARED, read_json
from kassandra.notebook import NAME, run
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.fingerprint import set_up
from kassandra.training.folder import build
from kassandra.training.loop import train
from kassandra.training.pair import Pair


class Timed(Pair):
    """Tells a clock when an epoch's batches begin and when they are done: validation is not counted."""

    clock: Clock

    def train_batches(self, split, params, generator):
        self.clock.begin()
        yield from super().train_batches(split, params, generator)

    def scores(self, model, split):
        self.clock.end()
        return super().scores(model, split)


class Silent:
    """A watcher that says nothing."""

    live = False

    def __getattr__(self, name):
        return lambda *said: None


def section(row, sizes, train):
    """Of params.yaml: the plain LSTM of the sizes, without dropout and distortion."""
    model = {"variant": "vanilla", "hidden_size": sizes["hidden"]}
    train |= {"clip": 1.0, "threads": 1, "seeds": 1, "learning_rate": 0.001, "schedule": "constant"}
    if "embedding" in sizes:
        model["embedding_size"] = sizes["embedding"]
    if row == "images":
        source, batches = {"dataset": "mnist"}, {"batch_size": sizes["batch"]}
        return {"input": "images", "target": "label", "source": source, "prepare": {"scan": "rows"}, "model": model,
                "train": train | batches}  # fmt: skip
    if row == "reviews":
        source, batches = {"text": "text", "label": "label"}, {"batch_tokens": sizes["batch"] * 400}
        words = {"tokens": "words", "vocab_size": sizes["vocabulary"], "max_length": 400}
        return {"input": "text", "target": "label", "source": source, "prepare": words,
                "model": model | {"variant": "bidirectional"}, "train": train | batches}  # fmt: skip
    if row == "windows":
        windows = {"predict": "value", "window": sizes["window"], "horizon": sizes["horizon"], "season": 24}
        return {"input": "series", "target": "forecast", "source": {"time": "time", "target": "load"},
                "prepare": windows, "model": model, "train": train | {"batch_size": sizes["batch"]}}  # fmt: skip
    batches = {"batch_size": sizes["batch"], "window": sizes["window"]}
    return {"input": "text", "target": "next", "prepare": {"tokens": "characters"}, "model": model,
            "train": train | batches}  # fmt: skip


def files(row, arrays, folder):
    """The arrays as files that `prepare` reads: idx files, a table of texts or of hours, a text."""
    folder.mkdir()
    inputs = arrays["inputs"]
    if row == "images":
        for name, part in (("train", slice(None)), ("t10k", slice(64))):
            images, labels = inputs[part], arrays["answers"][part].astype(np.uint8)
            head = np.array([2051, *images.shape], ">i4").tobytes()
            (folder / f"{name}-images-idx3-ubyte").write_bytes(head + images.tobytes())
            head = np.array([2049, len(labels)], ">i4").tobytes()
            (folder / f"{name}-labels-idx1-ubyte").write_bytes(head + labels.tobytes())
        return folder
    if row == "reviews":
        with (folder / "reviews.csv").open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["text", "label"])
            for words, label in zip(inputs, arrays["answers"], strict=True):
                table.writerow([" ".join(_word(word) for word in words), "np"[label]])
        return folder / "reviews.csv"
    if row == "windows":
        times = np.datetime64("2000-01-01T00:00") + np.arange(len(inputs)) * np.timedelta64(1, "h")
        lines = (f"{at},{value:.4f}\n" for at, value in zip(times, inputs, strict=True))
        (folder / "hours.csv").write_text("time,load\n" + "".join(lines))
        return folder / "hours.csv"
    (folder / "text.txt").write_text("".join(SYMBOLS[symbol] for symbol in inputs))
    return folder / "text.txt"


def _word(number):
    """Of letters alone."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


def main():
    row, precision, data, sizes, epochs = asked()
    asked_for = section(row, sizes, {"epochs": epochs, "precision": precision})
    with tempfile.TemporaryDirectory() as scratch:
        given = files(row, np.load(data), Path(scratch) / "raw")
        home = run(asked_for, given, Path(scratch) / "home", last="prepare", fetched=row == "images").folder
        params, _ = read_pipeline(NAME, home / "params.yaml")
        prepared = home / PREPARED / NAME
        meta = read_json(prepared / "meta.json")
        device = set_up("cpu", 1)
        pair = Timed.of(params.input, params.target, meta, device)
        torch.manual_seed(0)
        model = build(params.target, meta, params.model)
        train_split, valid = (pair.read(prepared / f"{split}.npz") for split in ("train", "valid"))
        pair.clock = Clock(pair.size(train_split))
        train(model, pair, train_split, valid, params.train, 0, Checkpoint(Path(scratch) / "checkpoint"), Silent())


if __name__ == "__main__":
    sys.exit(main())
