"""`kassandra serve` of gaps: a table that is sent as a file comes back with its gaps filled and marked."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict

from kassandra.targets.gap.show import filled_rows

BATCHED = False
JSON = False


class Options(BaseModel):
    """series: which of those in train a table holds that does not name its series."""

    model_config = ConfigDict(extra="forbid")

    series: str | None = None


def answer(
    predictor: Any, reader: ModuleType, names: Sequence[str], inputs: Sequence[Any], options: Options
) -> list[dict[str, Any]]:
    """
    Raises:
        KassandraError: the table cannot be read, or has a series that train had not.
    """
    return list(filled_rows(predictor.predict(inputs[0], options.series)))
