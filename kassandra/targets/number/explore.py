"""What the page of `kassandra explore` has to know of a model of numbers: its head and its unit."""

from typing import Any

from kassandra.contracts.errors import KassandraError
from kassandra.lstm.heads import Quantiles, normal


def answer(model: Any, meta: dict[str, Any], put: Any) -> dict[str, Any]:
    """`put` takes a tensor."""
    if model.beside is not None:
        raise KassandraError("explore: the page has no linear model beside an LSTM (model.linear); train one without")
    head: dict[str, Any] = {"W": put(model.linear.weight), "b": put(model.linear.bias)}
    head |= {"parameters": model.head.parameters, "names": ["number"], "log": bool(meta["log"])}
    head |= {"mean": [meta["target_mean"]], "std": [meta["target_std"]], "quantiles": None}
    if isinstance(model.head, Quantiles):
        head["quantiles"] = normal(model.linear.bias.detach().double()).flatten().tolist()
    return {"answer": "numbers", "head": head}
