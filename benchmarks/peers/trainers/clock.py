# mypy: ignore-errors
"""What an epoch costs: one line of JSON on stdout. The peers' environments import it, so it needs Python alone."""

import json
import sys
import time


class Clock:
    def __init__(self, units: int) -> None:
        self.units = units

    def begin(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def end(self) -> None:
        cpu, wall = time.process_time() - self.cpu, time.perf_counter() - self.wall
        print(json.dumps({"units": self.units, "cpu": cpu, "wall": wall}), flush=True)


def asked() -> tuple[str, str, str, dict[str, int], int]:
    """Row, precision, path of the data, sizes, epochs: the arguments of each trainer."""
    row, precision, data, sizes, epochs = sys.argv[1:]
    return row, precision, data, json.loads(sizes), int(epochs)
