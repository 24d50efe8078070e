"""Who is still there of the ranks of a training: each but the first keeps a connection to the first.

The kernel closes it when a process ends, however that happens, and its keep-alive finds out within half a minute that a
machine is gone, also while both ends compute. What is sent is why a rank ends: DONE, or a sentence.
"""

import os
import secrets
import selectors
import socket
import sys
import threading
import time
from types import TracebackType
from typing import Any, Self

from kassandra.contracts.errors import explained

AGAIN = "started again, the training goes on from its last epoch"
DONE = b"done"
IDLE, INTERVAL, PROBES = 10, 5, 4  # seconds, seconds, count: a machine is lost after IDLE + INTERVAL · PROBES
PATIENCE = 60.0  # seconds for the others to connect, once all have met
GRACE = 5.0  # seconds for the first rank to report an error that all ranks have
KEY_BYTES = 7  # of the number that shows that a connection is that of a rank


class Presence:
    """A context around the training of one rank. Where another one is lost it ends this process, with exit status 1.

    Args:
        local: number of this rank on its machine. port, key: those of `place` at the first rank.
    """

    _server: socket.socket | None = None  # of the first rank, listening

    @classmethod
    def place(cls, rank: int) -> tuple[int, int]:
        """The port at which the first rank waits, and a key; 0 and 0 at the others, which are to be given both."""
        if rank:
            return 0, 0
        both = socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if both else socket.AF_INET
        cls._server = socket.create_server(("", 0), family=family, dualstack_ipv6=both)
        return cls._server.getsockname()[1], int.from_bytes(secrets.token_bytes(KEY_BYTES))

    def __init__(self, rank: int, size: int, local: int, port: int, key: int) -> None:
        self.rank, self.local, self.over = rank, local, False
        self.master, self.others = os.environ["MASTER_ADDR"], dict[socket.socket, str]()
        if rank:
            line = socket.create_connection((self.master, port))
            line.sendall(f"{key} {rank} {socket.gethostname()}\n".encode())
            self.others[_kept_alive(line)] = f"rank 0 on {self.master}"
            return
        assert self._server
        self._server.settimeout(PATIENCE)
        while len(self.others) < size - 1:
            line, _ = self._server.accept()
            line.settimeout(GRACE)
            own, _, said = _line(line).partition(" ")
            if own == str(key):
                line.settimeout(None)
                self.others[_kept_alive(line)] = "rank {} on {}".format(*said.split(" ", 1))
            else:
                line.close()
        self._server.close()

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._send(DONE)
            self.over = True
            return
        if self.rank == 0:
            self.over = True
            self._send(explained(error).encode())  # the stage prints it here
            return
        time.sleep(GRACE)  # which ends this process where the first rank has ended
        self._send(explained(error).encode())
        os._exit(1)

    def _watch(self) -> None:
        """Until all others have ended."""
        with selectors.DefaultSelector() as selector:
            for each in self.others:
                selector.register(each, selectors.EVENT_READ, bytearray())
            while selector.get_map():
                for key, _ in selector.select():
                    line: Any = key.fileobj
                    try:
                        content = line.recv(4096)
                    except OSError:  # reset, or its machine no longer answers
                        content = b""
                    key.data.extend(content)
                    if not content:
                        selector.unregister(line)
                        if key.data != DONE:
                            self._end(self.others[line], key.data.decode(errors="replace"))

    def _end(self, which: str, said: str) -> None:
        """This process, as another rank has ended; one rank of each machine says why."""
        if self.over:
            return
        sentence = said or f"Error: {which} was ended or cannot be reached; {AGAIN}"
        if self.rank == 0:
            sentence = sentence.replace("Error: ", f"Error: {which}: ", 1) if said else sentence
            self._send(sentence.encode())
        beside_the_first = self.rank == self.local
        speaker = (self.local == 1 and not said) if beside_the_first and self.rank else self.local == 0
        if speaker:
            cursor = "\x1b[?25h" if sys.stderr.isatty() else ""  # the progress display hides it
            os.write(2, f"{cursor}{sentence}\n".encode())
        os._exit(1)

    def _send(self, content: bytes) -> None:
        """And nothing after it."""
        for line in self.others:
            try:
                line.sendall(content)
                line.shutdown(socket.SHUT_WR)
            except OSError:  # it is gone
                pass


def _line(connection: socket.socket) -> str:
    """What it sends first, up to the end of a line; empty where that is too long or comes too late."""
    said = b""
    try:
        while not said.endswith(b"\n") and len(said) < 300:
            said += connection.recv(1) or b"\n"
    except OSError:
        return ""
    return said.decode(errors="replace").strip()


def _kept_alive(connection: socket.socket) -> socket.socket:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", IDLE), ("TCP_KEEPALIVE", IDLE), ("TCP_KEEPINTVL", INTERVAL),
                        ("TCP_KEEPCNT", PROBES)):  # fmt: skip
        if hasattr(socket, name):  # the second is macOS's name of the first
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return connection
