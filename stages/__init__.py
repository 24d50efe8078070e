"""The stages of dvc.yaml, one script each; `python -m stages.<stage>` is what DVC runs.

Read first by every stage: checks the Python it runs under, sets what must be set before PyTorch is imported, and lets a
stage be stopped at any moment, also in the seconds of its imports.
"""

from __future__ import annotations  # so that a Python that is too old gets as far as the sentence that says so

import argparse
import ctypes
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

HOW = "run `make setup`, then `. .venv/bin/activate`; or `make repro`, which does both"


def check_packages(project: Path, lock: Path) -> None:
    """Stop with one sentence where this Python lacks a direct dependency, rather than at some later import.

    Another version than the locked ones may run, with a warning: it can change results.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 (that is the question here)
        sys.exit(f"Kassandra needs Python 3.11 or newer, and this is {sys.version.split()[0]}: {HOW}.")
    locked: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^ ;\\]+)", lock.read_text(encoding="utf-8"), re.MULTILINE):
        locked.setdefault(name, set()).add(version)
    text = project.read_text(encoding="utf-8")
    lists = re.findall(r"^(?:dependencies|pipeline|baselines) = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    assert lists, f"{project} has no dependencies"
    for name in re.findall(r'^\s*"([\w.-]+)', "".join(lists), re.MULTILINE):
        try:
            installed = metadata.version(name).partition("+")[0]
        except metadata.PackageNotFoundError:
            sys.exit(f"{sys.executable} lacks {name!r}, one of the packages in {lock.name}: {HOW}.")
        versions = locked.get(re.sub(r"[-_.]+", "-", name).lower())
        if not versions:
            sys.exit(f"{lock.name} lacks {name!r}, a dependency in {project.name}: run `make lock`, then `make setup`.")
        if installed not in versions:
            known = " or ".join(sorted(versions))
            print(f"{name} is {installed}, locked is {known}: results may differ", file=sys.stderr)


def pipeline_of_dvc() -> str:
    """Of the stage that DVC runs, `train@mnist` or `folder/dvc.yaml:train@mnist`; empty where it does not."""
    return os.environ.get("DVC_STAGE", "").rpartition(":")[2].partition("@")[2]


def run(stage: Callable[[str], None], description: str | None, alone: bool = True) -> None:
    """Call `stage` with the name of the pipeline; whatever it raises ends in one sentence (see contracts/errors).

    The name is that of the stage which DVC runs, else that on the command line. DVC gives it in its environment, as the
    words of a command are read by a shell first.

    alone: whether this stage is refused to the processes of torchrun: they would all do the same.
    """
    from kassandra.contracts import cores  # here, after the checks below
    from kassandra.contracts.cache import check_cache
    from kassandra.contracts.errors import TRACEBACK, explained

    parser = argparse.ArgumentParser(description=description, epilog="DVC runs this: `dvc repro <stage>@<pipeline>`.")
    parser.add_argument("pipeline", nargs="?", help="a section of `pipelines:` in params.yaml")
    parser.add_argument(
        "--traceback", action="store_true", help=f"of an error, print where it was raised ({TRACEBACK}=1)"
    )
    arguments = parser.parse_args()
    if arguments.traceback:
        os.environ[TRACEBACK] = "1"
    name = arguments.pipeline or pipeline_of_dvc()
    if not name:
        parser.error("give the name of a pipeline")
    if alone and RANKS > 1:
        sys.exit("Error: torchrun is for `-m stages.train`; this stage is run by one process")
    try:
        if root := os.environ.get("DVC_ROOT"):
            check_cache(Path(root))
        cores.take()
        stage(name)
    except Exception as error:
        sys.exit(explained(error))


def stop_at_once(*_: object) -> None:
    """Ctrl-C: a sentence, and the end. Nothing is lost, since files are written whole or not at all.

    Not as a KeyboardInterrupt: where it falls into an import, C code may swallow it and go on with half a module.
    """
    goal = f"evaluate@{pipeline_of_dvc() or sys.argv[-1]}"  # argparse may not have read it yet
    cursor = "\x1b[?25h" if sys.stderr.isatty() else ""  # the progress display hides it
    os.write(2, f"{cursor}\nInterrupted. `dvc repro {goal}` goes on from the last finished epoch or stage.\n".encode())
    os._exit(130)


def stop_with(parent: int) -> None:
    """If DVC is killed, end too: two trainings that write the same files would otherwise run after the next repro."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def keep_memory() -> None:
    """Have blocks that are freed stay with the process: tensors of some 30 MB that come and go at each step would
    otherwise be given back to the kernel, and their pages be filled with zeros anew each time."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # a C library other than glibc
        return
    trim_threshold, mmap_threshold = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
    mallopt(mmap_threshold, 1 << 30)
    mallopt(trim_threshold, 2**31 - 1)


RANK, RANKS = (int(os.environ.get(name, default)) for name, default in (("RANK", 0), ("WORLD_SIZE", 1)))  # of torchrun
if sys.argv[0] == "-m":  # this is a stage, not something that imports one
    # Of processes that train together the first one says the sentence, and they end with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN if RANKS > 1 and RANK > 0 else stop_at_once)
if "DVC_STAGE" in os.environ:
    threading.Thread(target=stop_with, args=(os.getppid(),), daemon=True).start()
keep_memory()
# Idle OpenMP threads sleep instead of spinning: beside other work, spinning ones are many times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Of NumPy's small matrices two threads wait for each other most of the time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS repeats its bits only with a fixed workspace
os.environ.setdefault("MPLBACKEND", "agg")  # pictures go to files; no display is needed
check_packages(Path("pyproject.toml"), Path("requirements.lock"))
