"""Ten times the memory: 4 GB prepared, trained on and evaluated with 400 MB beside what importing PyTorch takes.

    python -m benchmarks.tenfold                      # some 25 GB of disk and 20 CPU minutes
    python -m benchmarks.tenfold images --share 0.02  # of a fiftieth of the data

A stage whose anonymous memory (RssAnon: arrays, not mapped files) goes beyond that is killed, and has failed. An epoch
of training has more than 200 steps. Files that the system keeps in memory are not counted: it lets go of them.
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image

from benchmarks.growth import IMPORTS, STAGE, STAGES, TRAIN, folders, keep, measured
from kassandra.notebook import NAME, run

RESULTS = Path(__file__).with_name("results") / "tenfold.csv"
GIVEN = 400  # MB, beside what importing PyTorch takes
SIDE = 512  # pixels
SECONDS, RATE = 10, 8000
MODEL = {"variant": "vanilla", "hidden_size": 32}
SPLITS = {"valid_fraction": 0.05, "test_fraction": 0.05}


def images(folder: Path, share: float) -> int:
    """Of noise, the brighter ones light; as BMP, which costs no time to read."""
    generator, count = np.random.default_rng(0), round(16_000 * share)
    labels = folders(folder, "dark", "light")
    for number in range(count):
        pixels = generator.integers(0, 156, (SIDE, SIDE), dtype=np.uint8) + np.uint8(99 * (number % 2))
        Image.fromarray(pixels).save(labels[number % 2] / f"{number}.bmp")
    return count


def recordings(folder: Path, share: float) -> int:
    """A tone in noise, low or high."""
    generator, count = np.random.default_rng(0), round(13_000 * share)
    labels, time = folders(folder, "low", "high"), np.arange(SECONDS * RATE, dtype=np.float32)
    tones = [np.sin(time * (0.2 + 0.3 * high)) * 0.3 for high in range(2)]
    for number in range(count):
        noise = generator.standard_normal(len(time), np.float32) * np.float32(0.1)
        soundfile.write(labels[number % 2] / f"{number}.wav", tones[number % 2] + noise, RATE)
    return count


def _kind(input: str, prepare: dict[str, Any], batch_size: int) -> dict[str, Any]:
    train = {**TRAIN, "batch_size": batch_size}
    return {"input": input, "target": "label", "model": MODEL, "prepare": {**prepare, **SPLITS}, "train": train}


KINDS: dict[str, tuple[dict[str, Any], Callable[[Path, float], int]]] = {
    "images": (_kind("images", {"size": SIDE}, 8), images),
    "recordings": (_kind("audio", {"sample_rate": RATE}, 8), recordings),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", choices=[[], *KINDS], help="all where none is named")
    parser.add_argument("--share", type=float, default=1.0, help="of the data; results of less than all are not kept")
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for name in arguments.kinds or KINDS:
        section, make = KINDS[name]
        with tempfile.TemporaryDirectory(prefix="kassandra-tenfold-") as scratch:
            limit = measured(IMPORTS, folder=Path(scratch)).megabytes + GIVEN
            data = Path(scratch) / name
            examples = make(data, arguments.share)
            home = run(section, data, Path(scratch) / "home", last="download").folder
            for stage in STAGES:
                cost = measured(STAGE, stage, folder=home, limit=limit)
                prepared = sum(path.stat().st_size for path in (home / "data" / "prepared" / NAME).glob("*.npz"))
                row = {"kind": name, "examples": examples, "prepared_gb": round(prepared / 1e9, 2), "stage": stage}
                row |= {"limit_mb": round(limit), "cpu_seconds": round(cost.seconds, 1)}
                rows.append(row | {"megabytes": round(cost.megabytes), "failed": cost.failed})
                print(json.dumps(rows[-1]), flush=True)
                if cost.failed:
                    break
    if arguments.share == 1:
        keep(RESULTS, rows, "kind")


if __name__ == "__main__":
    main()
