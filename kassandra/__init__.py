"""LSTM pipelines whose numbers can be believed.

>>> import kassandra  # doctest: +SKIP
>>> model = kassandra.load("data/models/mnist")  # doctest: +SKIP
>>> model  # doctest: +SKIP
<kassandra model mnist: images → label, attention, 10 classes, 213,002 parameters>
>>> model.predict(array)[0].label  # doctest: +SKIP
'7'
"""

from typing import Any

__all__ = ["__version__", "load", "run"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: `import kassandra` stays quick for the stages that need no PyTorch.
    if name == "load":
        from kassandra.inference import load

        return load
    if name == "run":
        from kassandra.notebook import run

        return run
    if name == "__version__":
        from kassandra.contracts.extras import version

        return version()
    raise AttributeError(f"module 'kassandra' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
