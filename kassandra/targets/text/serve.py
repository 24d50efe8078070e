"""`kassandra serve` of models that translate, or describe images."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from kassandra.contracts.errors import KassandraError
from kassandra.targets.text.train.target import BEAM, LENGTH_PENALTY, are_captions

BATCHED = True
JSON = True
LONGEST = 2_000  # characters of a sentence: time grows with the square of it


class Options(BaseModel):
    """As those of `kassandra translate`."""

    model_config = ConfigDict(extra="forbid")

    beam: int = Field(BEAM, ge=1, le=20)
    length_penalty: float = Field(LENGTH_PENALTY, ge=0, le=100)


def answer(
    predictor: Any, reader: ModuleType | None, names: Sequence[str], inputs: Sequence[Any], options: Options
) -> list[dict[str, Any]]:
    """
    Raises:
        KassandraError: an input is no text, empty, or too long; or no image of the size that the model reads.
    """
    if are_captions(predictor.meta):
        captions = predictor.caption(np.array(list(inputs)), options.beam, options.length_penalty, alignments=False)
        return [
            {"image": name, "caption": one.text, "log_probability": round(one.log_probability, 6)}
            for name, one in zip(names, captions, strict=True)
        ]
    if any(not isinstance(text, str) or len(text) > LONGEST for text in inputs):
        raise KassandraError(f"inputs: expected sentences of at most {LONGEST:,} characters")
    translations = predictor.translate(list(inputs), options.beam, options.length_penalty, alignments=False)
    return [
        {"source": text, "translation": one.text, "log_probability": round(one.log_probability, 6)}
        for text, one in zip(inputs, translations, strict=True)
    ]
