"""A run that is stopped at any moment is continued by the next, and ends with the bytes of one that never was."""

import os
import random
import shutil
import signal
import time

import psutil
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pipeline")]  # one worker, as they share clones

# What the lines begin with that DVC and the stages print.
TRAIN, EPOCH, EVALUATE = "> python -m stages.train", "epoch ", "> python -m stages.evaluate"
CONTINUING = "Continuing after epoch "
PATIENCE = 60  # seconds for what takes half a second on a machine at rest


@pytest.fixture
def untrained(reproduced, tmp_path):
    """As `reproduced`, but train and evaluate of digits were never run: not even a cache knows of them."""
    clone = reproduced.copy(tmp_path / "kassandra")
    shutil.rmtree(clone.root / ".dvc" / "cache")
    for folder in ("data/models/digits", "data/predictions", "metrics/digits"):
        shutil.rmtree(clone.root / folder)
    return clone


def stopped(clone, beginnings, delay, stop):
    """`dvc repro`, stopped so many seconds after a line that begins so: its exit status and all that it printed."""
    with clone.started("dvc", "repro", "evaluate@digits") as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith(beginnings):
                break
        else:
            pytest.fail("".join(["there was nothing to stop:\n", *lines]))
        time.sleep(delay)
        stop(process.pid)
        # To the end of the pipe, which is when DVC and the stage that it started are both gone.
        rest, _ = process.communicate(timeout=PATIENCE)
    output = "".join([*lines, rest])
    assert "Traceback" not in output
    return process.returncode, output


def kill_all(group):
    os.killpg(group, signal.SIGKILL)


def kill_dvc_alone(pid):
    os.kill(pid, signal.SIGKILL)


def press_ctrl_c(group):
    os.killpg(group, signal.SIGINT)


def terminate_the_stage(pid):
    (stage,) = psutil.Process(pid).children()
    stage.terminate()


def test_stopped_again_and_again_and_still_the_same_bytes(untrained, reproduced):
    for moment, delay in ((TRAIN, 1), (EPOCH, 0)):  # while it imports, while it trains
        status, output = stopped(untrained, (moment,), delay, press_ctrl_c)
        assert status not in (0, -signal.SIGINT)
        assert "Interrupted. `dvc repro evaluate@digits` goes on from the last finished epoch or stage." in output
        assert "failed to reproduce 'train@digits'" in output

    status, output = stopped(untrained, (EPOCH,), 0, terminate_the_stage)
    assert status > 0
    assert CONTINUING in output

    # The stage ends with DVC: otherwise it and that of the next repro would write the same files.
    status, output = stopped(untrained, (TRAIN,), 1, kill_dvc_alone)
    assert status == -signal.SIGKILL
    assert not (untrained.root / "data/models/digits/weights.safetensors").exists()

    moments, outputs = random.Random(5), []
    training = (EPOCH, EVALUATE)  # where the machine is so fast that there is no epoch left, evaluate is killed
    for longest, beginnings in ((3, (TRAIN,)), (0.2, training), (0.2, training), (0.2, training), (1, (EVALUATE,))):
        status, output = stopped(untrained, beginnings, moments.uniform(0, longest), kill_all)
        assert status == -signal.SIGKILL
        outputs.append(output)
    assert any(CONTINUING in output for output in outputs)

    untrained.dvc("repro", "evaluate@digits")
    assert untrained.differs_from(reproduced, "digits") == []
    assert untrained.git("status", "--porcelain") == ""  # dvc.lock and metrics among them
    assert untrained.checkpoints() == []
