"""`kassandra merge`: dvc.lock and metrics/ after a merge of two branches that both ran, resolved stage by stage.

Merged as text, an entry of dvc.lock may be half of one run and half of another, and the scores beside it of neither.
"""

import subprocess
from pathlib import Path
from typing import Literal

from kassandra.contracts import lock
from kassandra.contracts.artifacts import METRICS, whole
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import some

Side = Literal["HEAD", "other"]
NUMBERS: dict[Side, int] = {"HEAD": 2, "other": 3}  # of git's index, where 1 is what both come from
RAN = "train"  # wrote history.csv; every other file of metrics/ is of `evaluate`


def merge() -> None:
    """Writes and stages dvc.lock and the files of metrics/, and prints what was taken from where.

    Raises:
        KassandraError: there is no merge, or something else conflicts.
    """
    conflicting = _conflicting()
    if not conflicting:
        raise KassandraError("kassandra merge: nothing conflicts here; run it after a `git merge` that stopped")
    ours = [path for path in conflicting if path == lock.LOCK or path.is_relative_to(METRICS)]
    if others := [path for path in conflicting if path not in ours]:
        shown = some(str(path) for path in others)
        raise KassandraError(f"{shown}: resolve what conflicts there first, `git add` it, then `kassandra merge` again")
    before, *both = (_at(number, lock.LOCK) for number in (1, 2, 3))
    sides = dict(zip(NUMBERS, both, strict=True))
    if lock.LOCK in ours:
        text, taken = merged(before, sides["HEAD"], sides["other"])
        lock.parse(text, str(lock.LOCK))
        with whole(lock.LOCK) as partial:
            partial.write_text(text, encoding="utf-8")
        _git("add", "--", str(lock.LOCK))
    else:
        taken = {}
    for path in (path for path in ours if path != lock.LOCK):
        stage = RAN if path.name == "history.csv" else "evaluate"
        _take(path, taken.get(f"{stage}@{path.relative_to(METRICS).parts[0]}", "HEAD"))
    _report(taken, len(ours))


def merged(before: str, ours: str, theirs: str) -> tuple[str, dict[str, Side | Literal["both"]]]:
    r"""A dvc.lock of two, and of each stage in which they differ whose it is; where both ran it, `ours` is kept.

    >>> lock = "stages:\n  a@x:\n    cmd: {}\n".format
    >>> merged(lock(1), lock(2), lock(3))
    ('stages:\n  a@x:\n    cmd: 2\n', {'a@x': 'both'})
    """
    head, own = lock.blocks(ours)
    first, other = lock.blocks(theirs)
    common = lock.blocks(before)[1]
    result: dict[str, str] = {}
    taken: dict[str, Side | Literal["both"]] = {}
    for stage in [*own, *(each for each in other if each not in own)]:
        mine, yours, old = own.get(stage), other.get(stage), common.get(stage)
        block = yours if mine == old else mine
        if block is not None:
            result[stage] = block
        if mine != yours:
            taken[stage] = "other" if mine == old else "HEAD" if yours == old else "both"
    return (head or first) + "".join(result.values()), taken


def _report(taken: dict[str, Side | Literal["both"]], resolved: int) -> None:
    print(f"Resolved and staged: {resolved} file{'s' * (resolved != 1)} of dvc.lock and metrics/")
    words = {
        "HEAD": "ran on HEAD alone, and is taken from there",
        "other": "ran on the other branch alone, and is taken from there",
        "both": "ran on both; what HEAD has is kept, until `dvc repro` runs what is stale",
    }
    for whose, sentence in words.items():
        for stage in sorted(each for each, side in taken.items() if side == whose):
            print(f"  {stage} {sentence}")
    print("Next: `dvc checkout` (or `dvc pull`), `dvc repro`, `kassandra report`, `git commit`")


def _take(path: Path, whose: Side | Literal["both"]) -> None:
    """Of a file, what one side has, which may be that it is gone."""
    side: Side = "other" if whose == "other" else "HEAD"
    if _git("ls-files", "--unmerged", "--", str(path), check=False).find(f" {NUMBERS[side]}\t".encode()) < 0:
        _git("rm", "--quiet", "--force", "--", str(path))
        return
    _git("checkout", "--ours" if side == "HEAD" else "--theirs", "--", str(path))
    _git("add", "--", str(path))


def _conflicting() -> list[Path]:
    listed = _git("ls-files", "--unmerged", "-z").decode("utf-8", "surrogateescape").split("\0")
    return [Path(name) for name in dict.fromkeys(line.partition("\t")[2] for line in listed if line)]


def _at(number: int, path: Path) -> str:
    return _git("show", f":{number}:./{path}", check=False).decode("utf-8", "replace")


def _git(*arguments: str, check: bool = True) -> bytes:
    done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    if check and done.returncode:
        why = " ".join(done.stderr.decode("utf-8", "replace").split())
        raise KassandraError(f"git {arguments[0]} failed: {why}")
    return done.stdout
