"""What a linear model sees of examples: where an input and a target meet that need no PyTorch."""

from typing import Any, NamedTuple


class View(NamedTuple):
    """
    name: of the baseline, as evaluation shows it.
    known, unknown: (examples, features) arrays or sparse matrices: examples to fit to, and examples to predict.
    counts: whether features are counts of things that an example holds; a target may then weigh each by how much more
        frequent it is inside of a class than outside.
    options: of the linear model.
    """

    name: str
    known: Any
    unknown: Any
    options: dict[str, Any]
    counts: bool = False
