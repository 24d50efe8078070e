"""What every trained model that is put to use has in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from kassandra import tasks
from kassandra.contracts.artifacts import damaged, is_sealed
from kassandra.training import folder as model_folder

# What values of a wrong kind lead to where they are first used.
NONSENSE = (
    ImportError,
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    AssertionError,
)


@contextmanager
def described_by_hand(folder: Path) -> Iterator[None]:
    """Tells of meta.json what goes wrong while the model of a folder is used, where somebody wrote it, or model.json,
    themselves. Of a model that is as training sealed it, the defect is ours, and keeps its traceback.
    """
    try:
        yield
    except NONSENSE as error:
        if all(is_sealed(folder / name) for name in ("meta.json", "model.json")):
            raise
        raise damaged(folder / "meta.json", error) from None


class Loaded:
    """What a model folder holds, in memory, in fp32.

    meta: what prepare wrote. fingerprint: of the machine that trained the model. task: how its inputs are read.
    """

    def __init__(self, folder: Path, loaded: model_folder.Loaded, device: torch.device) -> None:
        self.meta, self.fingerprint = loaded.meta, loaded.fingerprint
        try:
            self.task = tasks.load(self.meta["task"]).Task(self.meta, device)
        except NONSENSE as error:
            raise damaged(folder / "meta.json", error) from None
