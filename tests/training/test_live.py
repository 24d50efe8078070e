"""What others see of a training that runs, and that its history is the same as if nobody had looked."""

import os
from pathlib import Path

import pandas as pd
import pytest

from kassandra.contracts.tables import write_table
from kassandra.training.live import RUN, Live, running

ROWS = [
    {"epoch": number, "train_loss": 1 / number, "valid_loss": 2 / number, "learning_rate": 0.1} for number in (1, 2, 3)
]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_history_grows_with_each_epoch(monkeypatch):
    monkeypatch.setenv(RUN, "trial-7")
    assert running() == []
    with Live("mine", 2, 3) as live:
        (training,) = running()
        assert (training.pipeline, training.run, training.members, training.epochs) == ("mine", "trial-7", 2, 3)
        assert training.alive
        assert training.rows().empty
        live._cost = 0
        live.row(1, ROWS[0])
        live._cost = 0
        live.row(0, ROWS[0], True)
        assert training.rows()["member"].tolist() == [0, 1]
        assert running("mine", "trial-7")[0].resumed == 1
        assert not running("yours")
    assert not training.alive
    assert not Path(".checkpoints/running").exists()


def test_at_the_end_it_is_what_the_stage_writes():
    with Live("mine", 1, 3) as live:
        for row in ROWS:
            live._cost = 0
            live.row(0, row)
    written = Path("metrics/mine/history.csv").read_bytes()
    write_table(Path("other.csv"), [{"member": 0, **row} for row in ROWS])
    assert Path("other.csv").read_bytes() == written


def test_what_was_killed_does_not_run(monkeypatch):
    with Live("mine", 1, 3):
        (note,) = Path(".checkpoints/running").iterdir()
        text = note.read_text()
    note.parent.mkdir(parents=True, exist_ok=True)
    killed = note.with_name("4194305.json")
    killed.write_text(text.replace(f'"pid": {os.getpid()}', '"pid": 4194305'))
    assert running() == []
    assert not killed.exists()


def test_a_training_that_is_watched_to_its_end(kassandra, monkeypatch):
    with Live("mine", 1, 3) as live:
        live.row(0, ROWS[0])

        def ends(seconds):
            live._cost = 0
            live.row(0, ROWS[1])
            live.__exit__()

        monkeypatch.setattr("kassandra.cli.watch.time.sleep", ends)
        done = kassandra("watch", "mine")
    assert done.out.splitlines() == [
        "mine  member 0  epoch 1  train_loss 1  valid_loss 2  learning_rate 0.1",
        "mine  member 0  epoch 2  train_loss 0.5  valid_loss 1  learning_rate 0.1",
        "mine  ended",
    ]
    assert len(pd.read_csv("metrics/mine/history.csv")) == 2


def test_nothing_to_watch(kassandra):
    done = kassandra("watch")
    assert done.status == 1
    assert done.err.strip() == "Error: nothing is being trained here; `kassandra watch NAME` shows the last training"
