"""What is said of the memory that preparing takes is no less than what was measured."""

import csv

import pytest

from benchmarks.growth import KINDS, RESULTS
from kassandra.contracts.kinds import part_if_any


@pytest.mark.parametrize("kind", ["characters", "reviews", "hours"])
def test_no_less_than_measured(kind, tmp_path):
    with RESULTS.open() as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == kind and row["stage"] == "prepare"]
    first, last = (next(row for row in rows if row["times"] == times) for times in ("1", "16"))
    path, examples = KINDS[kind].make(tmp_path, 1)
    assert examples == int(first["examples"])
    more = (int(last["megabytes"]) - int(first["megabytes"])) * 2**20
    said = part_if_any("inputs", KINDS[kind].section["input"], "prepare", "memory")
    assert said is not None
    assert more <= said.TIMES * 15 * path.stat().st_size
