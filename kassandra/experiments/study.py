"""A study of Optuna that outlives its workers: where it is kept, and what becomes of the trial of a dead one."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import optuna
import psutil
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from kassandra.contracts.errors import KassandraError

BEAT = 20  # seconds between two signs of life of a trial
DRIFT = 60  # seconds by which a clock that was set may have moved when a process began
ATTEMPTS = 3  # to open a storage
GRACE = 10  # seconds after which the lock on a journal is taken for that of a worker that was killed
PATIENCE = 60  # seconds for which a server that was there before is waited for
SILENT = 300  # seconds without one after which a trial is taken for dead, where its process cannot be looked up
DONE = (TrialState.COMPLETE, TrialState.PRUNED)
ALIVE, WORKER, WHY, AGAIN, BEGUN = "alive", "worker", "why", "again", "begun with"

BROKEN = (SQLAlchemyError, StorageInternalError)  # of a storage that worked before
DRIVERS = (
    " (PostgreSQL: `pip install 'kassandra-lstm[postgresql]'`; MySQL: `pip install pymysql`, and mysql+pymysql://)"
)

optuna.logging.set_verbosity(optuna.logging.WARNING)


def open_study(
    storage: str, name: str, larger_is_better: bool, pruner: optuna.pruners.BasePruner, begun: dict[str, Any]
) -> optuna.Study:
    """The study of this name, made if it is not there.

    Args:
        storage: URL of a database, else the path of a file (a journal, which may lie on a network file system).
        begun: what may not change between trials, as JSON has it.

    Raises:
        KassandraError: the storage cannot be used, or the study was begun with something else.
    """
    direction = StudyDirection.MAXIMIZE if larger_is_better else StudyDirection.MINIMIZE
    for attempt in range(ATTEMPTS):
        try:
            study = optuna.create_study(
                storage=_storage(storage), study_name=name, load_if_exists=True, pruner=pruner, direction=direction
            )
            break
        except (*BROKEN, ImportError, OSError, ValueError) as error:
            if (lacks := isinstance(error, ImportError)) or attempt == ATTEMPTS - 1:
                reason = " ".join(str(error).split())
                raise KassandraError(f"--storage {shown(storage)}: cannot be used: {reason}{DRIVERS * lacks}") from None
            time.sleep(1)  # another machine may be making the tables right now
    before = study.user_attrs.get(BEGUN)
    if before is None:
        study.set_user_attr(BEGUN, begun)
    elif before != begun and not study.get_trials(deepcopy=False, states=(*DONE, TrialState.RUNNING)):
        # Nothing came of it yet, as of a mistake in the space: it may begin anew.
        optuna.delete_study(study_name=name, storage=study._storage)
        return open_study(storage, name, larger_is_better, pruner, begun)
    elif before != begun:
        changed = sorted(key for key in begun if begun[key] != before.get(key))
        raise KassandraError(
            f"study {name!r} in {shown(storage)} was begun with another {changed[0]}, and its trials cannot be "
            "compared with new ones; give another name by --study"
        )
    return study


def shown(storage: str) -> str:
    """For people, without the password.

    >>> shown("postgresql://ada:secret@lab/studies"), shown(".optuna/mnist.log")
    ('postgresql://ada:***@lab/studies', '.optuna/mnist.log')
    """
    try:
        return make_url(storage).render_as_string(hide_password=True) if "://" in storage else storage
    except (ArgumentError, ValueError):
        return storage.partition("://")[0] + "://…"


def revive(study: optuna.Study) -> list[int]:
    """Give up the trials whose workers are dead, and line them up again; returns their numbers."""
    dead = [trial for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)) if _is_dead(trial)]
    return [trial.number for trial in dead if line_up_again(study, trial, "its worker was killed")]


def line_up_again(study: optuna.Study, trial: FrozenTrial, why: str) -> bool:
    """End a trial as failed, with one of the same values to follow; False where another worker has just done so."""
    try:
        study.tell(trial.number, state=TrialState.FAIL)
    except ValueError:  # it is not running any more
        return False
    if trial.params:
        study.enqueue_trial(trial.params, user_attrs={AGAIN: trial.number, WHY: why})
    return True


@contextmanager
def alive(trial: optuna.Trial) -> Iterator[None]:
    """Within, the other workers can see that somebody works on this trial."""
    trial.set_user_attr(WORKER, {"machine": _machine(), "pid": os.getpid(), "since": _since(os.getpid())})
    trial.set_user_attr(ALIVE, time.time())
    done = threading.Event()

    def beat() -> None:
        while not done.wait(BEAT):
            with suppress(*BROKEN):  # the trial itself will say so
                trial.set_user_attr(ALIVE, time.time())

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def counted(study: optuna.Study) -> int:
    """Trials that are finished or being worked on; what failed is not counted."""
    return len(study.get_trials(deepcopy=False, states=(*DONE, TrialState.RUNNING)))


def _is_dead(trial: FrozenTrial) -> bool:
    worker = trial.user_attrs.get(WORKER)
    if worker and worker["machine"] == _machine():
        since = _since(worker["pid"])  # of another process, where the number was given away since
        return since is None or abs(since - worker["since"]) > DRIFT
    begun = trial.datetime_start.timestamp() if trial.datetime_start else 0.0
    return time.time() - float(trial.user_attrs.get(ALIVE, begun)) > SILENT


def _since(pid: int) -> float | None:
    """When the process began, by the clock; None where there is none of this number."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None


def _machine() -> str:
    """Where process numbers mean the same: two containers may have the same host."""
    space = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()} {space.readlink() if space.is_symlink() else ''}"


def _storage(place: str) -> BaseStorage:
    if "://" in place:
        # SQLite waits for other writers; of a server, connections are tried before they are used.
        options = {"connect_args": {"timeout": 60}} if place.startswith("sqlite") else {"pool_pre_ping": True}
        if place.startswith("sqlite:///"):
            Path(place.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        storage = RDBStorage(place, engine_kwargs=options)
        event.listen(storage.engine, "do_connect", _connect)
        return storage
    journal = Path(place).absolute()  # Optuna's lock is a link to it, which has to lead there from wherever it lies
    journal.parent.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(str(journal), JournalFileSymlinkLock(str(journal), GRACE)))


def _connect(dialect: Any, record: object, arguments: list[Any], options: dict[str, Any]) -> Any:
    """Once more after it was there: a server that is being started again is waited for."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return dialect.connect(*arguments, **options)
        except dialect.loaded_dbapi.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(1)
