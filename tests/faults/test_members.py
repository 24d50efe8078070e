"""Members in processes of their own: the same bytes however many run at once, and whatever is killed when."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.clone import Clone
from tests.faults.members import PATIENCE, params

pytestmark = [pytest.mark.slow, pytest.mark.faults]

PARAMS = params(seeds=3, epochs=12)
CHECKPOINTS = ".checkpoints/small-*/checkpoint.safetensors"


class Project(Clone):
    """In a folder of its own, prepared; its stages run as DVC runs them."""

    def copy(self, to: Path) -> "Project":
        return Project(super().copy(to).root)

    def start(self, stage: str, cores: int = 2) -> subprocess.Popen[str]:
        """Leads a process group, so that its members are found when it is gone."""
        some = set(sorted(os.sched_getaffinity(0))[:cores])
        return subprocess.Popen(
            [sys.executable, "-m", f"stages.{stage}", "small"], cwd=self.root, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, some),
        )  # fmt: skip

    def run(self, stage: str, cores: int = 2) -> str:
        process = self.start(stage, cores)
        printed, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, printed
        return printed

    def results(self) -> dict[str, bytes]:
        folders = [self.root / "data" / "models", self.root / "metrics" / "small"]
        paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in sorted(paths)}

    def checkpoints(self) -> int:
        return len(list(self.root.glob(CHECKPOINTS)))


@pytest.fixture(scope="module")
def prepared(root, tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("members") / "kassandra")
    Clone.of_working_tree(root, project.root, ("mnist",))
    (project.root / "params.yaml").write_text(PARAMS)
    for stage in ("download", "prepare", "baseline", "pretrain"):
        project.run(stage)
    return project


@pytest.fixture(scope="module")
def expected(prepared):
    """What a single process makes of all members, one after another."""
    project = prepared.copy(prepared.root.parent / "one at a time" / "kassandra")
    assert "3 members, 1 at a time" in project.run("train", cores=1)
    assert not project.checkpoints()  # removed when all are done
    project.run("evaluate", cores=1)
    return project.results()


def trained(results):
    """What `train` makes, and `evaluate` reads."""
    return {path: content for path, content in results.items() if "/models/" in path or path.endswith("history.csv")}


@pytest.fixture
def project(prepared, tmp_path):
    return prepared.copy(tmp_path / "kassandra")


def wait_until_some_epoch_is_over(project, process):
    """And members run."""
    end = time.monotonic() + PATIENCE
    while not (project.checkpoints() and members_of(process.pid)):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.01)


def all_end(leader: int) -> bool:
    """Whether within seconds no process of a group is left: that of Python which puts shared memory away ends last."""
    deadline = time.monotonic() + 20
    while of_group(leader) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not of_group(leader)


def of_group(leader: int) -> list[int]:
    """Processes of a group that still run."""
    alive = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group = path.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(group) == leader and state != "Z":
            alive.append(int(path.parent.name))
    return sorted(alive)


def members_of(stage: int) -> list[int]:
    """Without the process that multiprocessing keeps for itself."""
    words = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in of_group(stage) if pid != stage}
    return [pid for pid, line in words.items() if b"spawn_main" in line]


needs_two_cores = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores")


@needs_two_cores
def test_as_many_processes_as_there_may_be_give_the_same_bytes(project, expected):
    """The model folder, history.csv, test.json and pictures."""
    names = {path.rpartition("/")[2] for path in expected}
    assert names >= {"weights-0.safetensors", "weights-1.safetensors", "weights-2.safetensors", "model.json"}
    assert names >= {"history.csv", "test.json"}
    weights = {content for path, content in expected.items() if "weights" in path}
    assert len(weights) == 3  # other seeds, other weights
    printed = project.run("train", cores=2)
    assert "3 members, 2 at a time" in printed
    assert {line.split()[1] for line in printed.splitlines() if line.startswith("member ")} == {"0", "1", "2"}
    project.run("evaluate", cores=2)
    assert project.results() == expected


@needs_two_cores
def test_killed_at_any_time_no_member_lives_on_and_the_next_run_goes_on(project, expected, seeded):
    for kill in range(2):
        process = project.start("train")
        wait_until_some_epoch_is_over(project, process)
        time.sleep(seeded.uniform(0, 0.3))
        os.kill(process.pid, signal.SIGKILL)  # the stage alone: its members see to themselves
        process.communicate(timeout=PATIENCE)  # members hold the other end of its output
        end = time.monotonic() + PATIENCE
        while of_group(process.pid):
            assert time.monotonic() < end, "a member lives on"
            time.sleep(0.05)
        assert project.checkpoints() > 0, kill
    assert "Continuing after epoch" in project.run("train")
    assert project.results() == trained(expected)


@needs_two_cores
def test_a_member_that_is_killed_ends_the_stage_with_a_sentence(project, expected):
    process = project.start("train")
    wait_until_some_epoch_is_over(project, process)
    os.kill(members_of(process.pid)[0], signal.SIGKILL)
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "Traceback" not in printed
    sentence = printed.strip().splitlines()[-1]
    assert sentence.startswith("Error: the process of member ")
    assert sentence.endswith(
        "was ended by signal 9 (SIGKILL), as where memory runs out; started again, it goes on from its last epoch"
    )
    assert all_end(process.pid)
    assert not (project.root / "data/models/small/model.json").exists()
    assert "Continuing after epoch" in project.run("train")
    assert project.results() == trained(expected)


@needs_two_cores
def test_an_error_of_a_member_is_the_sentence_of_the_stage(project):
    path = project.root / "params.yaml"
    path.write_text(path.read_text().replace("learning_rate: 0.02", "learning_rate: 9.9, clip: null"))
    damaged = project.root / "data/prepared/small/valid.npz"
    damaged.write_bytes(damaged.read_bytes()[:-99])
    process = project.start("train")
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "Traceback" not in printed
    assert "Error: data/prepared/small/valid.npz: damaged" in printed
    assert all_end(process.pid)
