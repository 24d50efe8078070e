"""The encoder-decoder without attention, of Sutskever et al. (2014) in small: what attention has to beat."""

from pathlib import Path
from typing import Any

import torch

from kassandra.contracts.artifacts import CHECKPOINTS, read_json
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.build import build
from kassandra.params.model import TranslatorParams
from kassandra.params.tasks.translation import TranslationTrain
from kassandra.targets.text.train.beam_search import search
from kassandra.targets.text.train.translator import Translator
from kassandra.tasks.translation import Task
from kassandra.training.checkpoint import Checkpoint, code, digest
from kassandra.training.fingerprint import fingerprint, set_up
from kassandra.training.loop import train

# Two layers, the source from its end (section 3.3): the same sizes and the same training for every data set.
MODEL = TranslatorParams.model_validate(
    {
        "variant": "vanilla", "embedding_size": 192, "hidden_size": 192, "dropout": 0.1, "reverse_source": True,
        "decoder": {"attention": "none"},
    }
)  # fmt: skip
EPOCHS, STEPS = 4, 4000  # at most so many of either
BEAM, LENGTH_PENALTY = 5, 0.6  # as inference.Translator has them


def translations(prepared: Path, seed: int) -> list[str]:
    """One per test sentence, in order; trained on train, the epoch chosen on valid, always on the CPU.

    An interrupted training goes on where it was.
    """
    meta, device = read_json(prepared / "meta.json"), set_up("cpu", threads=1)
    task: Any = Task(meta, device)
    seen, valid = prepared / "train.npz", prepared / "valid.npz"
    split = task.read(seen)
    params = TranslationTrain(batch_tokens=512, learning_rate=0.002, warmup=0.1, device="cpu")
    steps = task.steps(split, params)
    params = params.model_copy(update={"epochs": max(1, min(EPOCHS, STEPS // steps))})
    torch.manual_seed(seed)
    model = build(ModelSpec(**meta["spec"]), MODEL)
    assert isinstance(model, Translator)
    made_on = fingerprint(device, 1, params.precision)
    key = digest(seed, MODEL.model_dump(), params.model_dump(), meta, made_on, seen, valid, *code())
    checkpoint = Checkpoint(CHECKPOINTS / f"{prepared.name}-baseline-{key}")
    model.load_state_dict(train(model, task, split, task.read(valid), params, seed, checkpoint).weights)
    checkpoint.remove()
    model.eval()
    test = task.read(prepared / "test.npz")
    written = [""] * len(test.source.lengths)
    for rows, batch in task.numbered_batches(test):
        found = search(model, batch.inputs, batch.lengths, task.longest(batch.lengths), BEAM, LENGTH_PENALTY)
        for row, one in zip(rows, found, strict=True):
            written[row] = task.text(one.tokens)
    return written
