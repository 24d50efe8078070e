"""Run the chapters of the course that have changed → docs/course/*.ipynb.

    python docs/course/execute.py              # those whose notebook is not of their source
    python docs/course/execute.py --all        # all of them, some 15 minutes
    python docs/course/execute.py 1_gates

A notebook keeps the sha256 of its source, by which `tests/test_course.py` sees whether it is up to date.
"""

import argparse
import hashlib
import os
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
CHAPTERS = sorted(path for path in HERE.glob("[0-9]_*.py"))


def digest(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()


def is_current(source: Path) -> bool:
    notebook = source.with_suffix(".ipynb")
    return notebook.exists() and nbformat.read(notebook, 4).metadata.get("source_sha256") == digest(source)


def execute(source: Path) -> float:
    """Seconds it took. Raises nbclient's CellExecutionError where a cell fails: nothing is written then."""
    notebook, started = jupytext.read(source), time.perf_counter()
    os.environ.pop("KASSANDRA_MIRROR", None)  # whose path is this machine's
    NotebookClient(
        notebook,
        timeout=900,
        kernel_name="python3",
        coalesce_streams=True,
        resources={"metadata": {"path": str(HERE.parents[1])}},
    ).execute()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "source_sha256": digest(source),
    }
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"  # and not at random
        cell.metadata.pop("execution", None)
    nbformat.write(notebook, source.with_suffix(".ipynb"))
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*", help="as 1_gates; none: those that have changed")
    parser.add_argument("--all", action="store_true", help="all, changed or not")
    args = parser.parse_args()
    for source in CHAPTERS:
        if args.all or source.stem in args.chapters or not (args.chapters or is_current(source)):
            print(f"{source.stem}: {execute(source):.0f} s", flush=True)


if __name__ == "__main__":
    main()
