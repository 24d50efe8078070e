"""`kassandra serve` of models that transcribe: what `kassandra predict --json` prints, of several requests at once."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.served import NoOptions as Options
from kassandra.targets.transcript.evaluate.predict import Predictor
from kassandra.targets.transcript.show import whole

BATCHED = True
JSON = True
LONGEST = 30  # seconds of a recording: time grows with the square of it, and others wait


def answer(
    predictor: Predictor, reader: ModuleType, names: Sequence[str], inputs: Sequence[Any], options: Options
) -> list[dict[str, Any]]:
    """
    Raises:
        KassandraError: an input is no recording, or too long.
    """
    rate = int(predictor.meta["sample_rate"])
    if (longest := max(map(len, inputs))) > LONGEST * rate:
        raise KassandraError(f"inputs: a recording of {longest / rate:.0f} seconds; send at most {LONGEST}, in parts")
    written = predictor.transcribe(list(inputs))
    return [{reader.NAME: name, **whole(one)} for name, one in zip(names, written, strict=True)]
