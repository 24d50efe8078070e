"""How fast Kassandra trains, beside its peers: the same model, batches and shapes, one thread of a CPU.

    python -m benchmarks.peers                                   # all rows, all peers; a good half hour
    python -m benchmarks.peers --only images --peers keras-jax   # which takes the place of the same in the results

Each peer has an environment of its own with pinned versions, which pip makes once in --environments. Each training is a
process of its own, tied to one core; peers take turns with Kassandra, and a ratio is one of the same turn. The first
epoch, in which JAX and TensorFlow compile, is left out of the rates; what it took more than a later one is a column.
What is counted is CPU seconds, which other programs on the machine hardly change.

At each peer's precision, `equal` is Kassandra's rate at the same precision divided by the peer's, and `best` is
Kassandra's in bf16. The bars are of `best` beside the fastest peer at its default, fp32. Translation has no row, as no
peer has such a model ready.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.growth import keep
from benchmarks.peers.environments import (
    BF16,
    FP32,
    PEERS,
    TRAINERS,
    Peer,
    Unavailable,
    environment,
    last_line,
    python_of,
)
from benchmarks.peers.rows import ROWS, write

RESULTS = Path(__file__).parents[1] / "results" / "peers.csv"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kassandra" / "peers"
BARS = {
    "images": 1.8,
    "reviews": 2.0,
    "characters": 2.0,
    "windows": 1.6,
}  # of `best`, beside the fastest peer's default
OWN = Peer("with_kassandra")
LONGEST = 600  # seconds of one training


class Speed(NamedTuple):
    """Units per second, of a processor and of a clock; compiling: CPU seconds that the first epoch took more."""

    cpu: float
    wall: float
    compiling: float


def measured(name: str, peer: Peer, python: str, row: str, precision: str, data: Path, epochs: int) -> Speed:
    """One training.

    Raises:
        Unavailable: it failed.
    """
    program = ["-m", f"benchmarks.peers.trainers.{peer.trainer}"] if peer is OWN else [
        str(TRAINERS / f"{peer.trainer}.py")
    ]  # fmt: skip
    command = [python, *program, row, precision, str(data), json.dumps(ROWS[row].sizes), str(epochs)]
    try:
        done = subprocess.run(
            command, env=environment(peer), capture_output=True, text=True, check=False, timeout=LONGEST,
            preexec_fn=on_one_core,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{name}, {row} in {precision}: took more than {LONGEST} s") from None
    if done.returncode:
        raise Unavailable(f"{name}, {row} in {precision}: {last_line(done.stderr)}")
    first, *later = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    units, cpu, wall = (sum(epoch[key] for epoch in later) for key in ("units", "cpu", "wall"))
    return Speed(units / cpu, units / wall, first["cpu"] - cpu / len(later))


def on_one_core() -> None:
    """Ties this process to the last of its cores, so that no library starts more threads than one can run."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def compared(row: str, peers: dict[str, str], repeats: int, epochs: int) -> list[dict[str, Any]]:
    """Lines of the table: each peer at each of its precisions. `peers`: interpreters by name."""
    speeds: dict[tuple[str, str], list[Speed]] = {}
    turns = [("kassandra", OWN, sys.executable, precision) for precision in (FP32, BF16)]
    turns += [(name, PEERS[name], python, each) for name, python in peers.items() for each in PEERS[name].precisions]
    with tempfile.TemporaryDirectory(prefix="kassandra-peers-") as scratch:
        data = Path(scratch) / f"{row}.npz"
        write(row, data)
        failed = set()
        for turn in range(repeats):
            for name, peer, python, precision in turns:
                if (name, precision) in failed:
                    continue
                try:
                    speed = measured(name, peer, python, row, precision, data, epochs)
                except Unavailable as error:
                    print(error, flush=True)
                    failed.add((name, precision))
                    continue
                speeds.setdefault((name, precision), []).append(speed)
                print(f"{row}, turn {turn + 1}: {name} in {precision}, {speed.cpu:,.0f} per CPU second", flush=True)
    return [line(row, *key, speeds) for key in speeds if key not in failed]


def line(row: str, name: str, precision: str, speeds: dict[tuple[str, str], list[Speed]]) -> dict[str, Any]:
    """Medians over the turns; ratios are Kassandra's speed divided by the peer's in the same turn."""
    these = speeds[name, precision]

    def ratios(own: str) -> list[float]:
        return [mine.cpu / its.cpu for mine, its in zip(speeds["kassandra", own], these, strict=True)]

    equal, best = ratios(precision), ratios(BF16)
    return {
        "row": row,
        "peer": name,
        "precision": precision,
        "unit": ROWS[row].unit,
        "per_cpu_second": round(statistics.median(each.cpu for each in these), 1),
        "per_wall_second": round(statistics.median(each.wall for each in these), 1),
        "compiling_seconds": round(max(0.0, statistics.median(each.compiling for each in these)), 1),
        "equal": round(statistics.median(equal), 2),
        "equal_range": f"{min(equal):.2f}-{max(equal):.2f}",
        "best": round(statistics.median(best), 2),
        "best_range": f"{min(best):.2f}-{max(best):.2f}",
        "turns": len(these),
        "versions": " ".join(PEERS[name].requirements) if name in PEERS else "",
    }


def verdicts(lines: list[dict[str, Any]]) -> list[str]:
    """A sentence per row: the fastest peer by default, and whether the bar is met."""
    sentences = []
    for row in dict.fromkeys(each["row"] for each in lines):
        peers = [each for each in lines if each["row"] == row and each["peer"] != "kassandra"]
        if default := [each for each in peers if each["precision"] == FP32]:
            first = min(default, key=lambda each: each["best"])
            met = "met" if first["best"] >= BARS[row] else "missed"
            said = f"{row}: {first['best']:.2f} times as fast as {first['peer']} by default (bar {BARS[row]}: {met})"
            equal = ", ".join(
                f"{min(each['equal'] for each in peers if each['precision'] == precision):.2f} in {precision}"
                for precision in dict.fromkeys(each["precision"] for each in peers)
            )
            best = min(each["best"] for each in peers)
            sentences.append(f"{said}, {best:.2f} as the fastest at its best; at equal precision, {equal}")
    return sentences


def markdown(lines: Sequence[Mapping[str, Any]]) -> str:
    """The table for docs/studies.md."""
    text = [
        "| row | peer | precision | per CPU second | equal | best | compiling, CPU s |",
        "|---|---|---|--:|--:|--:|--:|",
    ]
    for each in lines:
        own = each["peer"] == "kassandra"
        ratios = ["", ""] if own else [f"{float(each[key]):.2f} ({each[f'{key}_range']})" for key in ("equal", "best")]
        speed = f"{float(each['per_cpu_second']):,.0f} {each['unit']}"
        compiling = float(each["compiling_seconds"])
        cells = [
            each["row"],
            each["peer"],
            each["precision"],
            speed,
            *ratios,
            f"{compiling:.1f}" if compiling >= 1 else "",
        ]
        text.append(f"| {' | '.join(cells)} |")
    return "\n".join(text) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        "python -m benchmarks.peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=list(ROWS), default=list(ROWS), help="rows; default: all")
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), default=list(PEERS), help="default: all")
    parser.add_argument("--repeats", type=int, default=3, help="turns, of which medians are taken (default: 3)")
    parser.add_argument(
        "--epochs", type=int, default=4, help="of a training, the first of which is left out (default: 4)"
    )
    parser.add_argument(
        "--environments", type=Path, default=CACHE, help="where peers are installed (default: %(default)s)"
    )
    parser.add_argument("--markdown", action="store_true", help="print the results that are there as a table, and end")
    options = parser.parse_args()
    if options.markdown:
        with RESULTS.open(newline="") as file:
            print(markdown(list(csv.DictReader(file))), end="")
        return 0
    if options.repeats < 1 or options.epochs < 2:
        parser.error("--repeats must be at least 1, --epochs at least 2")
    pythons = {}
    for name in options.peers:
        try:
            pythons[name] = python_of(name, PEERS[name], options.environments)
        except Unavailable as error:
            print(error, flush=True)
    lines: list[dict[str, Any]] = []
    for row in options.only:
        peers = {name: python for name, python in pythons.items() if row in PEERS[name].rows}
        if new := compared(row, peers, options.repeats, options.epochs) if peers else []:
            lines += new
            keep(RESULTS, new, "row", "peer")
    shown = ("row", "peer", "precision", "per_cpu_second", "per_wall_second", "compiling_seconds", "equal", "best")
    table = Table(*shown, box=None)
    for each in lines:
        table.add_row(*(str(each[key]) for key in shown))
    Console(width=150).print(table)
    print("\n".join(verdicts(lines)))
    return 0 if lines else 1


if __name__ == "__main__":
    sys.exit(main())
