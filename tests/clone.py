"""A clone of this repository in a folder of its own, with commands run in it as a user would."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

NOT_MADE = ("data/costs/", "data/README.md")
PATIENCE = 120  # seconds for what takes half a second on a machine at rest


@dataclass(frozen=True)
class Clone:
    """A repository of its own in a temporary folder, with commands run in it as a user would."""

    root: Path
    variables: Mapping[str, str] = field(default_factory=dict)  # of the environment, beyond what every clone has

    @classmethod
    def of_working_tree(cls, root: Path, to: Path, data: tuple[str, ...]) -> "Clone":
        """The working tree as a commit with nothing reproduced yet, and of tests/data only the folders `data`."""
        clone = cls(to)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, capture_output=True, text=True, check=True,
        )  # fmt: skip
        left_out, slices = (
            ("dvc.lock", "metrics/", "benchmarks/", "tests/"),
            tuple(f"tests/data/{name}/" for name in data),
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (root / name).is_file() and (name.startswith(slices) or not name.startswith(left_out)):
                (to / name).parent.mkdir(parents=True, exist_ok=True)
                # A copy of what a link of kassandra/*/*/train leads to would not change with it.
                shutil.copy2(root / name, to / name, follow_symlinks=False)
        return clone

    @property
    def environment(self) -> dict[str, str]:
        home = self.root.parent / "home"
        home.mkdir(exist_ok=True)
        (home / ".gitconfig").write_text("[user]\nname = Somebody\nemail = somebody@example.org\n")
        # Without compiled modules on disk, each of the many starts of Python would compile thousands of them.
        others = ("DVC", "GIT", "KASSANDRA", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        return kept | {
            "HOME": str(home),
            "DVC_SITE_CACHE_DIR": str(home / "dvc"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "OMP_WAIT_POLICY": "PASSIVE",
            "SHELL": "/bin/sh",  # what DVC takes where none is set, and one that may stay between DVC and a stage
            **self.variables,
        }

    def run(self, *command: str | Path, fails: bool = False) -> str:
        """What a command printed to stdout and stderr; never a traceback."""
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert (done.returncode != 0) == fails, done.stdout
        assert "Traceback" not in done.stdout
        return done.stdout

    def dvc(self, *arguments: str, fails: bool = False) -> str:
        return self.run("dvc", *arguments, fails=fails)

    def git(self, *arguments: str) -> str:
        return self.run("git", *arguments)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A commit")

    def clone(self, to: Path) -> "Clone":
        """What git has: no cache, no data, no remote of DVC."""
        self.git("clone", "--quiet", str(self.root), str(to))
        return Clone(to, self.variables)

    def copy(self, to: Path) -> "Clone":
        """With data and cache."""
        shutil.copytree(self.root, to, symlinks=True)
        return Clone(to, self.variables)

    def take_cache_of(self, other: "Clone") -> None:
        """What ran there need not run here, as if by `dvc push --run-cache` there and `dvc pull --run-cache` here."""
        for path in (other.root / ".dvc" / "cache").rglob("*"):
            ours = self.root / path.relative_to(other.root)
            if path.is_file() and not ours.exists():
                ours.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, ours)

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace the first `old`."""
        path = self.root / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    @staticmethod
    def executed(output: str) -> list[str]:
        """The stages whose command DVC ran, in order; not those that it took from its cache."""
        return re.findall(r"^Running stage '(.+)':$", output, re.MULTILINE)

    def made(self, key: str = "") -> dict[str, bytes]:
        """Path → content of all that stages made (of a pipeline); not the seconds spent, which never repeat, nor what
        git has in data/."""
        paths = [path for folder in ("data", "metrics") for path in (self.root / folder).rglob("*") if path.is_file()]
        names = {str(path.relative_to(self.root)): path for path in sorted(paths)}
        return {
            name: path.read_bytes() for name, path in names.items() if key in name and not name.startswith(NOT_MADE)
        }

    def differs_from(self, other: "Clone", key: str = "") -> list[str]:
        """The files made here or there that are not the same, byte by byte, in both."""
        ours, theirs = self.made(key), other.made(key)
        return [name for name in sorted(ours.keys() | theirs.keys()) if ours.get(name) != theirs.get(name)]

    def checkpoints(self) -> list[Path]:
        """But for what `kassandra watch` shows of the last training."""
        return [path for path in (self.root / ".checkpoints").rglob("*") if "running" not in path.parts]

    @contextmanager
    def started(self, *command: str) -> Iterator[subprocess.Popen[str]]:
        """A command that goes on, in a process group of its own, which does not survive the `with`."""
        process = subprocess.Popen(
            command, cwd=self.root, env=self.environment, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()

    def stopped(
        self, command: tuple[str, ...], beginnings: tuple[str, ...], delay: float, stop: Callable[[int], object]
    ) -> tuple[int, str]:
        """A command stopped so many seconds after a line that begins so: its exit status and all that it printed.

        Args:
            stop: is given the id of the process, which is that of its group too.
        """
        with self.started(*command) as process:
            lines: list[str] = []
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if line.startswith(beginnings):
                    break
            else:
                raise AssertionError("".join(["there was nothing to stop:\n", *lines]))
            time.sleep(delay)
            stop(process.pid)
            # To the end of the pipe, which is when DVC and the stage that it started are both gone.
            rest, _ = process.communicate(timeout=PATIENCE)
        output = "".join([*lines, rest])
        assert "Traceback" not in output
        return process.returncode, output
