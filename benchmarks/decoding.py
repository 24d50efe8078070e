"""How a recogniser's texts are best read off: beams and n-gram models compared on validation, never on test.

    dvc repro train@fillets
    python -m benchmarks.decoding fillets

A row per choice: word and character error rate on validation of all members together, and CPU seconds.
"""

import argparse
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import kassandra
from kassandra.contracts.artifacts import MODELS, PREPARED
from kassandra.params.targets.transcript import Decoder, Ngram
from kassandra.targets.transcript.train.edits import counted

BEAMS = [1, 8]
ORDERS = [3, 5]
WEIGHTS = [0.3, 0.6]
BONUSES = [0.0, 1.0]


def choices() -> Iterator[Decoder]:
    """Each beam alone, and the widest with each n-gram model."""
    yield from (Decoder(beam=beam) for beam in BEAMS)
    for order in ORDERS:
        for weight in WEIGHTS:
            for bonus in BONUSES:
                yield Decoder(beam=BEAMS[-1], ngram=Ngram(order=order, weight=weight, bonus=bonus))


def measured(model: Any, name: str) -> Iterator[dict[str, Any]]:
    """A row per choice."""
    split = model.pair.read(PREPARED / name / "valid.npz")
    for choice in choices():
        started = time.process_time()
        written = model.outputs(split, choice)
        edits = np.sum([counted(one.text, text) for one, text in zip(written, split.targets.texts, strict=True)], 0)
        wer, cer = 100 * edits[:, 0] / edits[:, 1]
        row: dict[str, Any] = {"beam": choice.beam, "ngram": choice.ngram.model_dump() if choice.ngram else None}
        yield row | {"wer": round(wer, 2), "cer": round(cer, 2), "seconds": round(time.process_time() - started, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline")
    name = parser.parse_args().pipeline
    table = Table("beam", "n-gram", "WER", "CER", "CPU s", title=f"{name}, validation")
    for row in measured(kassandra.load(MODELS / name), name):
        ngram = ", ".join(f"{key} {value:g}" for key, value in row["ngram"].items()) if row["ngram"] else "none"
        table.add_row(str(row["beam"]), ngram, f"{row['wer']:.2f}", f"{row['cer']:.2f}", f"{row['seconds']:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
