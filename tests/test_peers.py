"""benchmarks/peers: its table, its arithmetic, and a peer that cannot be had."""

import csv
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers.__main__ import BARS, RESULTS, Speed, line, markdown, verdicts
from benchmarks.peers.environments import BF16, FP32, PEERS, TRAINERS, Peer, Unavailable, python_of
from benchmarks.peers.rows import ROWS, SYMBOLS, write


def test_every_row_has_a_bar_and_a_peer_and_every_peer_a_trainer_and_pinned_versions() -> None:
    assert set(BARS) == set(ROWS) == {row for peer in PEERS.values() for row in peer.rows}
    for peer in PEERS.values():
        assert (TRAINERS / f"{peer.trainer}.py").is_file()
        assert all("==" in each for each in peer.requirements)
        assert FP32 in peer.precisions  # what a peer does by default
    assert len(set(SYMBOLS)) == 65


@pytest.mark.parametrize("row", ROWS)
def test_data_follow_from_the_seed(row: str, tmp_path: Path) -> None:
    for name in ("one.npz", "two.npz"):
        write(row, tmp_path / name)
    one, two = np.load(tmp_path / "one.npz"), np.load(tmp_path / "two.npz")
    assert all((one[key] == two[key]).all() for key in one.files)
    assert len(one["inputs"]) == ROWS[row].size + (row == "characters")


def test_ratios_are_of_the_same_turn() -> None:
    own = [Speed(10, 10, 0), Speed(40, 40, 0), Speed(60, 60, 0)]
    its = [Speed(5, 5, 2), Speed(10, 10, 3), Speed(30, 30, 4)]
    speeds = {("kassandra", FP32): its, ("kassandra", BF16): own, ("loop", FP32): its}
    of_loop = line("images", "loop", FP32, speeds)
    assert (of_loop["equal"], of_loop["best"], of_loop["best_range"]) == (1.0, 2.0, "2.00-4.00")
    assert (of_loop["per_cpu_second"], of_loop["compiling_seconds"]) == (10, 3)
    (said,) = verdicts([line("images", "kassandra", FP32, speeds), of_loop])
    assert "2.00 times as fast as loop" in said
    assert "met" in said


def test_a_peer_that_cannot_be_installed_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.peers.environments.venv.create", lambda *_, **__: fake(tmp_path / "some"))
    with pytest.raises(Unavailable, match=r"^some cannot be installed: no such package$"):
        python_of("some", Peer("with_loop", ("nothing==1",)), tmp_path)


def fake(home: Path) -> None:
    """An environment whose Python fails as pip would."""
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python").write_text("#!/bin/sh\necho no such package >&2\nexit 1\n")
    (home / "bin" / "python").chmod(0o755)


def test_the_page_has_the_table_of_the_results() -> None:
    with RESULTS.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert markdown(lines) in (Path(__file__).parents[1] / "docs" / "studies.md").read_text()
