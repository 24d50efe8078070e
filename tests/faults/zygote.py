"""A process that has imported what the stages import, and forks one for each stage that is asked for: the seconds that
imports take are spent once. Faults are injected between the fork and the stage, into the fork alone.

Run as a script in the root of a clone; reads one JSON object per line, answers each with one.
"""

import ctypes
import importlib
import json
import os
import pkgutil
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

STAGES = ("download", "prepare", "baseline", "pretrain", "train", "evaluate")
LIBC = ctypes.CDLL(None, use_errno=True)
NEW_MOUNTS, NEW_USER = 0x00020000, 0x10000000
OVERRIDE_RIGHTS = 0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
FILLER = ".filler"


def main() -> None:
    sys.path.insert(0, str(Path.cwd()))
    # As `python -m stages.x` is: `stages` then takes Ctrl-C into its own hands.
    sys.argv = ["-m", "nobody"]
    modules = [f"stages.{stage}" for stage in STAGES]
    for module in [*modules, *library(), "matplotlib.backends.backend_agg"]:
        importlib.import_module(module)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            run(order)
        _, status, used = os.wait4(pid, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status), "seconds": used.ru_utime}), flush=True)


def library() -> list[str]:
    """Every module of ours, whatever is called by name from where."""
    return [name for _, name, _ in pkgutil.walk_packages(["kassandra"], "kassandra.")]


def run(order: dict) -> None:
    """Never returns. `order`: `folder`, `log`, `stage`, `name`, `seconds` it may take, and any of the faults below."""
    output = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(order["folder"])
    os.environ |= order["environ"]
    code = 99
    try:
        if order.get("full"):
            fill(Path(order["full"]), order["room"])
        if order.get("read_only"):
            make_read_only(Path(order["read_only"]), order["by"])
        code = in_a_fork(order)
        if order.get("then"):
            print(f"\n=== {code}", flush=True)
            if order.get("full"):
                relieve(Path(order["full"]))
            if order.get("read_only"):
                make_writable(Path(order["read_only"]), order["by"])
            code = in_a_fork({"stage": order["stage"], "name": order["name"], "seconds": order["seconds"]})
            for folder in order["then"]:  # what is in a mount is gone when this process is
                shutil.copytree(folder, f"after/{folder}", ignore=shutil.ignore_patterns(FILLER))
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(code if code >= 0 else 128 - code)


def in_a_fork(order: dict) -> int:
    """The exit status of the stage; negative for a signal."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 1
    try:
        signal.alarm(order["seconds"])  # what hangs is killed by it
        limit(order)
        kill_at(order)
        if "command" in order:  # of `kassandra`
            sys.argv = ["kassandra", *order["command"]]
            sys.modules["kassandra.cli"].main()
        else:
            sys.argv = [order["stage"], order["name"]]
            stage = sys.modules[f"stages.{order['stage']}"]
            stage.run(stage.main, stage.__doc__)
        code = 0
    except SystemExit as error:  # as the interpreter ends
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(code)


def limit(order: dict) -> None:
    """`largest_file`, `memory`: bytes of a file, and of memory beyond what is in use."""
    if "largest_file" in order:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest_file"],) * 2)
    if "memory" in order:
        lines = Path("/proc/self/status").read_text().splitlines()
        used = next(int(line.split()[1]) for line in lines if line.startswith("VmData")) * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (used + order["memory"],) * 2)
    if order.get("by") == "rights":
        obey_rights()
    if "clock" in order:
        set_clock(order["clock"])


def pause(*_: object) -> None:
    with Path("pauses").open("a", encoding="utf-8") as file:
        file.write("·")
    pid = os.getpid()
    if not os.fork():
        time.sleep(0.5)
        os.kill(pid, signal.SIGCONT)
        os._exit(0)
    os.kill(pid, signal.SIGSTOP)


def kill_at(order: dict) -> None:
    """`kill_at_write`: kill -9 just before this rename, counted from 0, that puts a file in its place."""
    if "stop_after" in order:  # seconds; it goes on a moment later, as after Ctrl-Z and `fg`
        signal.signal(signal.SIGVTALRM, pause)
        signal.setitimer(signal.ITIMER_VIRTUAL, order["stop_after"])
    if "kill_after" in order:  # seconds
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.signal(signal.SIGVTALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        signal.setitimer(signal.ITIMER_VIRTUAL, order["kill_after"])
    if "kill_at_write" in order:
        countdown = iter(range(order["kill_at_write"], -1, -1))
        for name in ("replace", "rename"):
            setattr(Path, name, until_killed(getattr(Path, name), countdown))


def until_killed(move: Callable[[Path, Path], Path], countdown: Iterator[int]) -> Callable[[Path, Path], Path]:
    def counted(self: Path, target: Path) -> Path:
        if next(countdown) == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return move(self, target)

    return counted


def set_clock(kind: str) -> None:
    """Clocks that stand still, go back by an hour at each look, or forward by most of a year; 40 times and again."""
    looks, step = iter(range(10**9)), {"stopped": 0.0, "backwards": -3600.0, "leaping": 2.8e7}[kind]

    def look() -> float:
        return 1.7e9 + step * (next(looks) % 40)

    for name in ("time", "perf_counter", "process_time", "monotonic"):
        setattr(time, name, look)


def obey_rights() -> None:
    """Root gives up being above the rights of files; others are not."""
    header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    LIBC.capget(header, sets)
    for kind in (0, 1):  # effective, permitted
        sets[kind] &= ~OVERRIDE_RIGHTS
    if LIBC.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")


def mounts_of_its_own() -> None:
    """
    Raises:
        OSError: this machine does not let us mount; see `fill` for what is done then.
    """
    user, group = os.getuid(), os.getgid()
    if LIBC.unshare(NEW_MOUNTS if user == 0 else NEW_MOUNTS | NEW_USER):
        raise OSError(ctypes.get_errno(), "unshare")
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    command("mount", "--make-rprivate", "/")


def command(*words: str) -> None:
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise OSError(done.returncode, done.stdout.strip())


def can_mount() -> bool:
    pid = os.fork()
    if not pid:
        try:
            mounts_of_its_own()
            command("mount", "-t", "tmpfs", "tmpfs", "/mnt")
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def fill(folder: Path, room: int) -> None:
    """`folder` becomes a file system of its own with what was in it, and no more than `room` bytes left."""
    mounts_of_its_own()
    folder.mkdir(parents=True, exist_ok=True)
    small = Path("small disk")
    small.mkdir()
    command("mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(small))
    shutil.copytree(folder, small, dirs_exist_ok=True)
    command("mount", "--bind", str(small), str(folder))
    with (folder / FILLER).open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65536)
        except OSError:
            pass
    os.truncate(folder / FILLER, (folder / FILLER).stat().st_size - room)


def relieve(folder: Path) -> None:
    (folder / FILLER).unlink()


def make_read_only(folder: Path, by: str) -> None:
    """By `mount`, or by the `rights` of the folder and all in it."""
    folder.mkdir(parents=True, exist_ok=True)
    if by == "mount":
        mounts_of_its_own()
        command("mount", "--bind", str(folder), str(folder))
        command("mount", "-o", "remount,bind,ro", str(folder))
        return
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def make_writable(folder: Path, by: str) -> None:
    if by == "mount":
        command("mount", "-o", "remount,bind,rw", str(folder))
        return
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


if __name__ == "__main__":
    if sys.argv[1:] == ["can-mount"]:
        sys.exit(not can_mount())
    main()
