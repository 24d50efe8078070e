"""`dvc repro` killed in each stage, asked to stop in each way, and started twice: the same bytes in the end."""

import os
import signal
from datetime import date

import psutil
import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from voluptuous import Invalid

from tests.faults.pairs import PAIRS

pytestmark = [pytest.mark.slow, pytest.mark.faults]

ORDER = ("download", "prepare", "baseline", "pretrain", "train", "evaluate")  # in which DVC runs them
LOCKED = ("Generating lock file", "Updating lock file")  # DVC prints it before it writes dvc.lock
REPRO = ("dvc", "repro")
ALWAYS = ("images-label", "text-label")
OTHERS = [pair for pair in PAIRS if pair not in ALWAYS]
EVERY_PAIR = "KASSANDRA_EVERY_PAIR"


def running(*stages):
    return tuple(f"Running stage '{stage}@small'" for stage in stages)


def kill_all(group):
    os.killpg(group, signal.SIGKILL)


def stage_of(pid):
    (stage,) = psutil.Process(pid).children()
    return stage.pid


@pytest.fixture
def fresh(undisturbed, tmp_path):
    """A clone with neither data nor cache nor dvc.lock."""

    def fresh(pair):
        clone = undisturbed(pair).clone(tmp_path / pair / "kassandra")
        (clone.root / "dvc.lock").unlink()
        return clone

    return fresh


def drop_if_cut_off(lock):
    """DVC writes dvc.lock in place, so that it may end anywhere. Without it, the run cache knows what was made."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA

    try:
        COMPILED_LOCKFILE_SCHEMA(YAML(typ="safe").load(lock) if lock.exists() else {"schema": "2.0"})
    except (Invalid, YAMLError):
        lock.unlink()


def heals(clone, undisturbed, pair):
    clone.dvc("repro")
    assert clone.differs_from(undisturbed(pair)) == []
    assert clone.git("status", "--porcelain") == ""  # dvc.lock and metrics among them
    assert clone.checkpoints() == []


@pytest.mark.parametrize("pair", ALWAYS)
def test_killed_in_each_stage_and_as_it_writes_its_lock(pair, fresh, undisturbed, seeded):
    clone = fresh(pair)
    for number, stage in enumerate(ORDER):
        # Where the machine is fast, a stage may have ended before: then the next one is killed.
        status, _ = clone.stopped(REPRO, running(*ORDER[number:]), seeded.uniform(0, 1.5), kill_all)
        assert status == -signal.SIGKILL, stage
        if stage == "prepare":
            drop_if_cut_off(clone.root / "dvc.lock")
            status, _ = clone.stopped(REPRO, LOCKED, 0, kill_all)
            assert status == -signal.SIGKILL
        drop_if_cut_off(clone.root / "dvc.lock")
    heals(clone, undisturbed, pair)


def test_killed_at_random_moments(fresh, undisturbed, seeded):
    """Of a pair that is another one each day, as each takes half a minute; KASSANDRA_EVERY_PAIR=1 takes all of them.
    (What stages of every pair do when they are killed is in test_killed_stages.py, without DVC.)"""
    pairs = OTHERS if os.environ.get(EVERY_PAIR) else [OTHERS[date.today().toordinal() % len(OTHERS)]]
    for pair in pairs:
        clone = fresh(pair)
        for number in sorted(seeded.sample(range(len(ORDER)), 3)):
            status, _ = clone.stopped(REPRO, running(*ORDER[number:]), seeded.uniform(0, 2), kill_all)
            if status == 0:  # it was over before
                break
            assert status == -signal.SIGKILL, pair
            drop_if_cut_off(clone.root / "dvc.lock")
        heals(clone, undisturbed, pair)


@pytest.mark.usefixtures("terminal")
def test_asked_to_stop_in_each_way(fresh, undisturbed):
    clone = fresh("text-label")
    for stop, sentence in (
        (lambda pid: os.killpg(pid, signal.SIGTERM), ""),  # as a shutdown does
        (lambda pid: os.kill(pid, signal.SIGTERM), ""),  # to DVC alone: the stage ends with it
        (lambda pid: os.killpg(pid, signal.SIGHUP), ""),  # the terminal is closed
        (lambda pid: os.kill(stage_of(pid), signal.SIGINT), "Interrupted. `dvc repro evaluate@small` goes on from"),
    ):
        status, output = clone.stopped(REPRO, running("train"), 0.5, stop)
        assert status != 0
        assert sentence in output
        assert not (clone.root / "data/models/small/weights.safetensors").exists()
    heals(clone, undisturbed, "text-label")


def test_started_twice_the_second_is_refused_and_the_first_goes_on(fresh, undisturbed):
    clone = fresh("text-label")
    with clone.started(*REPRO) as first:
        for line in first.stdout:
            if line.startswith(running("train")):
                break
        output = clone.dvc("repro", fails=True)
        assert "Unable to acquire lock" in output or ".dvc/tmp/rwlock' and try again" in output
        rest, _ = first.communicate()
    assert first.returncode == 0, rest
    heals(clone, undisturbed, "text-label")


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe\0", None], ids=["empty", "binary", "cut off"])
def test_a_damaged_lock_is_named_or_made_anew(damage, undisturbed, tmp_path):
    clone = undisturbed("text-label").copy(tmp_path / "kassandra")
    lock = clone.root / "dvc.lock"
    lock.write_bytes(lock.read_bytes()[: lock.stat().st_size // 2] if damage is None else damage)
    status, output = clone.stopped(REPRO, ("",), 0, lambda pid: None)  # whole lines that are left are a lock
    assert status == 0 or "dvc.lock" in output
    if status:
        clone.git("checkout", "dvc.lock")
    assert clone.executed(clone.dvc("repro")) == []
    assert clone.git("status", "--porcelain") == ""
