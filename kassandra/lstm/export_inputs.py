"""The inputs that every model of sequences has when it is exported: names, axes, and examples of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kassandra.contracts.graph import Arrays, Axes, sized


def sequence_inputs(spec: Mapping[str, Any], padded: bool) -> dict[str, Axes]:
    """`inputs`, numbers or token ids, and `lengths` where rows are padded. `spec`: of meta.json."""
    inputs: Axes = ("batch", "time") if spec["vocab_size"] else ("batch", "time", int(spec["features"]))
    return {"inputs": inputs, "lengths": ("batch",)} if padded else {"inputs": inputs}


def sequence_example(
    spec: Mapping[str, Any], inputs: Mapping[str, Axes], sizes: Mapping[str, int], generator: np.random.Generator
) -> Arrays:
    """One row reads to the end, the others end at random."""
    shape = sized(inputs["inputs"], sizes)
    drawn: Arrays = {}
    if spec["vocab_size"]:
        drawn["inputs"] = generator.integers(0, int(spec["vocab_size"]), shape)
    else:
        drawn["inputs"] = generator.standard_normal(shape).astype(np.float32)
    if "lengths" in inputs:
        lengths = generator.integers(1, shape[1] + 1, shape[:1])
        lengths[0] = shape[1]
        drawn["lengths"] = lengths
    return drawn
