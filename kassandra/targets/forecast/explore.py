"""What the page of `kassandra explore` has to know of a model of the next values: its head and unit."""

from typing import Any

from kassandra.contracts.errors import KassandraError
from kassandra.lstm.heads import Quantiles, normal


def answer(model: Any, meta: dict[str, Any], put: Any) -> dict[str, Any]:
    """`put` takes a tensor. The unit is that of the first series of train.

    Raises:
        KassandraError: windows are normalised each by itself, which the page cannot do yet.
    """
    if meta["normalise"] != "none":
        raise KassandraError(
            f"explore: the page has no prepare.normalise: {meta['normalise']} yet; `kassandra predict` answers"
        )
    steps, targets = int(meta["horizon"]), meta["targets"]
    head: dict[str, Any] = {"W": put(model.linear.weight), "b": put(model.linear.bias)}
    head |= {"parameters": model.head.parameters, "log": False, "quantiles": None}
    of = "" if meta["predict"] == "value" else f"{meta['predict']} of "
    head["names"] = [f"{of}{target}, {step + 1} ahead" for step in range(steps) for target in targets]
    for key in ("mean", "std"):
        head[key] = [float(number) for row in meta[f"target_{key}"][0] for number in row]
    if isinstance(model.head, Quantiles):
        head["quantiles"] = normal(model.linear.bias.detach().double()).flatten().tolist()
    if model.highway is not None:
        head |= {"L": put(model.highway.weight), "l": put(model.highway.bias)}
    return {"answer": "numbers", "head": head}
