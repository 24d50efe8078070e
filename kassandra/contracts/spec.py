"""What a model needs to know of the data."""

from dataclasses import asdict, dataclass
from typing import Any

# What every vocabulary begins with: padding, and what train has not seen often enough.
PAD, UNK = 0, 1
SPECIAL = ["<pad>", "<unk>"]  # so they are written; places are ids
# Where a sequence is written, its vocabulary goes on with where it begins and where it ends.
BOS, EOS = 2, 3
BOUNDS = ["<s>", "</s>"]


LEVELS = [round(0.05 * number, 2) for number in range(1, 20)]  # of the quantiles that are forecast: 0.05, 0.1, … 0.95


@dataclass(frozen=True)
class ModelSpec:
    """The sizes of a model that follow from the data: written by prepare, read by train and evaluate.

    outputs: number of classes, of values to predict, or of tokens to choose from; ≥ 1.
    features: numbers per step for real-valued input, 0 for token ids.
    vocab_size: number of token ids, 0 for real-valued input.
    steps: of every sequence, 0 where lengths differ.
    joint: of token ids on both sides: whether they mean the same in the input and in the target.
    letters: number of ids of letters, where a step is a word and its letters; else 0, and then not written.
    behind, ahead: how many of the last `features` repeat at a step what other steps show: those of steps before it,
        then those of steps after it, which models that read forwards alone need not be given; else 0, and not written.
    many: of labels, whether any number of the outputs may be right, and not just one; else False, and not written.
    """

    outputs: int
    features: int = 0
    vocab_size: int = 0
    steps: int = 0
    joint: bool = False
    letters: int = 0
    behind: int = 0
    ahead: int = 0
    many: bool = False

    def to_json(self) -> dict[str, Any]:
        rare = ("letters", "behind", "ahead", "many")
        return {name: value for name, value in asdict(self).items() if name not in rare or value}
