"""What the page of `kassandra explore` has to know of a classifier: its head, and the names of classes."""

from typing import Any


def answer(model: Any, meta: dict[str, Any], put: Any) -> dict[str, Any]:
    """`put` takes a tensor."""
    head = {"W": put(model.linear.weight), "b": put(model.linear.bias)}
    return {"answer": "classes", "classes": [str(name) for name in meta["classes"]], "head": head}
