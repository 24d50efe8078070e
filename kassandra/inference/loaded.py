"""What every trained model that is put to use has in common."""

from pathlib import Path

import torch

from kassandra import tasks
from kassandra.contracts.artifacts import damaged
from kassandra.models import folder as model_folder

# What values of a wrong kind lead to where they are first used.
NONSENSE = (ImportError, LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RuntimeError)


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
