"""`kassandra search` on the slice of MNIST: trials as experiments, killed and resumed, and several workers."""

import contextlib
import os
import signal
import time

import optuna
import psutil
import pytest
from optuna.trial import TrialState

pytestmark = [pytest.mark.slow, pytest.mark.sweeps]

SPACE = """\
space:
  model.variant: {choices: [vanilla, stacked]}
  model.hidden_size: {low: 4, high: 32}
"""
STUDY = "digits"


@pytest.fixture(scope="module")
def begun(source, tmp_path_factory):
    """One pipeline, reproduced, with one epoch per training."""
    clone = source.clone(tmp_path_factory.mktemp("begun") / "kassandra")
    params = clone.root / "params.yaml"
    params.write_text(params.read_text().partition("  pictures:")[0].replace("epochs: 20", "epochs: 1"))
    (clone.root / "recipes" / "search" / "digits.yaml").write_text(SPACE)
    clone.commit()
    clone.dvc("repro")
    clone.commit()
    return clone


def trials(clone, storage=".optuna/digits.log"):
    from kassandra.experiments.study import _storage

    with contextlib.chdir(clone.root):
        opened = _storage(storage)
        found = optuna.load_study(study_name=STUDY, storage=opened).get_trials()
        if isinstance(opened, optuna.storages.RDBStorage):
            opened.engine.dispose()
        return found


def states(found):
    return [trial.state.name for trial in found]


def experiments(clone):
    return sorted(clone.dvc("exp", "list", "--name-only").split())


def test_a_search_and_the_same_again(begun, tmp_path):
    clone = begun.copy(tmp_path / "kassandra")
    search = ("kassandra", "search", "digits", "--plot", "search.png")
    printed = clone.run(*search, "--trials", "2")
    first = trials(clone)
    assert states(first) == ["COMPLETE"] * 2
    assert first[0].params == {"model.variant": "vanilla", "model.hidden_size": 32}  # params.yaml, tried first
    assert experiments(clone) == ["digits-0", "digits-1"]
    best = min(first, key=lambda trial: trial.value)
    assert f"Best: digits-{best.number}, with valid_loss {best.value:.6g} on validation" in printed
    assert f"dvc exp apply digits-{best.number}" in printed
    assert "accuracy" not in printed  # of test, that is; valid_loss alone counts here
    assert clone.git("status", "--porcelain").split() == ["??", "search.png"]
    assert (clone.root / "search.png").read_bytes().startswith(b"\x89PNG")

    again = begun.copy(tmp_path / "again")
    again.take_cache_of(clone)  # so that nothing is trained again
    again.run(*search, "--trials", "1")
    again.run(*search, "--trials", "2")  # goes on
    assert [(trial.params, trial.value) for trial in trials(again)] == [(t.params, t.value) for t in first]

    clone.dvc("exp", "apply", f"digits-{best.number}")
    assert clone.executed(clone.dvc("repro", "train@digits")) == []
    clone.edit("params.yaml", "batch_size: 10", "batch_size: 20")
    printed = clone.run(*search, "--trials", "3", fails=True)
    assert "Error: study 'digits' in .optuna/digits.log was begun with another params.yaml, and" in printed


def test_killed_and_resumed(begun, tmp_path):
    """By a signal that nothing can answer; the values of the trial are tried again, and go on from its checkpoint."""
    clone = begun.copy(tmp_path / "kassandra")
    clone.edit("params.yaml", "epochs: 1,", "epochs: 40,")
    with clone.started("kassandra", "search", "digits", "--trials", "1") as worker:
        wait_for_checkpoint(clone, worker)
        started = psutil.Process(worker.pid).children(recursive=True)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        # Nobody reads what DVC and the stage print, and so they end too.
        psutil.wait_procs(started, timeout=600)
    assert states(trials(clone)) == ["RUNNING"]
    assert not list((clone.root / ".dvc/tmp/exps/standalone").glob("tmp*"))
    printed = clone.run("kassandra", "search", "digits", "--trials", "1")
    assert "trial 0 was left by a worker that is dead; its values are tried again" in printed
    left, resumed = trials(clone)
    assert states([left, resumed]) == ["FAIL", "COMPLETE"]
    assert resumed.params == left.params
    assert set(left.intermediate_values.items()) <= set(resumed.intermediate_values.items())
    assert experiments(clone) == ["digits-1"]
    assert clone.checkpoints() == []


@pytest.mark.usefixtures("terminal")
def test_ctrl_c(begun, tmp_path):
    clone = begun.copy(tmp_path / "kassandra")
    clone.edit("params.yaml", "epochs: 1,", "epochs: 4000,")
    with clone.started("kassandra", "search", "digits", "--trials", "1") as worker:
        for line in worker.stdout:
            if line.startswith("trial 0:"):
                break
        time.sleep(2)
        started = psutil.Process(worker.pid).children(recursive=True)
        os.kill(worker.pid, signal.SIGINT)
        rest, _ = worker.communicate(timeout=600)
    assert worker.returncode == 130, rest
    assert "Interrupted. The same command goes on from here.\nTrials: 0 finished, 0 given up, 1 failed" in rest
    assert "Traceback" not in rest
    assert not psutil.wait_procs(started, timeout=0)[1]  # nothing goes on
    assert states(trials(clone)) == ["FAIL", "WAITING"]


def test_two_workers_share_a_study(begun, tmp_path):
    clone, storage = begun.copy(tmp_path / "kassandra"), "sqlite:///study.db"
    search = ("kassandra", "search", "digits", "--trials", "3", "--storage", storage)
    with clone.started(*search) as one, clone.started(*search) as other:
        printed = [worker.communicate(timeout=900)[0] for worker in (one, other)]
        assert [one.returncode, other.returncode] == [0, 0], "\n".join(printed)
    found = trials(clone, storage)
    assert states(found) == ["COMPLETE"] * 3
    assert experiments(clone) == ["digits-0", "digits-1", "digits-2"]
    assert len({str(trial.params) for trial in found}) == 3
    assert {trial.user_attrs["worker"]["pid"] for trial in found} <= {one.pid, other.pid}


def test_two_machines_share_a_study_over_postgresql(begun, tmp_path, postgresql):
    """As far as one machine can show it: two clones, a worker that is killed, and a server that is started again."""
    storage = postgresql.url("shared")
    search = ("kassandra", "search", "digits", "--storage", storage, "--trials")
    here, there = (begun.copy(tmp_path / name) for name in ("here", "there"))
    for clone in (here, there):
        clone.edit("params.yaml", "epochs: 1,", "epochs: 8,")
    with here.started(*search, "3") as one, there.started(*search, "3") as other:
        wait_for_checkpoint(there, other)
        started = psutil.Process(other.pid).children(recursive=True)
        other.kill()
        wait_for_checkpoint(here, one)
        postgresql.stop()
        postgresql.start()
        printed, _ = one.communicate(timeout=900)
        assert one.returncode == 0, printed
    psutil.wait_procs(started, timeout=600)
    printed += there.run(*search, "3")  # once more, by the clone whose worker was killed
    assert "was left by a worker that is dead; its values are tried again" in printed
    found = trials(here, storage)
    assert sorted(states(found)) in (["COMPLETE"] * 3 + ["FAIL"] * count for count in (1, 2))  # 2: it was just asked
    assert len({str(trial.params) for trial in found if trial.state == TrialState.COMPLETE}) == 3
    names = [f"digits-{trial.number}" for trial in found if trial.state == TrialState.COMPLETE]
    assert set(experiments(here) + experiments(there)) >= set(names)


def wait_for_checkpoint(clone, worker):
    """Until the worker of this clone is amid a training."""
    begun_at = time.monotonic()
    while not list((clone.root / ".checkpoints").glob("digits-*/checkpoint.safetensors")):
        assert worker.poll() is None, worker.stdout.read()
        assert time.monotonic() - begun_at < 600
        time.sleep(0.1)


def test_what_cannot_be_trained_is_given_up_with_the_sentence(begun, tmp_path):
    clone = begun.copy(tmp_path / "kassandra")
    (clone.root / "space.yaml").write_text("space: {model.num_layers: {low: 2, high: 3}}\n")
    printed = clone.run("kassandra", "search", "digits", "--trials", "2", "--space", "space.yaml")
    assert printed.count("given up: refused: pipelines.digits.model: variant 'vanilla' does not use 'num_layers'") == 2
    assert {trial.state for trial in trials(clone)} == {TrialState.PRUNED}
    assert clone.dvc("exp", "list", "--name-only") == ""
    printed = clone.run("kassandra", "search", "digits", "--storage", "mysql+nothing://x/y", "--study", "x", fails=True)
    assert "Error: --storage mysql+nothing://x/y: cannot be used: " in printed
    for name in ("a/b", "a b", "a..b"):
        printed = clone.run("kassandra", "search", "digits", "--study", name, "--space", "space.yaml", fails=True)
        assert f"Error: --study {name!r}: cannot be the name of experiments" in printed
