"""`kassandra serve` of language models: a text goes on."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kassandra.contracts.errors import KassandraError

BATCHED = False
JSON = True
LONGEST = 10_000  # characters of a prompt


class Options(BaseModel):
    """As those of `kassandra generate`."""

    model_config = ConfigDict(extra="forbid")

    length: int = Field(200, ge=1, le=2000)
    temperature: float = Field(0.8, ge=0, le=100)
    top_p: float = Field(0.95, gt=0, le=1)
    seed: int = Field(0, ge=0, lt=2**32)


def answer(
    predictor: Any, reader: ModuleType | None, names: Sequence[str], inputs: Sequence[Any], options: Options
) -> list[dict[str, Any]]:
    """
    Raises:
        KassandraError: an input is no text, too long, or has nothing of the vocabulary.
    """
    rows = []
    for prompt in inputs:
        if not isinstance(prompt, str) or len(prompt) > LONGEST:
            raise KassandraError(f"inputs: expected texts of at most {LONGEST:,} characters")
        begin = (
            prompt if set(prompt) & set(predictor.meta["vocabulary"]) or prompt.strip() else predictor.pair.target.start
        )
        pieces = predictor.write(begin, options.length, options.temperature, options.top_p, options.seed)
        rows.append({"prompt": prompt, "continuation": "".join(pieces)})
    return rows
