"""data/prepared/<pipeline>/ (train and valid, without answers) → data/pretrained/<pipeline>.safetensors: first weights.

A file without weights, for pipelines without `model.pretrain`.
"""

from typing import Any

from kassandra.contracts.artifacts import PRETRAINED, write_tensors
from kassandra.params.sections.pipeline import read_pipeline
from stages import run


def main(name: str) -> None:
    params, seed = read_pipeline(name)
    weights: dict[str, Any] = {}
    if getattr(params.model, "pretrain", None):
        from kassandra.training.pretrain import pretrained  # here: most pipelines have no use for PyTorch

        weights = pretrained(name, params, seed)
    write_tensors(PRETRAINED / f"{name}.safetensors", weights)


if __name__ == "__main__":
    run(main, __doc__)
