"""Cores that processes share: never more holders than cores, and whoever ends gives its core back."""

import os
import subprocess
import sys
import time

import pytest

from kassandra.contracts import cores

# Says when it begins and ends to compute; `die` ends without giving anything back.
HOLDER = """
import os, sys, time
from kassandra.contracts import cores
cores.take(); cores.take()
with open(sys.argv[1], "a") as log:
    log.write("1\\n"); log.flush()
    time.sleep(0.1)
    log.write("-1\\n"); log.flush()
if sys.argv[2] == "die":
    os.kill(os.getpid(), 9)
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2])
def test_never_more_than_there_are_cores(number, tmp_path, root):
    environment = os.environ | cores.make(tmp_path, number)
    log = tmp_path / "log"
    log.touch()
    command = [sys.executable, "-c", HOLDER, str(log)]
    processes = [
        subprocess.Popen([*command, "die" if each % 2 else "end"], env=environment, cwd=root) for each in range(5)
    ]
    for process in processes:
        process.wait(60)
    changes = [int(line) for line in log.read_text().split()]
    assert len(changes) == 10
    most = max(sum(changes[: place + 1]) for place in range(len(changes)))
    assert 1 <= most <= number


def test_nobody_waits_where_no_cores_are_shared(monkeypatch):
    monkeypatch.delenv(cores.FOLDER, raising=False)
    started = time.perf_counter()
    cores.take()
    cores.give_back()
    assert time.perf_counter() - started < 0.05


def test_a_core_that_was_given_back_is_taken_again(tmp_path, monkeypatch):
    for name, value in cores.make(tmp_path, 1).items():
        monkeypatch.setenv(name, value)
    for _ in range(3):
        cores.take()
        cores.give_back()
