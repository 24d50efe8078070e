"""A disk that is full or may not be written to, at each stage: a sentence, nothing lost, and the next run is right."""

import os
import shutil
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.faults]

STAGES = ("download", "prepare", "baseline", "pretrain", "train", "evaluate")
PAIRS = ("images-label", "text-label", "text-next", "series-forecast", "audio-label", "text-text")
ELSEWHERE = [
    ("images-label", "train", ".checkpoints"),
    ("text-label", "pretrain", ".checkpoints"),
    ("images-label", "evaluate", "metrics"),
    ("text-next", "train", "metrics"),
]
# What each pair writes, and where, is seen on a full disk; another reason not to write is met by the same function.
FULL = [*((pair, stage, "data") for pair in PAIRS for stage in STAGES), *ELSEWHERE]
READ_ONLY = [
    *(("images-label", stage, "data", ("mount", "rights")[number % 2]) for number, stage in enumerate(STAGES)),
    *((*case, by) for case, by in zip(ELSEWHERE, ("rights", "mount", "mount", "rights"), strict=True)),
]


@pytest.fixture
def starved(workplace, undisturbed, faults):
    """Runs a stage without its outputs with a fault, and once more without: what was printed the first time."""

    def starved(pair, stage, **fault):
        expected = faults.contents(undisturbed(pair).root)
        place = workplace(pair)
        place.remove(*faults.WRITES[stage])
        ended = place.run(stage, then=["data", "metrics"], **fault)
        assert ended.after == expected, ended.again
        return ended

    return starved


@pytest.mark.parametrize(("pair", "stage", "folder"), FULL, ids=["-".join(case) for case in FULL])
def test_a_full_disk(pair, stage, folder, starved, can_mount):
    if can_mount:
        sentence = starved(pair, stage, full=folder, room=0).sentence()
        assert "No space left on device" in sentence
    else:  # a file that may not grow is the same to who writes it
        sentence = starved(pair, stage, largest_file=16).sentence()
        assert "File too large" in sentence
    assert sentence.startswith(f"Error: {folder}/") or not can_mount


@pytest.mark.parametrize(("pair", "stage", "folder", "by"), READ_ONLY, ids=["-".join(case) for case in READ_ONLY])
def test_a_disk_that_may_not_be_written_to(pair, stage, folder, by, starved, can_mount):
    sentence = starved(pair, stage, read_only=folder, by=by if can_mount else "rights").sentence()
    assert sentence.startswith(f"Error: {folder}/")
    assert ("Read-only file system" if by == "mount" and can_mount else "Permission denied") in sentence


@pytest.fixture
def cramped(can_mount):
    """`dvc repro` in a clone whose data, and then whose cache, are on a disk that is full: what it prints, to the end.

    Where nothing can be mounted, no file may grow.
    """

    def cramped(clone, folder):
        if not can_mount:
            return sh(clone, "ulimit -f 8; dvc repro")
        mount = (
            f"mkdir -p full {folder} && mount -t tmpfs -o size=32m tmpfs full && cp -a {folder}/. full/ && "
            f"mount --bind full {folder} && {{ cat /dev/zero > {folder}/.filler; true; }} 2>/dev/null && "
            f'dvc repro; echo "=== $?"; rm {folder}/.filler && dvc repro && mkdir -p kept && cp -a {folder}/. kept/'
        )
        space = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--map-root-user", "--mount"]
        output = clone.run(*space, "sh", "-c", mount)
        shutil.rmtree(clone.root / folder)
        (clone.root / "kept").rename(clone.root / folder)
        return output

    return cramped


def sh(clone, command):
    status, output = clone.stopped(("sh", "-c", command), ("",), 0, lambda pid: None)
    assert status != 0, output
    return f"{output}=== {status}\n{clone.dvc('repro')}"


@pytest.mark.parametrize(("folder", "lacking"), [("data", "data/prepared"), (".dvc/cache", ".dvc/cache")])
def test_by_way_of_dvc(folder, lacking, cramped, undisturbed, tmp_path):
    clone = undisturbed("text-label").copy(tmp_path / "kassandra")
    shutil.rmtree(clone.root / "data/prepared")
    shutil.rmtree(clone.root / ".dvc/cache")
    first, _, second = cramped(clone, folder).partition("=== ")
    assert not second.startswith("0")
    assert "No space left on device" in first or "File too large" in first
    assert clone.differs_from(undisturbed("text-label")) == []
    assert clone.git("status", "--porcelain", "dvc.lock", "metrics") == ""


def test_nothing_stays_mounted(common):
    assert str(common) not in Path("/proc/self/mounts").read_text()
