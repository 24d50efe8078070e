"""What is free, as Linux says it in files; and what is said where that is not enough."""

import pytest

from kassandra.contracts import memory
from kassandra.contracts.errors import KassandraError

MEMINFO = "MemTotal: 8000 kB\nMemAvailable:    4000 kB\nSwapFree: 0 kB\n"


@pytest.fixture
def machine(tmp_path):
    def made(groups="", meminfo=MEMINFO, **files):
        written = {"proc/meminfo": meminfo, "proc/self/cgroup": groups}
        for name, text in (written | files).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return memory.free(tmp_path)

    return made


def _group(at, limit, usage, stat, names=("memory.max", "memory.current")):
    top = f"sys/fs/cgroup/{at}"
    return {f"{top}/{names[0]}": limit, f"{top}/{names[1]}": usage, f"{top}/memory.stat": stat}


def test_the_machine_alone(machine):
    assert machine() == 4000 << 10
    assert machine(meminfo=MEMINFO.replace("Free: 0", "Free: 50")) == 4050 << 10


@pytest.mark.parametrize("limited", ["job/step", "job", "."])
def test_the_tightest_of_the_groups_around_it(machine, limited):
    files = _group("job/step", "max\n", "900\n", "anon 900\n")
    files |= _group(limited, "100000\n", "90000\n", "anon 60000\nactive_file 10000\ninactive_file 20000\n")
    assert machine("0::/job/step\n", **files) == 40000


def test_groups_of_the_first_version(machine):
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
    stat = "inactive_file 7\ntotal_inactive_file 1000\ntotal_active_file 0\n"
    files = _group("memory/job", "100000", "90000", stat, names) | _group("memory", str(2**63 - 4096), "1", "", names)
    assert machine("5:devices:/\n4:memory:/job\n0::/\n", **files) == 11000


def test_a_group_that_is_over_its_limit_leaves_nothing(machine):
    assert machine("0::/\n", **_group(".", "5", "9", "anon 9\n")) == 0


@pytest.mark.parametrize("meminfo", ["", "MemAvailable: lots\nSwapFree: 0 kB\n", "MemTotal: 5 kB\n"])
def test_where_the_system_does_not_say(machine, meminfo, monkeypatch):
    assert machine(meminfo=meminfo) is None
    monkeypatch.setattr(memory, "free", lambda: None)
    assert memory.check("prepare of a", "files", 10**18, 10**18, "take less") == []


def test_said_where_it_gets_near_and_refused_where_it_cannot_be(monkeypatch):
    monkeypatch.setattr(memory, "free", lambda: 10**9)
    assert memory.check("prepare of a", "files", 0.79e9, 0.79e9, "take less") == []
    (caution,) = memory.check("prepare of a", "files of 1 MB", 5e9, 0, "take less")
    assert caution.startswith(
        "Caution: prepare of a: files of 1 MB need about 5.0 GB of memory, and 1.0 GB are free; sho"
    )
    assert caution.endswith("should it run out, take less")
    with pytest.raises(KassandraError, match=r"^train of a: weights need 3.0 GB of memory, and 1.0 GB are free; take"):
        memory.check("train of a", "weights", 5e9, 3e9, "take less")
