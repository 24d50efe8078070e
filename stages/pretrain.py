"""data/prepared/<pipeline>/ (train and valid, without answers) → data/pretrained/<pipeline>.safetensors: first weights.

A file without weights, for pipelines without `model.pretrain`.
"""

from typing import Any

from kassandra.contracts.artifacts import CHECKPOINTS, PREPARED, PRETRAINED, read_json, write_tensors
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.pipeline import read_pipeline
from stages.script import run


def main(name: str) -> None:
    params, seed = read_pipeline(name)
    weights = pretrained(name, params, seed) if getattr(params.model, "pretrain", None) else {}
    write_tensors(PRETRAINED / f"{name}.safetensors", weights)


def pretrained(name: str, params: Pipeline, seed: int) -> dict[str, Any]:
    # Imported here, as most pipelines have no use for them.
    from kassandra.training.checkpoint import Checkpoint, digest, home
    from kassandra.training.fingerprint import fingerprint, precision_here, set_up
    from kassandra.training.pretrain import pretrain
    from kassandra.training.rooms import code

    prepared, meta = PREPARED / name, read_json(PREPARED / name / "meta.json")
    how = params.model.pretrain
    device = set_up("auto", how.threads)
    how = how.model_copy(update={"precision": precision_here(device, how.precision)})
    model = params.model.model_copy(update={"pretrain": how})
    made_on = fingerprint(device, how.threads, how.precision)
    splits = [prepared / "train.npz", prepared / "valid.npz"]
    key = digest(seed, model.model_dump(), meta, made_on, *splits, *code(params.input, params.target))
    checkpoints = home() / CHECKPOINTS / f"{name}-pretrain-{key}"
    weights = pretrain(params.input, prepared, meta, model, seed, device, checkpoints)
    Checkpoint(checkpoints).remove()
    return {name: value.cpu().numpy() for name, value in weights.items()}


if __name__ == "__main__":
    run(main, __doc__)
