"""What the page of `kassandra explore` has to know of a recogniser: its head, and how tokens are spelled."""

from typing import Any

from kassandra.targets.transcript.train.spelling import Spelling


def answer(model: Any, meta: dict[str, Any], put: Any) -> dict[str, Any]:
    """`put` takes a tensor."""
    spelling = Spelling(meta)
    head = {"W": put(model.linear.weight), "b": put(model.linear.bias)}
    return {"answer": "transcript", "classes": spelling.pieces, "tokens": spelling.kind, "head": head}
