"""Several processes, and machines, that train together: killed, cut off, with other data; two network namespaces stand
for two machines."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.clone import Clone
from tests.faults.members import PATIENCE, params

pytestmark = [pytest.mark.slow, pytest.mark.faults]

PARAMS = params(seeds=2, epochs=40)
LOST = 30  # seconds after which a machine that is gone is given up
AGAIN = "started again, the training goes on from its last epoch"


class Machine(NamedTuple):
    """within: what a command begins with, to run on it. address: of the network between machines; None: this one."""

    root: Path
    within: tuple[str, ...] = ()
    address: str | None = None

    def start(self, *torchrun: str, stage: str = "train") -> subprocess.Popen[str]:
        environment = Clone(self.root).environment | ({"GLOO_SOCKET_IFNAME": "between"} if self.address else {})
        return subprocess.Popen(
            [*self.within, sys.executable, "-m", *torchrun, "-m", f"stages.{stage}", "small"], cwd=self.root, text=True,
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def made(self) -> dict[str, bytes]:
        folders = [self.root / "data" / "models", self.root / "metrics" / "small"]
        paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in sorted(paths)}

    def copy(self, folder: Path) -> Path:
        return Path(shutil.copytree(self.root, folder / "kassandra", symlinks=True))

    def epochs(self) -> bool:
        """Whether some are over."""
        return any(self.root.glob(".checkpoints/small-*/checkpoint.safetensors"))


def here(ranks: int) -> tuple[str, ...]:
    """torchrun of all ranks on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return ("torch.distributed.run", "--nproc_per_node", str(ranks), "--master_port", str(port))


def on_two(rank: int) -> tuple[str, ...]:
    """torchrun of one rank on each of two machines."""
    of_both = ("--nnodes", "2", "--nproc_per_node", "1", "--master_addr", "10.83.0.1", "--master_port", "29500")
    return ("torch.distributed.run", *of_both, "--node_rank", str(rank))


def ended(process: subprocess.Popen[str], status: int = 0) -> str:
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == status, printed
    return printed


def sentences(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line.startswith("Error: ")]


def wait_for_an_epoch(machine: Machine, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE
    while not machine.epochs():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.01)


def ranks_of(process: subprocess.Popen[str]) -> list[int]:
    """Ids of what torchrun has started, by rank."""
    return [int(each) for each in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.fixture(scope="module")
def prepared(root, tmp_path_factory) -> Machine:
    folder = tmp_path_factory.mktemp("ranks") / "kassandra"
    Clone.of_working_tree(root, folder, ("mnist",))
    (folder / "params.yaml").write_text(PARAMS)
    for stage in ("download", "prepare", "baseline", "pretrain"):
        Clone(folder).run(sys.executable, "-m", f"stages.{stage}", "small")
    return Machine(folder)


@pytest.fixture(scope="module")
def expected(prepared, tmp_path_factory) -> dict[str, bytes]:
    """What two ranks make that nothing disturbs."""
    machine = Machine(prepared.copy(tmp_path_factory.mktemp("undisturbed")))
    printed = ended(machine.start(*here(2)))
    assert " · ranks 2" in printed
    assert "2 members, 1 at a time" in printed
    assert printed.count("  epoch 40/40  ") == 2  # each member's, by the first rank alone
    assert not machine.epochs()
    return machine.made()


@pytest.fixture
def machine(prepared, tmp_path) -> Machine:
    return Machine(prepared.copy(tmp_path))


def test_one_rank_makes_the_bytes_of_the_stage_alone(machine, prepared, tmp_path):
    ended(machine.start(*here(1)))
    (tmp_path / "alone").mkdir()
    alone = Machine(prepared.copy(tmp_path / "alone"))
    Clone(alone.root).run(sys.executable, "-m", "stages.train", "small")
    assert alone.made() == machine.made()
    assert {path.rpartition("/")[2] for path in alone.made()} >= {"weights-0.safetensors", "history.csv"}


@pytest.mark.parametrize("rank", [0, 1])
def test_a_rank_that_is_killed_ends_all_and_the_next_start_goes_on(rank, machine, expected):
    process = machine.start(*here(2))
    wait_for_an_epoch(machine, process)
    ranks = ranks_of(process)
    killed = time.monotonic()
    os.kill(ranks[rank], signal.SIGKILL)
    printed = ended(process, 1)
    assert time.monotonic() - killed < LOST
    (sentence,) = sentences(printed)
    assert sentence.startswith(f"Error: rank {rank} on ")
    assert sentence.endswith(f" was ended or cannot be reached; {AGAIN}")
    assert not any(Path(f"/proc/{each}").exists() for each in ranks)
    assert not (machine.root / "data/models/small/model.json").exists()
    assert "Continuing after epoch" in ended(machine.start(*here(2)))
    assert machine.made() == expected


def test_an_error_of_all_ranks_is_printed_once(machine):
    damaged = machine.root / "data/prepared/small/valid.npz"
    damaged.write_bytes(damaged.read_bytes()[:-99])
    (sentence,) = sentences(ended(machine.start(*here(2)), 1))
    assert sentence.startswith("Error: data/prepared/small/valid.npz: damaged")


def test_other_stages_are_for_one_process(machine):
    said = sentences(ended(machine.start(*here(2), stage="prepare"), 1))
    assert set(said) == {"Error: torchrun is for `-m stages.train`; this stage is run by one process"}


@pytest.fixture
def two_machines(machine, prepared, tmp_path) -> Iterator[list[Machine]]:
    """Each with a network, a folder and data of its own."""
    names, folder = [f"kassandra-{os.getpid()}-{number}" for number in range(2)], tmp_path / "second"
    commands = [
        *(f"ip netns add {name}" for name in names),
        f"ip link add between netns {names[0]} type veth peer name between netns {names[1]}",
        *(f"ip -n {name} addr add 10.83.0.{number}/24 dev between" for number, name in enumerate(names, 1)),
        *(f"ip -n {name} link set {device} up" for name in names for device in ("lo", "between")),
    ]
    folder.mkdir()
    try:
        for command in commands:
            try:
                subprocess.run(command.split(), check=True, capture_output=True, text=True)
            except (OSError, subprocess.CalledProcessError) as error:
                pytest.skip(f"no network namespaces may be made here: {getattr(error, 'stderr', None) or error}")
        within = [("ip", "netns", "exec", name) for name in names]
        yield [
            Machine(machine.root, within[0], "10.83.0.1"),
            Machine(prepared.copy(folder), within[1], "10.83.0.2"),
        ]
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def test_two_machines_one_of_which_is_lost(two_machines, expected):
    """The second has neither the first one's files nor, at the end, results of its own."""
    both = [each.start(*on_two(rank)) for rank, each in enumerate(two_machines)]
    wait_for_an_epoch(two_machines[0], both[0])
    subprocess.run(["ip", "-n", two_machines[1].within[-1], "link", "set", "between", "down"], check=True)
    lost = time.monotonic()
    printed = [ended(process, 1) for process in both]
    assert time.monotonic() - lost < 2 * LOST
    for other, said in zip((f"rank 1 on {socket.gethostname()}", "rank 0 on 10.83.0.1"), printed, strict=True):
        assert sentences(said) == [f"Error: {other} was ended or cannot be reached; {AGAIN}"]

    subprocess.run(["ip", "-n", two_machines[1].within[-1], "link", "set", "between", "up"], check=True)
    both = [each.start(*on_two(rank)) for rank, each in enumerate(two_machines)]
    printed = [ended(process) for process in both]
    assert "Continuing after epoch" in printed[0]
    assert "epoch" not in printed[1]
    assert two_machines[0].made() == expected
    assert two_machines[1].made() == {}
    assert not two_machines[1].epochs()


def test_a_machine_with_other_data_is_refused(two_machines):
    path = two_machines[1].root / "params.yaml"
    path.write_text(path.read_text().replace("seed: 3", "seed: 4"))
    both = [each.start(*on_two(rank)) for rank, each in enumerate(two_machines)]
    first, second = [ended(process, 1) for process in both]
    (sentence,) = sentences(first)
    assert sentence.startswith("Error: rank 1: its params, code or prepared data are not those of rank 0; check out ")
    assert sentences(second) == [sentence]
