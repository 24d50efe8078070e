"""Where a model folder comes from: its params, scores and cost, taken only where they are shown to be of these weights.

dvc.lock names the bytes of each model folder and of the scores that were made of it. What it does not vouch for is left
out of a card, and `Origin.missing` says so: a card with the scores of other weights would be worse than one without.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kassandra.contracts import lock
from kassandra.contracts.artifacts import COSTS, METRICS, MODELS, no_model, read_json, weights_digest
from kassandra.sources.catalogue import Dataset, read_catalogue

HIDDEN = "."  # files that no stage wrote


@dataclass(frozen=True)
class Origin:
    """
    params: the sections of params.yaml that trained the model, with `seed`; empty where they are not known.
    scores: test.json; None where they are not known. cost: `seconds` and `cpu_seconds` of training, or empty.
    missing: a sentence for each of these that is not known, and why.
    """

    params: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] | None = None
    cost: dict[str, float] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    @property
    def dataset(self) -> tuple[str, Dataset] | None:
        """Name and entry of the catalogue, where the model was trained on one of it."""
        name = (self.params.get("source") or {}).get("dataset")
        entry = read_catalogue().get(str(name)) if name else None
        return None if entry is None else (str(name), entry)


def origin_of(folder: Path, root: Path = Path()) -> Origin:
    """What the repository in `root` knows of the model in a folder, wherever that lies and whatever it is called: it is
    found by its bytes.

    Raises:
        KassandraError: dvc.lock or test.json cannot be read.
    """
    ours, pipelines = folder_md5(folder), _locked(root)
    name = _trained_as(ours, pipelines) or folder.resolve().name
    stages, path, missing = pipelines.get(name, {}), (MODELS / name).as_posix(), []
    train, evaluate = stages.get("train"), stages.get("evaluate")
    params: dict[str, Any] = {}
    if train is not None and train.outs.get(path) == ours:
        every = {**getattr(stages.get("prepare"), "params", {}), **train.params}
        params = {key.removeprefix(f"pipelines.{name}."): value for key, value in every.items()}
    else:
        missing.append(
            f"Params and data are not known: {root / lock.LOCK} has no training of {name!r} with these weights."
        )
    scores, results = None, root / METRICS / name / "test.json"
    if evaluate is None or evaluate.deps.get(path) != ours:
        missing.append(
            f"Scores are not known: {root / lock.LOCK} has no evaluation of these weights; `dvc repro evaluate@{name}`."
        )
    elif not results.exists() or evaluate.outs.get((METRICS / name / "test.json").as_posix()) != _md5(results):
        missing.append(f"Scores are not known: {results} is not what dvc.lock names; `dvc repro evaluate@{name}`.")
    else:
        scores = read_json(results)
    spent = root / COSTS / name / f"{weights_digest(sorted(folder.glob('*.safetensors')))}.json"
    cost = read_json(spent) if spent.exists() else {}
    return Origin(params, scores, cost, tuple(missing))


def _trained_as(md5: str, pipelines: dict[str, dict[str, lock.Stage]]) -> str | None:
    """The pipeline whose training wrote a folder of these bytes."""
    for name, stages in pipelines.items():
        if "train" in stages and stages["train"].outs.get((MODELS / name).as_posix()) == md5:
            return name
    return None


def folder_md5(folder: Path) -> str:
    """As DVC names a folder of files: the MD5 of the list of theirs.

    Raises:
        KassandraError: it is no folder.
    """
    if not folder.is_dir():
        raise no_model(folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(HIDDEN))
    entries = [{"md5": _md5(path), "relpath": path.relative_to(folder).as_posix()} for path in files]
    return f"{_hash(json.dumps(entries, sort_keys=True).encode())}.dir"


def _locked(root: Path) -> dict[str, dict[str, lock.Stage]]:
    path = root / lock.LOCK
    return lock.parse(path.read_text(encoding="utf-8"), str(path)) if path.exists() else {}


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _hash(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
