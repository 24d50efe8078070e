"""An unfinished training on disk: all that the next run needs to end with the same bytes as if never interrupted."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kassandra.contracts.artifacts import missing, read_tensors, sha256, write_tensors
from kassandra.contracts.errors import KassandraError


def digest(*parts: Any) -> str:
    """Names a training: the hash of its params, data, code and fingerprint. Paths stand for their content.

    Raises:
        KassandraError: a file is not there.
    """
    result = hashlib.sha256()
    for part in parts:
        try:
            if isinstance(part, Path):  # of any size
                result.update(bytes.fromhex(sha256(part)))
            else:
                result.update(hashlib.sha256(json.dumps(part, sort_keys=True).encode()).digest())
        except FileNotFoundError:
            raise missing(part) from None
    return result.hexdigest()[:16]


def home() -> Path:
    """The repository itself, from within the copy of it that DVC makes for a queued experiment and deletes after it."""
    return next((at.parents[2] for at in Path.cwd().parents if at.parts[-3:] == (".dvc", "tmp", "exps")), Path())


class Checkpoint:
    """One file, replaced after each epoch: weights, best weights, optimiser, random states (safetensors, no pickle)."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "checkpoint.safetensors"

    def save(
        self, model: nn.Module, best: dict[str, Tensor], optimizer: torch.optim.Optimizer, generator: torch.Generator,
        progress: dict[str, Any],
    ) -> None:  # fmt: skip
        tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
        tensors |= {f"best.{name}": value for name, value in best.items()}
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items()}
        tensors |= {"random.order": generator.get_state(), "random.cpu": torch.get_rng_state()}
        if torch.cuda.is_available():
            tensors["random.cuda"] = torch.cuda.get_rng_state()
        arrays = {name: value.detach().cpu().numpy() for name, value in tensors.items()}
        write_tensors(self.path, arrays, progress=json.dumps(progress))

    def restore(
        self, model: nn.Module, optimizer: torch.optim.Optimizer, generator: torch.Generator
    ) -> tuple[dict[str, Any], dict[str, Tensor]] | None:
        """Put everything back; returns the progress and the best weights, or None where nothing was begun."""
        if not self.path.exists():
            return None
        try:
            arrays, texts = read_tensors(self.path)
            progress = json.loads(texts["progress"])
        except (KassandraError, KeyError, json.JSONDecodeError):
            print(f"{self.path}: damaged; training starts anew", flush=True)
            return None
        tensors = {name: torch.tensor(value) for name, value in arrays.items()}
        model.load_state_dict(_under("model.", tensors))
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("optimizer.", tensors).items():
            index, _, key = name.partition(".")
            state.setdefault(int(index), {})[key] = value
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
        generator.set_state(tensors["random.order"])
        torch.set_rng_state(tensors["random.cpu"])
        if "random.cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random.cuda"])
        return progress, _under("best.", tensors)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
