"""A PostgreSQL server of the tests' own, as Debian's package `postgresql` has it; without one, they are skipped."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

NOBODY = 65534  # the server refuses to be root


class Server:
    """A server on a port of its own, with the user `ada` and no password."""

    def __init__(self, programs: Path, folder: Path):
        self.programs, self.folder = programs, folder
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.port = taken.getsockname()[1]
        if os.getuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        self._run("initdb", "--username=ada", "--auth=trust", "--no-sync", "--encoding=UTF8")
        self.start()

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self._run("pg_ctl", "--wait", "--silent", "--log", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """At once: whoever is connected loses the connection."""
        self._run("pg_ctl", "--wait", "--silent", "--mode=immediate", "stop")

    def url(self, database: str) -> str:
        """Of a new database of this name."""
        program = [str(self.programs / "createdb"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "ada", database]
        subprocess.run(program, check=True, capture_output=True)
        return f"postgresql://ada@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
        command = [str(self.programs / program), "-D", str(self.folder / "data"), *arguments]
        # Its output goes to a file: the server inherits it, and a pipe would never end.
        with (self.folder.parent / f"{self.folder.name}.out").open("w+") as out:
            done = subprocess.run(command, cwd=self.folder, stdout=out, stderr=out, check=False, **user)
            out.seek(0)
            assert done.returncode == 0, out.read()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    found = next(Path("/usr/lib/postgresql").glob("*/bin/initdb"), None) or shutil.which("initdb")
    if found is None:
        pytest.skip("no PostgreSQL server here: Debian's package is `postgresql`")
    # Beside pytest's own folders, which nobody else may enter.
    with tempfile.TemporaryDirectory(prefix="kassandra-postgresql-") as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "server").mkdir()
        server = Server(Path(found).resolve().parent, Path(folder) / "server")
        yield server
        server.stop()
