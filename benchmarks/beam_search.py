"""How fast sentences are translated, by the width of the beam: all at once, and one after another.

    dvc repro evaluate@tatoeba
    python -m benchmarks.beam_search data/models/tatoeba data/prepared/tatoeba/test.npz

Sentences per CPU second of the process, the median of several rounds in which widths take turns, and BLEU beside it.
"""

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

import kassandra
from kassandra.contracts.artifacts import map_arrays, write_json
from kassandra.contracts.ragged import Ragged
from kassandra.targets.text.evaluate.predict import Predictor
from kassandra.targets.text.train.target import bleu

WIDTHS = [1, 2, 5, 10]
ALONE = 50  # sentences that are also translated one after another
ROUNDS = 3
RESULTS = Path(__file__).with_name("results") / "beam_search.json"


def source_texts(test: Path) -> list[str]:
    arrays = map_arrays(test)
    return Ragged(arrays["source_text"], arrays["source_text_offsets"]).texts()


def measured(model: Predictor, test: Path, rounds: int) -> list[dict[str, Any]]:
    """A row per width."""
    split, target = model.pair.read(test), model.pair.target
    sentences, references = source_texts(test), split.targets.references
    seconds: dict[tuple[int, bool], list[float]] = {(width, alone): [] for width in WIDTHS for alone in (False, True)}
    scores = {}
    for _ in range(rounds):
        for width in WIDTHS:
            started = time.process_time()
            translations = model.outputs(split, width)
            seconds[width, False].append(time.process_time() - started)
            scores[width] = bleu(
                [one.text for one in translations], references, target.lowercase, target.bleu_tokenizer
            )
            started = time.process_time()
            for sentence in sentences[:ALONE]:
                model.translate([sentence], width)
            seconds[width, True].append(time.process_time() - started)
    counts = {False: len(sentences), True: min(ALONE, len(sentences))}
    return [
        {
            "beam": width,
            "sentences_per_cpu_second": round(counts[False] / statistics.median(seconds[width, False]), 1),
            "one_after_another": round(counts[True] / statistics.median(seconds[width, True]), 1),
            "bleu": round(scores[width], 2),
        }
        for width in WIDTHS
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="a folder that training wrote, as data/models/tatoeba")
    parser.add_argument("test", type=Path, help="sentences, as data/prepared/tatoeba/test.npz")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="default: %(default)s")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = kassandra.load(options.model)
    rows = measured(model, options.test, options.rounds)
    sentences = len(source_texts(options.test))
    write_json(RESULTS, {"model": options.model.name, "sentences": sentences, "rounds": options.rounds, "rows": rows})
    table = Table("beam", "sentences per CPU s", "one after another", "BLEU", box=None)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
