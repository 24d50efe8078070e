"""data/prepared/<pipeline>/ → data/baselines/<pipeline>.parquet: what other models predict of the test split."""

from types import ModuleType
from typing import Any

from kassandra.contracts import artifacts
from kassandra.contracts.kinds import part, part_if_any
from kassandra.contracts.section import check
from kassandra.contracts.tables import write_table
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.pipeline import read_pipeline, reading
from stages.script import run


def main(name: str) -> None:
    params, seed = read_pipeline(name)
    stage = part("targets", params.target, "baseline", "stage")
    seen = part_if_any("inputs", params.input, "baseline", reading(params.target))
    predicted = stage.predictions(seen, artifacts.PREPARED / name, seed)
    for column, spec in getattr(stage, "TRAINED", {}).items():
        predicted[column] = trained(name, params, spec, seed)
    write_table(artifacts.BASELINES / f"{name}.parquet", predicted)


def trained(name: str, params: Pipeline, spec: ModuleType, seed: int) -> list[Any]:
    """Predictions of a model that is trained as in stages/train.py, on one thread of the CPU, by params of `spec`."""
    import torch  # here, as are those below: most baselines need no PyTorch

    from kassandra.training.checkpoint import Checkpoint, digest, home
    from kassandra.training.fingerprint import fingerprint, set_up
    from kassandra.training.folder import build
    from kassandra.training.loop import train
    from kassandra.training.pair import Pair
    from kassandra.training.rooms import code

    sections = {"model": spec.MODEL, "train": spec.TRAIN}
    fixed: Any = check(type(params), params.model_dump(exclude_unset=True) | sections, f"baseline of {name}")
    meta, device = artifacts.read_json(artifacts.PREPARED / name / "meta.json"), set_up("cpu", fixed.train.threads)
    pair = Pair.of(params.input, params.target, meta, device)
    files = [artifacts.PREPARED / name / f"{split}.npz" for split in ("train", "valid", "test")]
    splits = [pair.read(file) for file in files]
    epochs = max(1, min(fixed.train.epochs, spec.MOST_STEPS // pair.steps(splits[0], fixed.train)))
    how = fixed.train.model_copy(update={"epochs": epochs})

    torch.manual_seed(seed)
    model: Any = build(params.target, meta, fixed.model)
    made_on = fingerprint(device, how.threads, how.precision)
    key = digest(seed, fixed.model_dump(), meta, made_on, *files[:2], *code(params.input, params.target))
    checkpoint = Checkpoint(home() / artifacts.CHECKPOINTS / f"{name}-baseline-{key}")
    model.load_state_dict(train(model, pair, splits[0], splits[1], how, seed, checkpoint).weights)
    checkpoint.remove()
    predicted: list[Any] = pair.target.predictions(model.eval(), pair.numbered_batches(splits[2]), splits[2].targets)
    return predicted


if __name__ == "__main__":
    run(main, __doc__)
