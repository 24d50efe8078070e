"""What the page of `kassandra explore` has to know of a language model: what its outputs are compared with."""

from typing import Any


def answer(model: Any, meta: dict[str, Any], put: Any) -> dict[str, Any]:
    """`put` takes a tensor."""
    head = {"W": put(model.vectors), "b": put(model.bias)}
    if model.project is not None:
        head["P"] = put(model.project.weight)
    return {"answer": "next", "classes": [str(token) for token in meta["vocabulary"]], "head": head}
