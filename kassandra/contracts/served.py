"""What `kassandra serve` asks of several targets alike: options, and answers that are one row for each input."""

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict

from kassandra.contracts.printed_examples import as_json_rows, predicted

Answer = Callable[..., list[dict[str, Any]]]


class NoOptions(BaseModel):
    """None."""

    model_config = ConfigDict(extra="forbid")


class OfSeries(BaseModel):
    """Of a table that is sent as a file. series: which of those in train it holds, where no column names it."""

    model_config = ConfigDict(extra="forbid")

    series: str | None = None


def answers(together: Callable[..., Any]) -> Answer:
    """The function `answer` of a target's serve.py: the rows that `kassandra predict --json` prints.

    Args:
        together: what members answer together.
    """

    def answer(
        predictor: Any, reader: ModuleType, names: Sequence[str], inputs: Sequence[Any], options: NoOptions
    ) -> list[dict[str, Any]]:
        """
        Raises:
            KassandraError: an input is not of the kind that the model reads.
        """
        return as_json_rows(reader, predicted(predictor, reader, names, list(inputs), together))

    return answer
