"""Small trainings by ranks: `python -m tests.training.ranked <prepared images> <prepared text> <folder>`, started once
for each rank, writes what each has at the end; `trainings` is what is trained, for the test that compares."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from kassandra.contracts.artifacts import read_json
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.training import loop
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.folder import build
from kassandra.training.pair import Pair
from kassandra.training.progress import Display
from kassandra.training.ranks import joined

SEED = 5
# 550 images in batches of 61, the last one of a single row, of which all ranks but one have none; 5 parts of a text.
IMAGES = {
    "model": {"variant": "stacked", "num_layers": 2, "hidden_size": 5, "dropout": 0.2},
    "train": {"epochs": 2, "batch_size": 61, "learning_rate": 0.01, "distort": {"shift": 1}, "clip": 0.5},
}
TEXT = {
    "model": {"variant": "vanilla", "hidden_size": 6, "embedding_size": 5, "dropout": 0.2, "weight_dropout": 0.1},
    "train": {"epochs": 2, "batch_size": 5, "window": 300, "activation_regularisation": 2.0,
              "temporal_regularisation": 1.0},
}  # fmt: skip


def trainings(images: Path, text: Path, folder: Path, ranks: Any) -> Iterator[tuple[str, loop.Trained]]:
    for input, target, prepared, how in (("images", "label", images, IMAGES), ("text", "next", text, TEXT)):
        section = {"input": input, "target": target, "source": {"dataset": "any"}, "prepare": {}}
        params = pipeline_of(input, target).model_validate(section | how)
        meta = read_json(prepared / "meta.json")
        pair = Pair.of(input, target, meta, torch.device("cpu"))
        torch.manual_seed(SEED)
        model = build(target, meta, params.model)
        splits = [pair.read(prepared / f"{name}.npz") for name in ("train", "valid")]
        checkpoint = Checkpoint(folder / f"checkpoint-{input}-{ranks.rank}")
        with Display() as display:
            watcher = display.watcher()
            yield input, loop.train(model, pair, *splits, params.train, SEED, checkpoint, watcher, ranks)


if __name__ == "__main__":
    torch.set_num_threads(1)
    paths = [Path(each) for each in sys.argv[1:]]
    with joined() as ranks:
        for name, trained in trainings(*paths, ranks):
            save_file(trained.weights, paths[-1] / f"{name}-{ranks.size}-{ranks.rank}.safetensors")
        ranks.wait()
