"""A text classifier's first lesson: to tell the next token of the train texts, without a look at labels."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.spec import PAD, ModelSpec
from kassandra.lstm.build import build
from kassandra.params.model import Pretrain, ReaderParams, WriterParams
from kassandra.params.tasks.language import LanguageTrain
from kassandra.tasks.language import Split, Task
from kassandra.training.checkpoint import Checkpoint
from kassandra.training.loop import train

VECTORS = "embedding.table.weight"
VALID_TOKENS = 100_000  # more would cost more than they tell


def pretrain(
    prepared: Path, meta: dict[str, Any], model: ReaderParams, how: Pretrain, seed: int, device: torch.device,
    checkpoints: Path,
) -> dict[str, Tensor]:  # fmt: skip
    """Weights of embedding and encoder, named as `Classifier.begin_with` asks for.

    Args:
        prepared: holds train.npz and valid.npz, of which only the token ids are read; valid chooses the epoch.
        checkpoints: a folder for what an interrupted pretraining goes on from.
    """
    task: Any = Task({"tokens": "words", "vocabulary": []}, device)
    params = LanguageTrain(
        epochs=how.epochs, learning_rate=how.learning_rate, batch_size=how.batch_size, window=how.window,
        precision=how.precision, threads=how.threads,
    )  # fmt: skip
    weights: dict[str, Tensor] = {}
    for direction in ("ahead", "back") if model.bidirectional else ("ahead",):
        print(f"Pretraining, {direction}", flush=True)
        seen, valid = (_stream(prepared / f"{name}.npz", direction, device) for name in ("train", "valid"))
        torch.manual_seed(seed)
        size = int(meta["spec"]["vocab_size"])
        writer = build(ModelSpec("many_to_many", outputs=size, vocab_size=size), _as_writer(model, how.samples)).to(
            device
        )
        if weights:  # the token vectors are those that the forward direction has learned
            writer.load_state_dict({VECTORS: weights[VECTORS]}, strict=False)
            writer.get_parameter(VECTORS).requires_grad_(False)
        trained = train(
            writer, task, seen, Split(valid.ids[:VALID_TOKENS]), params, seed, Checkpoint(checkpoints / direction)
        )
        weights |= dict(_renamed(trained.weights, direction if model.bidirectional else None))
    return weights


def _as_writer(model: ReaderParams, samples: int | None) -> WriterParams:
    """A language model of the same layers in one direction; without dropout, as so few passes do not overfit."""
    size = {name: getattr(model, name) for name in ("cell", "hidden_size", "embedding_size")}
    several = {"variant": "stacked", "num_layers": model.num_layers} if model.num_layers > 1 else {"variant": "vanilla"}
    return WriterParams.model_validate({**size, **several, "tied": True, "samples": samples})


def _stream(split: Path, direction: str, device: torch.device) -> Split:
    """All texts of a split one after the other, or from the end to the beginning."""
    ids = torch.from_numpy(map_arrays(split)["ids"].astype("int64"))  # (tokens,)
    return Split((ids if direction == "ahead" else ids.flip(0)).to(device))


def _renamed(weights: dict[str, Tensor], direction: str | None) -> Iterator[tuple[str, Tensor]]:
    """Of a LanguageModel's weights those that a classifier has too."""
    for name, value in weights.items():
        if name.startswith("encoder."):
            yield (name if direction is None else name.replace("encoder.", f"encoder.{direction}.", 1)), value
        elif name == VECTORS:
            # The softmax over tied vectors has moved that of padding, which is to be zero in a classifier.
            value[PAD] = 0
            yield name, value
