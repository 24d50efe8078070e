"""What the page of `kassandra explore` has to know of a model of numbers: its head and its unit."""

from typing import Any

from kassandra.contracts.errors import KassandraError
from kassandra.lstm.heads import Gaussian, Quantiles, Student, normal


def answer(model: Any, meta: dict[str, Any], put: Any) -> dict[str, Any]:
    """`put` takes a tensor.

    Raises:
        KassandraError: a linear model stands beside the LSTM; or the mean is that of Student's t in logarithms.
    """
    if model.beside is not None:
        raise KassandraError("explore: the page has no linear model beside an LSTM (model.linear); train one without")
    if meta["log"] and isinstance(model.head, Student):
        raise KassandraError(
            "explore: the page has no quantiles of Student's t, whose mean is the number (prepare.log)"
        )
    head: dict[str, Any] = {"W": put(model.linear.weight), "b": put(model.linear.bias)}
    head |= {"parameters": model.head.parameters, "names": ["number"], "log": bool(meta["log"])}
    head |= {"mean": [meta["target_mean"]], "std": [meta["target_std"]], "quantiles": None}
    if meta["log"] and isinstance(model.head, Gaussian):  # the mean of numbers is not that of their logarithms
        head["normal"] = normal(model.linear.bias.detach().double()).flatten().tolist()
    if isinstance(model.head, Quantiles):
        head["quantiles"] = normal(model.linear.bias.detach().double()).flatten().tolist()
    return {"answer": "numbers", "head": head}
