"""A model folder of random weights, for what does not depend on what a model has learned."""

from pathlib import Path
from typing import Any


def save_untrained(
    folder: Path, input: str, target: str, meta: dict[str, Any], change: Any = None, **model: Any
) -> Path:
    """Writes the folder, and returns it.

    Args:
        meta: of prepared data. change: called with the model before it is saved. model: keys of `model:`.
    """
    import torch

    from kassandra.contracts.section import check
    from kassandra.params.sections.pipeline import pipeline_of
    from kassandra.training.folder import build
    from tests.trained import save

    source = {"path": "mine", "time": "t", "target": "x"} if target in ("forecast", "gap") else {"path": "mine"}
    section = {"input": input, "target": target, "source": source, "prepare": {}, "train": {}}
    section["model"] = {"variant": "vanilla", "hidden_size": 5, **model}
    params = check(pipeline_of(input, target), section, "pipelines.mine")
    torch.manual_seed(0)
    made = build(target, meta, params.model)
    if change:
        change(made)
    save(folder, [made.state_dict()], meta, params, {})
    return folder


TAGGER = {
    "spec": {"outputs": 5, "vocab_size": 6, "letters": 10},
    "vocabulary": ["<pad>", "<unk>", "to", "new", "york", "fly"],
    "alphabet": ["<pad>", "<unk>", *"toneywfl"],
    "lowercase": True,
    "tags": ["O", "B-a", "I-a", "B-<b>", "I-<b>"],
    "spans": True,
    "steps": "words",
}  # what meta.json says of words and their tags


def shaken(model: Any) -> None:
    """Weights of a chain begin at 0; others are small."""
    import torch

    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.5)
