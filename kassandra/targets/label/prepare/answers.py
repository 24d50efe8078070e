"""What is known of the labels of examples once these are in splits."""

from typing import Any, NamedTuple

from numpy.typing import NDArray

from kassandra.contracts.examples import Rows

SHOWN = 20  # classes that are named with their counts


class Answers(NamedTuple):
    """rows: of each split. dropped: how many examples, by reason. classes: the names of labels, in their order.

    labels: of each split, (examples,) int64, the class of each; or (examples, classes) uint8, 1 where one has a label.
    of_train: (classes,) how many examples of train have each. meta: for the end of meta.json. said: how examples and
    classes go together. before, after: what else to report, above the line on the splits and below it.
    """

    rows: dict[str, Rows]
    dropped: dict[str, int]
    classes: list[str]
    labels: dict[str, NDArray[Any]]
    of_train: list[int]
    meta: dict[str, Any]
    said: str
    before: str
    after: str
