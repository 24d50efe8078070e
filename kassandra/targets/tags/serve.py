"""`kassandra serve` of taggers: what `kassandra predict --json` prints, of several requests at once."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.served import NoOptions as Options
from kassandra.targets.tags.evaluate.predict import Predictor
from kassandra.targets.tags.show import whole

BATCHED = True
JSON = True
LONGEST = 10_000  # steps of a sequence: a batch is as long as its longest


def answer(
    predictor: Predictor, reader: ModuleType, names: Sequence[list[str]], inputs: Sequence[Any], options: Options
) -> list[dict[str, Any]]:
    """
    Args:
        names: the steps of each sequence, as texts.

    Raises:
        KassandraError: an input is no sequence that the model reads, or too long.
    """
    if (longest := max(map(len, names))) > LONGEST:
        raise KassandraError(f"inputs: a sequence of {longest:,} steps; send at most {LONGEST:,}")
    return [whole(steps, one, predictor) for steps, one in zip(names, predictor.predict(list(inputs)), strict=True)]
