"""A trained model put to use: `kassandra.load(folder)`, then `.predict(…)`, `.write(prompt)` or `.translate(texts)`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from kassandra.contracts.artifacts import damaged, is_sealed, read_json
from kassandra.contracts.extras import lacking
from kassandra.contracts.kinds import part
from kassandra.training import folder as model_folder
from kassandra.training.pair import Pair

__all__ = ["described_by_hand", "load"]

# What values of a wrong kind lead to where they are first used.
NONSENSE = (
    ImportError, LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RuntimeError, AssertionError,
)  # fmt: skip


def load(folder: str | Path, device: str | torch.device = "cpu", member: int | None = None) -> Any:
    """A trained model from its folder, as the `Predictor` of its target: targets/<target>/evaluate/predict.py.

    Args:
        folder: what training wrote, as data/models/mnist; it may lie anywhere.
        device: where to compute.
        member: one of those that were trained, from 0 on; None takes all, which answer together.

    Raises:
        KassandraError: the folder is no such folder, is damaged, or has no such member.
    """
    folder, device = Path(folder), torch.device(device)
    loaded = model_folder.load(folder, member)
    with described_by_hand(folder):
        pair = Pair.of(loaded.input, loaded.target, loaded.meta, device)
        model_folder.equip(pair, folder)
        module = part("targets", loaded.target, "evaluate", "predict")
        models = [model.to(device) for model in loaded.members]
        predictor = module.Predictor(models, pair, loaded.meta, loaded.fingerprint, loaded.seeds)
        predictor.name, predictor.input, predictor.target = folder.resolve().name, loaded.input, loaded.target
        predictor.variant = read_json(folder / "model.json")["model"]["variant"]
    return predictor


@contextmanager
def described_by_hand(folder: Path) -> Iterator[None]:
    """Blames meta.json for what goes wrong while the model of a folder is used, where somebody wrote it, or model.json,
    themselves. Of a model that is as training sealed it, the defect is ours, and keeps its traceback.
    """
    try:
        yield
    except NONSENSE as error:
        if isinstance(error, ModuleNotFoundError) and lacking(error.name):
            raise
        if all(is_sealed(folder / name) for name in ("meta.json", "model.json")):
            raise
        raise damaged(folder / "meta.json", error) from None
