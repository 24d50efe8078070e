"""Which processes may compute where several pipelines run side by side: each holds a core, or waits until one is free.

`kassandra repro --jobs N` names a folder of N empty files in the environment; a lock on one of them is a core. The
kernel frees it when its holder ends, however that happens. Without such a folder nobody waits.
"""

import os
import time
from pathlib import Path
from typing import IO

FOLDER = "KASSANDRA_CORES"
EVERY = 0.1  # seconds between two looks for a free core
_held: IO[bytes] | None = None  # of this process


def here() -> int:
    """How many this process may use; all of the machine's where the system does not say (macOS, Windows)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def make(folder: Path, number: int) -> dict[str, str]:
    """A folder of so many cores; what the environment of those who share them must have."""
    for core in range(number):
        (folder / f"core-{core}").touch()
    return {FOLDER: str(folder)}


def take() -> None:
    """Wait for a core, unless this process has one."""
    global _held
    if _held or not os.environ.get(FOLDER):
        return
    import fcntl  # which Windows lacks; cores are not shared there

    files = [path.open("rb") for path in sorted(Path(os.environ[FOLDER]).glob("core-*"))]
    while files and not _held:
        for file in files:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            _held = file
            break
        else:
            time.sleep(EVERY)
    for file in files:
        if file is not _held:
            file.close()


def give_back() -> None:
    """While this process only waits for others."""
    global _held
    if _held:
        _held.close()
        _held = None
