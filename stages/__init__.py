"""The stages of dvc.yaml, one script each; `python -m stages.<stage> <pipeline>` is what DVC runs.

Read first by every stage: checks the Python it runs under, and sets what must be set before PyTorch is imported.
"""

import os
import re
import sys
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
    dependencies = re.search(
        r"^dependencies = \[\n(.*?)^\]", project.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert dependencies, f"{project} has no dependencies"
    for name in re.findall(r'^\s*"([\w.-]+)', dependencies[1], re.MULTILINE):
        try:
            installed = metadata.version(name).partition("+")[0]
        except metadata.PackageNotFoundError:
            sys.exit(f"{sys.executable} lacks {name!r}, one of the packages in {lock.name}: {HOW}.")
        if installed not in (versions := locked[name.replace(".", "-")]):
            print(
                f"{name} is {installed}, locked is {' or '.join(sorted(versions))}: results may differ", file=sys.stderr
            )


# Idle OpenMP threads sleep instead of spinning: beside other work, spinning ones are many times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS repeats its bits only with a fixed workspace
os.environ.setdefault("MPLBACKEND", "agg")  # pictures go to files; no display is needed
check_packages(Path("pyproject.toml"), Path("requirements.lock"))
