"""`kassandra serve` of forecasts: the steps after the last row of a table, which is sent as a file."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from kassandra.contracts.served import OfSeries as Options
from kassandra.targets.forecast.show import forecast_rows

BATCHED = False
JSON = False


def answer(
    predictor: Any, reader: ModuleType, names: Sequence[str], inputs: Sequence[Any], options: Options
) -> list[dict[str, Any]]:
    """
    Raises:
        KassandraError: the table cannot be read, has a series that train had not, or too few rows.
    """
    path = inputs[0]
    return forecast_rows(predictor, predictor.pair.own(path, options.series), reader)
