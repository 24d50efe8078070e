"""`kassandra predict` of models that transcribe: what is said in each recording, and when."""

import sys
from types import ModuleType
from typing import Any

from kassandra.contracts.printed import print_csv, print_json, print_table
from kassandra.targets.transcript.evaluate.predict import Predictor, Transcript

COMMAND = "predict"


def show(predictor: Predictor, reader: ModuleType, given: list[str], as_json: bool, **options: Any) -> None:
    """Print a row per recording; all are read before the first is transcribed, so that a bad one costs nothing.
    `reader` is inputs/<kind>/show/own_transcripts.py.

    Raises:
        KassandraError: there is no recording, or one cannot be read.
    """
    names, waveforms = reader.read(given, predictor.meta, **options)
    written = predictor.transcribe(waveforms)
    if as_json:
        print_json({reader.NAME: name, **whole(one)} for name, one in zip(names, written, strict=True))
    elif sys.stdout.isatty():
        print_table([{reader.NAME: name, "transcript": one.text, "seconds": _times(one)}
                     for name, one in zip(names, written, strict=True)])  # fmt: skip
    else:
        print_csv([{reader.NAME: name, "transcript": one.text, "log_probability": round(one.log_probability, 6)}
                   for name, one in zip(names, written, strict=True)])  # fmt: skip


def whole(one: Transcript) -> dict[str, Any]:
    """As `kassandra predict --json` prints it, and `kassandra serve` answers."""
    words = [word._asdict() for word in one.words]
    return {"transcript": one.text, "log_probability": round(one.log_probability, 6), "words": words}


def _times(one: Transcript) -> str:
    """When each word begins."""
    return " ".join(f"{word.begin:.2f}" for word in one.words)
