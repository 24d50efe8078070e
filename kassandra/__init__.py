"""LSTM pipelines whose numbers can be believed.

>>> import kassandra  # doctest: +SKIP
>>> model = kassandra.load("data/models/mnist")  # doctest: +SKIP
>>> model.predict(array)[0].label  # doctest: +SKIP
'7'
"""

from typing import Any

__all__ = ["load"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: `import kassandra` stays quick for the stages that need no PyTorch.
    if name == "load":
        from kassandra.inference import load

        return load
    raise AttributeError(f"module 'kassandra' has no attribute {name!r}")
