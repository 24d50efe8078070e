"""Whatever a stage or a command raises ends in one sentence; where it was raised is printed to who asks for it."""

import errno
import mmap
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import stages
from kassandra import cli
from kassandra.contracts.artifacts import damaged
from kassandra.contracts.errors import TRACEBACK, KassandraError, explained

pytestmark = pytest.mark.faults


def broken(*_):
    raise ValueError("shapes (3,)\nand (4,)")


@pytest.fixture(autouse=True)
def untraced(monkeypatch):
    monkeypatch.setenv(TRACEBACK, "")  # so that what a test sets goes again
    monkeypatch.delenv(TRACEBACK)


@pytest.fixture
def ended(monkeypatch, capsys):
    """How a command, or a stage, that is broken ends: its sentence, and what was printed before."""

    def ended(*arguments):
        monkeypatch.setattr(sys, "argv", [*arguments])
        monkeypatch.setattr(cli, "app", broken)
        with pytest.raises(SystemExit) as end:
            cli.main() if arguments[0] == "kassandra" else stages.run(broken, "what it does")
        return str(end.value), capsys.readouterr().err

    return ended


@pytest.mark.parametrize("arguments", [("kassandra", "report"), ("train", "mine")])
def test_a_defect(arguments, ended):
    sentence, printed = ended(*arguments)
    assert sentence.startswith("Error: ValueError: shapes (3,) and (4,) (")
    assert sentence.endswith(
        "This is a defect of Kassandra: please report it with what `--traceback`, or KASSANDRA_TRACEBACK=1 in the "
        "environment, prints"
    )
    assert printed == ""


@pytest.mark.parametrize("arguments", [("kassandra", "report", "--traceback"), ("train", "--traceback", "mine")])
def test_where_it_was_raised(arguments, ended):
    sentence, printed = ended(*arguments)
    assert "in broken\n" in printed
    assert "Traceback" not in sentence


def test_by_the_environment(ended, monkeypatch):
    monkeypatch.setenv(TRACEBACK, "1")
    assert "in broken\n" in ended("train", "mine")[1]


def test_of_any_length_and_with_what_moves_a_cursor():
    sentence = explained(KassandraError(f"\x1b[2J{'x' * 10**6}: run this\u202e"))
    assert len(sentence) < 2100
    assert sentence.startswith("Error: ·[2Jxxx")
    assert sentence.endswith("xx: run this·")


def _of_pytorch():
    return torch.empty(1 << 60, dtype=torch.uint8)


def _of_numpy():
    return np.empty(1 << 60, np.uint8)


def _of_the_system():
    return mmap.mmap(-1, 1 << 46)


@pytest.mark.parametrize("taking", [_of_pytorch, _of_numpy, _of_the_system])
def test_no_memory(taking):
    with pytest.raises((MemoryError, OSError, RuntimeError)) as raised:
        taking()
    assert explained(raised.value).startswith("Error: there is not enough memory; take smaller batches")
    assert explained(torch.OutOfMemoryError("CUDA out of memory.")).startswith("Error: there is not enough memory")


def test_a_file_that_memory_is_too_short_for_is_not_called_damaged():
    error = OSError(errno.ENOMEM, "Cannot allocate memory")
    assert "not enough memory to read it; take less" in str(damaged(Path("train.npz"), error))
    assert "delete it" not in str(damaged(Path("train.npz"), error))
