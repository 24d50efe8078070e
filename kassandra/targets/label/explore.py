"""What the page of `kassandra explore` has to know of a classifier: its head, and the names of classes."""

from typing import Any

from kassandra.contracts.errors import KassandraError


def answer(model: Any, meta: dict[str, Any], put: Any) -> dict[str, Any]:
    """`put` takes a tensor."""
    if model.beside is not None:
        raise KassandraError("explore: the page has no linear model beside an LSTM (model.linear); train one without")
    if meta.get("labels") == "many":
        raise KassandraError(
            "explore: the page shows one class of each input, and this model gives any number of labels"
        )
    head = {"W": put(model.linear.weight), "b": put(model.linear.bias)}
    return {"answer": "classes", "classes": [str(name) for name in meta["classes"]], "head": head}
