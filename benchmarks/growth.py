"""What ten times the data costs: seconds and memory of each stage, with 1, 4 and 16 times the examples.

    python -m benchmarks.growth                        # all kinds; some 20 CPU minutes
    python -m benchmarks.growth characters --times 1 4  # which take the place of the same in the results

Synthetic data of each kind, of which the smallest is a few MB. Each stage is a process of its own; its memory is the
most anonymous memory that it had at a time (RssAnon: arrays, not mapped files), modules included; what importing
PyTorch alone takes is printed at the end.
"""

import argparse
import csv
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
import soundfile
from PIL import Image
from rich.console import Console
from rich.table import Table

from kassandra.notebook import NAME, ROOT, run

RESULTS = Path(__file__).with_name("results") / "growth.csv"
STAGES = ("prepare", "baseline", "pretrain", "train", "evaluate")
EVERY = 0.02  # seconds between two looks at a process
MB = 1 << 20
STAGE = f"import sys; from kassandra.notebook import stage_main; stage_main(sys.argv[1])({NAME!r})"
IMPORTS = "import torch, time; time.sleep(1)"
TRAIN = {"epochs": 1, "seeds": 1, "threads": 1}


class Cost(NamedTuple):
    """seconds: of a processor. megabytes: anonymous memory at its peak. failed: the last line of what it printed."""

    seconds: float
    megabytes: float
    failed: str


class Kind(NamedTuple):
    """make: writes so many times the smallest data into a folder; returns the path, and how many examples it holds."""

    section: dict[str, Any]
    make: Callable[[Path, int], tuple[Path, int]]


def words(count: int, seed: int) -> list[str]:
    """Of 5,000 made-up ones, the frequent ones frequent as in a language (Zipf)."""
    generator = np.random.default_rng(seed)
    letters = np.array(list("etaoinshrdlucmfw"))
    known = ["".join(generator.choice(letters, generator.integers(2, 9))) for _ in range(5000)]
    return [known[rank] for rank in np.minimum(generator.zipf(1.3, count), len(known)) - 1]


def characters(folder: Path, times: int) -> tuple[Path, int]:
    text = " ".join(words(60_000 * times, 0))
    path = folder / "text.txt"
    path.write_text("\n".join(text[at : at + 70] for at in range(0, len(text), 70)))
    return path, len(text)


def reviews(folder: Path, times: int) -> tuple[Path, int]:
    rows, path = 1500 * times, folder / "reviews.csv"
    some, labels = words(rows * 60, 1), np.random.default_rng(0).integers(0, 2, rows)
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "label"])
        for row, label in enumerate(labels):
            table.writerow([" ".join([*some[row * 60 : row * 60 + 60], f"good{row % 7}" * int(label)]), "np"[label]])
    return path, rows


def folders(parent: Path, *labels: str) -> list[Path]:
    for label in labels:
        (parent / label).mkdir(parents=True)
    return [parent / label for label in labels]


def images(folder: Path, times: int) -> tuple[Path, int]:
    generator, count = np.random.default_rng(0), 1000 * times
    labels = folders(folder / "images", "dark", "light")
    for number in range(count):
        pixels = generator.integers(0, 156, (64, 64), dtype=np.uint8) + np.uint8(99 * (number % 2))
        Image.fromarray(pixels).save(labels[number % 2] / f"{number}.png", compress_level=1)
    return folder / "images", count


def hours(folder: Path, times: int) -> tuple[Path, int]:
    rows, path = 8000 * times, folder / "hours.csv"
    times_of = np.datetime64("2000-01-01T00:00") + np.arange(rows) * np.timedelta64(1, "h")
    values = np.sin(np.arange(rows) * 2 * np.pi / 24) + np.random.default_rng(0).normal(0, 0.3, rows)
    lines = (f"{at},{value:.4f}\n" for at, value in zip(times_of, values, strict=True))
    path.write_text("time,load\n" + "".join(lines))
    return path, rows


def recordings(folder: Path, times: int) -> tuple[Path, int]:
    generator, count = np.random.default_rng(0), 300 * times
    labels = folders(folder / "recordings", "low", "high")
    for number in range(count):
        tone = np.sin(np.arange(4000) * (0.2 + 0.3 * (number % 2)) + generator.uniform(0, 6)) * 0.3
        soundfile.write(labels[number % 2] / f"{number}.wav", tone + generator.normal(0, 0.1, 4000), 8000)
    return folder / "recordings", count


def _kind(input: str, target: str, make: Callable[[Path, int], tuple[Path, int]], **sections: Any) -> Kind:
    model = {"variant": "vanilla", "hidden_size": 32, **sections.pop("model", {})}
    return Kind({"input": input, "target": target, "model": model, "prepare": {}, "train": TRAIN, **sections}, make)


HOURLY = {"predict": "value", "window": 48, "horizon": 12, "season": 24}
KINDS = {
    "characters": _kind("text", "next", characters, prepare={"tokens": "characters"}, model={"embedding_size": 16}),
    "reviews": _kind("text", "label", reviews, source={"text": "text", "label": "label"}, model={"embedding_size": 16}),
    "images": _kind("images", "label", images, prepare={"size": 64}),
    "hours": _kind("series", "forecast", hours, source={"time": "time", "target": "load"}, prepare=HOURLY),
    "recordings": _kind("audio", "label", recordings, prepare={"sample_rate": 8000}),
}


def measured(program: str, *arguments: str, folder: Path, limit: float = float("inf")) -> Cost:
    """A process's cost; one of more than `limit` megabytes is killed."""
    environment = {**psutil.Process().environ(), "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
    with (folder / "log").open("w+") as log:
        child = psutil.Popen(
            [sys.executable, "-c", program, *arguments], cwd=folder, env=environment, stdout=log, stderr=log
        )
        seconds, most, killed = 0.0, 0.0, False
        while child.poll() is None:
            try:
                times = child.cpu_times()
                seconds = times.user + times.system
                most = max(most, anonymous(child.pid))
            except (psutil.Error, OSError):
                break
            if most > limit:
                child.kill()
                killed = True
            time.sleep(EVERY)
        child.wait()
        log.seek(0)
        last = log.read().strip().rpartition("\n")[2]
    failed = "" if child.returncode == 0 else f"stopped at {limit:.0f} MB" if killed else last
    return Cost(seconds, most, failed)


def anonymous(process: int) -> float:
    """MB of RssAnon; Linux alone says it."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024 / MB
    return 0.0


def keep(path: Path, rows: list[dict[str, Any]], *keys: str) -> None:
    """Write rows into a table in the place of those that have the same values of `keys`."""
    new: dict[Any, list[Any]] = {}
    for row in rows:
        new.setdefault(tuple(str(row[key]) for key in keys), []).append(row)
    kept: dict[Any, list[Any]] = {}
    if path.exists():
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                kept.setdefault(tuple(row[key] for key in keys), []).append(row)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for some in (kept | new).values() for row in some)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", choices=[[], *KINDS], help="all where none is named")
    parser.add_argument("--times", nargs="+", type=int, default=[1, 4, 16], help="the smallest data so many times")
    parser.add_argument("--limit", type=float, default=4096, help="MB of a stage, beyond which it is stopped")
    arguments = parser.parse_args()
    table = Table("kind", "examples", *(f"{stage}, CPU s · MB" for stage in STAGES))
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="kassandra-growth-") as scratch:
        idle = measured(IMPORTS, folder=Path(scratch)).megabytes
        for name in arguments.kinds or KINDS:
            for times in arguments.times:
                folder = Path(scratch) / f"{name}-{times}"
                folder.mkdir()
                data, examples = KINDS[name].make(folder, times)
                home = run(KINDS[name].section, data, folder / "home", last="download").folder
                cells = []
                for stage in STAGES:
                    cost = measured(STAGE, stage, folder=home, limit=arguments.limit)
                    row = {"kind": name, "times": times, "examples": examples, "stage": stage}
                    row |= {"cpu_seconds": round(cost.seconds, 1), "megabytes": round(cost.megabytes)}
                    rows.append({**row, "failed": cost.failed})
                    cells.append("failed" if cost.failed else f"{cost.seconds:.1f} · {cost.megabytes:.0f}")
                    print(json.dumps(rows[-1]), flush=True)
                    if cost.failed:
                        break
                table.add_row(f"{name} × {times}", f"{examples:,}", *cells)
    Console().print(table)
    keep(RESULTS, rows, "kind", "times")
    print(f"{RESULTS}; importing PyTorch takes {idle:.0f} MB")


if __name__ == "__main__":
    main()
