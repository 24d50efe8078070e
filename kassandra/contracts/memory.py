"""How much memory is free, and what is said before a stage begins that needs about as much, or more."""

from collections.abc import Iterator
from pathlib import Path

from rich.filesize import decimal

from kassandra.contracts.errors import KassandraError

NEAR = 0.8  # of what is free: an estimate of more is worth a warning
GROUPS = Path("sys/fs/cgroup")  # of Linux's control groups, which containers and batch systems limit memory with
# Of both versions of control groups: limit, usage, and the parts of it that are given back where memory is short.
FILES = {
    "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file")),
    "": ("memory.max", "memory.current", ("inactive_file", "active_file")),
}


def free(root: Path = Path("/")) -> int | None:
    """Bytes that this process may still take, swap among them: of the machine, and of each control group that it is in.
    None where the system does not say, as macOS and Windows.

    Args:
        root: where proc and sys lie.
    """
    try:
        fields = dict(line.split(":", 1) for line in (root / "proc/meminfo").read_text().splitlines())
        available, swap = (int(fields[key].split()[0]) << 10 for key in ("MemAvailable", "SwapFree"))
    except (OSError, KeyError, ValueError, IndexError):
        return None
    return min([available, *_left_of_groups(root)]) + swap


def _left_of_groups(root: Path) -> Iterator[int]:
    """Bytes, of each control group with a limit; what cannot be read limits nothing."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, inside = line.split(":", 2)
        if controllers not in FILES:
            continue
        top, (limit, usage, given_back) = root / GROUPS / controllers, FILES[controllers]
        group = top / inside.lstrip("/")
        for folder in (group, *(each for each in group.parents if each.is_relative_to(top))):
            try:
                most, taken = (int((folder / name).read_text()) for name in (limit, usage))
                parts = dict(part.split() for part in (folder / "memory.stat").read_text().splitlines())
                yield max(0, most - taken + sum(int(parts.get(name, 0)) for name in given_back))
            except (OSError, ValueError):  # no such file, as of the topmost group; `max`: no limit
                continue


def check(where: str, what: str, about: float, least: float, instead: str) -> list[str]:
    """A warning where memory is about to run short; none where the system does not say what is free.

    Args:
        where: begins the sentence. what: needs the memory, in the plural.
        about: bytes that are likely. least: bytes without which it cannot be done. instead: what needs less.

    Raises:
        KassandraError: `least` is more than is free.
    """
    left = free()
    if left is None or max(about, least) <= NEAR * left:
        return []
    if least > left:
        raise KassandraError(f"{where}: {what} need {decimal(int(least))} of memory, and {_are_free(left)}; {instead}")
    needed = f"{what} need about {decimal(int(about))} of memory, and {_are_free(left)}"
    return [f"Caution: {where}: {needed}; should it run out, {instead}"]


def _are_free(left: int) -> str:
    return f"{decimal(left)} {'is' if left < 2 else 'are'} free"
