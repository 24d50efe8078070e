"""What a model needs to know of a task."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

# What every vocabulary begins with: padding, and what train has not seen often enough.
PAD, UNK = 0, 1
SPECIAL = ["<pad>", "<unk>"]  # so they are written; places are ids
# Where a sequence is written, its vocabulary goes on with where it begins and where it ends.
BOS, EOS = 2, 3
BOUNDS = ["<s>", "</s>"]


LEVELS = [round(0.05 * number, 2) for number in range(1, 20)]  # of the quantiles that are told: 0.05, 0.1, … 0.95


@dataclass(frozen=True)
class ModelSpec:
    """Written by prepare, read by train and evaluate: the only thing through which tasks and models meet.

    architecture: many_to_one reads a sequence and answers once (a class), many_to_many answers at each step,
        encoder_decoder answers with another sequence.
    outputs: number of classes, or of values to predict; ≥ 1.
    answers: whether the outputs are `classes`, one of which is right, or `numbers`, each to be told.
    features: numbers per step for real-valued input, 0 for token ids.
    vocab_size: number of token ids, 0 for real-valued input.
    steps: of every sequence, 0 where lengths differ.
    joint: encoder_decoder only: whether ids mean the same in the sequence that is read and in that which is written.
    """

    architecture: Literal["many_to_one", "many_to_many", "encoder_decoder"]
    outputs: int
    features: int = 0
    vocab_size: int = 0
    answers: Literal["classes", "numbers"] = "classes"
    steps: int = 0
    joint: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
