"""`kassandra generate`: a language model writes, and each piece is shown at once."""

import sys
from types import ModuleType

from kassandra.targets.next.evaluate.predict import Predictor

COMMAND = "generate"


def show(
    predictor: Predictor, _reader: ModuleType, given: list[str], _as_json: bool,
    length: int, temperature: float, top_p: float, seed: int,
) -> None:  # fmt: skip
    """Print the prompt, which is all that is given, and what the model writes after it.

    Raises:
        KassandraError: a value is out of range, or nothing of the prompt is in the vocabulary.
    """
    prompt = given[0].replace("\\n", "\n")
    if not prompt.strip() and not set(prompt) & set(predictor.meta["vocabulary"]):
        prompt = predictor.pair.target.start
    begun = False
    for piece in predictor.write(prompt, length, temperature, top_p, seed):
        if not begun:  # only now is it sure that the values are in range
            sys.stdout.write(prompt.lstrip("\n"))
            begun = True
        sys.stdout.write(piece)
        sys.stdout.flush()
    sys.stdout.write("\n")
