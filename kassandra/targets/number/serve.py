"""`kassandra serve` of numbers: what `kassandra predict --json` prints, of several requests at once."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict

from kassandra.contracts.printed_examples import as_json_rows, predicted
from kassandra.targets.number.evaluate.predict import together

BATCHED = True  # rows are of inputs, one each, and independent of each other
JSON = True  # inputs may be sent as JSON


class Options(BaseModel):
    """None."""

    model_config = ConfigDict(extra="forbid")


def answer(
    predictor: Any, reader: ModuleType, names: Sequence[str], inputs: Sequence[Any], options: Options
) -> list[dict[str, Any]]:
    """
    Raises:
        KassandraError: an input is not of the kind that the model reads.
    """
    return as_json_rows(reader, predicted(predictor, reader, names, list(inputs), together))
