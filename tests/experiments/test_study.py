"""Studies in a storage: begun once, gone on with, and rid of what dead workers left."""

import os
import subprocess
import sys
import threading
import time
import uuid

import optuna
import pytest
from optuna.storages.journal import JournalFileSymlinkLock
from optuna.trial import TrialState

from kassandra.contracts.errors import KassandraError
from kassandra.experiments import study as studies

pytestmark = pytest.mark.slow  # SQLAlchemy

RANGE = {"x": optuna.distributions.FloatDistribution(0, 1)}


@pytest.fixture
def new_database(postgresql, monkeypatch):
    """Its URL; what was opened is closed in the end, as the end of a process does."""
    opened, open_storage = [], studies._storage
    monkeypatch.setattr(studies, "_storage", lambda place: opened.append(open_storage(place)) or opened[-1])
    yield postgresql.url(f"of_{uuid.uuid4().hex}")
    for storage in opened:
        storage.engine.dispose()


@pytest.fixture(params=["sqlite:///deep/study.db", "deep/study.log", "postgresql"])
def opened(request, tmp_path, monkeypatch):
    """Opens the study again at each call, as another process does."""
    monkeypatch.chdir(tmp_path)
    storage = request.param
    if storage == "postgresql":
        storage = request.getfixturevalue("new_database")
    return lambda **begun: studies.open_study(storage, "s", False, optuna.pruners.NopPruner(), begun)


def dead_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def numbers(study, state):
    return [trial.number for trial in study.get_trials(states=(state,))]


def test_what_it_was_begun_with_stays(opened):
    opened(seed=0, space={"x": 1})
    study = opened(seed=0, space={"x": 1})
    study.tell(study.ask(), 0.5)
    with pytest.raises(KassandraError, match=r"study 's' in .* was begun with another space, .*; give another name by"):
        opened(seed=0, space={"x": 2})


def test_a_study_of_which_nothing_came_may_begin_anew(opened):
    study = opened(space={"x": 1})
    study.tell(study.ask(RANGE), state=TrialState.FAIL)
    study.enqueue_trial({"x": 5})
    again = opened(space={"x": 2})
    assert again.user_attrs[studies.BEGUN] == {"space": {"x": 2}}
    assert again.get_trials() == []
    again.ask(RANGE)  # somebody works on it
    with pytest.raises(KassandraError, match="was begun with another space"):
        opened(space={"x": 3})


def test_another_process_that_was_given_the_number_of_a_dead_one_is_not_it(opened):
    study = opened()
    trial = study.ask(RANGE)
    with studies.alive(trial):
        assert studies.revive(study) == []
        worker = trial.user_attrs[studies.WORKER]
    trial.set_user_attr(studies.WORKER, worker | {"since": worker["since"] - 3600})
    assert studies.revive(study) == [0]


def test_a_dead_workers_trial_is_lined_up_again_once(opened):
    study = opened()
    for _ in range(2):
        trial = study.ask(RANGE)
        with studies.alive(trial):
            trial.report(0.5, 1)
    trial.set_user_attr(studies.WORKER, {"machine": studies._machine(), "pid": dead_process(), "since": 0.0})
    other = opened()
    assert studies.revive(other) == [1]  # the first is of this process, which lives
    assert studies.revive(study) == []
    assert [numbers(study, state) for state in (TrialState.RUNNING, TrialState.FAIL, TrialState.WAITING)] == [
        [0], [1], [2],
    ]  # fmt: skip
    again = opened().ask(RANGE)
    assert (again.number, again.params) == (2, trial.params)
    assert again.user_attrs[studies.AGAIN] == 1
    assert studies.counted(study) == 2  # not the failed one


@pytest.mark.parametrize(("silent", "dead"), [(studies.SILENT + 60, True), (studies.SILENT - 60, False)])
def test_a_worker_elsewhere_is_dead_when_it_is_silent(opened, silent, dead):
    study = opened()
    trial = study.ask(RANGE)
    trial.set_user_attr(studies.WORKER, {"machine": "elsewhere", "pid": os.getpid()})
    trial.set_user_attr(studies.ALIVE, time.time() - silent)
    assert studies.revive(study) == ([0] if dead else [])


def test_a_trial_that_has_ended_is_not_ended_again(opened):
    study = opened()
    trial = study.ask(RANGE)
    frozen = study.get_trials()[0]
    study.tell(trial, 0.5)
    assert not studies.line_up_again(study, frozen, "why")
    assert numbers(study, TrialState.WAITING) == []


def test_a_beat(opened, monkeypatch):
    monkeypatch.setattr(studies, "BEAT", 0.01)
    trial = opened().ask(RANGE)
    with studies.alive(trial):
        first = trial.user_attrs[studies.ALIVE]
        deadline = time.monotonic() + 60
        while opened().get_trials()[0].user_attrs[studies.ALIVE] == first:
            assert time.monotonic() < deadline


def test_the_lock_of_a_worker_that_was_killed_as_it_wrote(tmp_path, monkeypatch):
    """It is a link beside the journal, and nobody takes it away."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(studies, "GRACE", 3)
    begun = {"seed": 0}
    studies.open_study("deep/study.log", "s", False, optuna.pruners.NopPruner(), begun)
    JournalFileSymlinkLock(str(tmp_path / "deep" / "study.log")).acquire()
    started = time.monotonic()
    study = studies.open_study("deep/study.log", "s", False, optuna.pruners.NopPruner(), begun)
    assert study.user_attrs[studies.BEGUN] == begun
    assert 2 < time.monotonic() - started < 60


@pytest.mark.parametrize("storage", ["mysql+nothing://x/y", "sqlite:////proc/nothing/x.db", "/proc/nothing/study.log"])
def test_a_storage_that_cannot_be_used(storage, monkeypatch):
    monkeypatch.setattr(studies.time, "sleep", lambda seconds: None)
    with pytest.raises(KassandraError, match=r"^--storage .*: cannot be used: "):
        studies.open_study(storage, "s", False, optuna.pruners.NopPruner(), {})


def test_no_password_is_printed():
    with pytest.raises(KassandraError, match=r"mysql\+nothing://ada:\*\*\*@lab/x: cannot be used: ") as error:
        studies.open_study("mysql+nothing://ada:secret@lab/x", "s", False, optuna.pruners.NopPruner(), {})
    assert "secret" not in str(error.value)
    assert studies.shown("no url://ada:secret") == "no url://…"


def test_a_server_that_was_started_again_is_connected_to_again(postgresql, new_database, monkeypatch):
    study = studies.open_study(new_database, "s", False, optuna.pruners.NopPruner(), {})
    trial = study.ask(RANGE)
    postgresql.stop()
    later = threading.Timer(1, postgresql.start)  # while it is asked already
    later.start()
    study.tell(trial, 0.5)
    later.join()
    assert numbers(study, TrialState.COMPLETE) == [0]
    postgresql.stop()
    monkeypatch.setattr(studies, "PATIENCE", 1)
    with pytest.raises(studies.BROKEN) as error:
        study.ask(RANGE)
    postgresql.start()
    assert "refused" in str(error.value.__cause__)
