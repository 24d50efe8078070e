"""`kassandra serve` of gaps: a table that is sent as a file comes back with its gaps filled and marked."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from kassandra.contracts.served import OfSeries as Options
from kassandra.targets.gap.show import filled_rows

BATCHED = False
JSON = False


def answer(
    predictor: Any, reader: ModuleType, names: Sequence[str], inputs: Sequence[Any], options: Options
) -> list[dict[str, Any]]:
    """
    Raises:
        KassandraError: the table cannot be read, or has a series that train had not.
    """
    return list(filled_rows(predictor.predict(inputs[0], options.series)))
