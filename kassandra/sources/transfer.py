"""One file from one http(s) address to the disk, continued where it broke off."""

import hashlib
import json
import os
import re
from pathlib import Path

import requests
import urllib3

from kassandra.sources.catalogue import Content
from kassandra.sources.content import CHUNK, Track, Unavailable, too_large, verify
from kassandra.sources.network import Again, Patience, check_status, failure, with_retries


def download(
    session: requests.Session, address: str, part: Path, content: Content, patience: Patience, track: Track
) -> None:
    """Make `part` the file at `address`, checked. Bytes that are in it from an earlier run are not fetched again.

    Raises:
        Unavailable: `content` does not come from there. What was fetched stays in `part` if it may be continued later.
    """
    _Transfer(session, address, part, content, patience, track).run()


class _Transfer:
    """The state of one transfer: `have` bytes are in `part`, of the version `validator` of the file."""

    def __init__(
        self, session: requests.Session, address: str, part: Path, content: Content, patience: Patience, track: Track
    ) -> None:
        self.session, self.address, self.part, self.content = session, address, part, content
        self.patience, self.track = patience, track
        self.note = part.with_name(part.name + ".json")
        self.have, self.validator = self._left_by_an_earlier_run()
        self.mixed = self.have > 0  # whether bytes of several answers are in `part`

    def run(self) -> None:
        for last in (False, True):
            with_retries(self._ask, self.patience)
            try:
                verify(self.part, self.content)
            except Unavailable:
                self._discard()
                # The file may have changed between two answers, unseen by a server without ETag: once more, in one go.
                if last or not self.mixed:
                    raise
                self.mixed = False
            else:
                self.note.unlink(missing_ok=True)
                return

    def _ask(self) -> None:
        if 0 < self.have == self.content.bytes:
            return  # complete; the earlier run was killed before it looked at it
        # `identity`: the file as it is stored, since its checksum and ranges are of that.
        headers = {"Accept-Encoding": "identity"}
        if self.have:
            headers["Range"] = f"bytes={self.have}-"
            if self.validator:
                headers["If-Range"] = self.validator
        try:
            with self.session.get(
                self.address, headers=headers, timeout=self.patience.timeout, stream=True
            ) as response:
                if response.status_code == 416:
                    self._discard()
                    raise Again("the server cannot continue the file")
                check_status(response)
                self._receive(response)
        except requests.RequestException as error:
            raise failure(error, self.patience) from None

    def _receive(self, response: requests.Response) -> None:
        start, total = self._range_of(response)
        if response.status_code == 200:  # all of it: the server does not continue files, or this is another version
            self.have, self.mixed = 0, False
        elif start != self.have:
            self._discard()
            raise Again("the server sent another part than asked for")
        if total is not None and total > self.content.bytes:
            raise too_large(self.content, total)
        if self.have == 0:
            self._remember(response)
        else:
            self.mixed = True
        before = self.have
        with self.part.open("ab") as stream:
            try:
                # Not iter_content: it would unpack a .gz that the server labels `Content-Encoding: gzip`.
                for chunk in response.raw.stream(CHUNK, decode_content=False):
                    self.have += len(chunk)
                    if self.have > self.content.bytes:
                        self._discard()
                        raise too_large(self.content)
                    stream.write(chunk)
                    self.track(self.have)
            except urllib3.exceptions.HTTPError as error:
                reason = f"the transfer broke off after {self.have} of {self.content.bytes} bytes"
                if isinstance(error, urllib3.exceptions.ReadTimeoutError) and self.have == before:
                    raise Unavailable(f"no data within {self.patience.read:g} s", everywhere=True) from None
                raise Again(reason) from None
            stream.flush()
            os.fsync(stream.fileno())
        if total is None and "Transfer-Encoding" not in response.headers:
            total = self.content.bytes  # nothing but the end of the connection marks where the answer ends
        if total is not None and self.have < total:
            raise Again(f"the transfer broke off after {self.have} of {self.content.bytes} bytes")

    def _range_of(self, response: requests.Response) -> tuple[int, int | None]:
        """First byte of the answer and size of the whole file, None if the server does not say."""
        if response.status_code == 206:
            served = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
            if served is None:
                return -1, None
            return int(served[1]), None if served[2] == "*" else int(served[2])
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdecimal() else None

    def _left_by_an_earlier_run(self) -> tuple[int, str]:
        """Bytes in `part` and the validator noted with them; none if they came from another address."""
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
            size = self.part.stat().st_size
            if note["address"] == self._address_digest() and size <= self.content.bytes:
                return size, str(note["validator"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return 0, ""

    def _remember(self, response: requests.Response) -> None:
        etag = response.headers.get("ETag", "")
        # Only a strong ETag may stand in If-Range (RFC 9110, 13.1.5).
        self.validator = etag if etag.startswith('"') else response.headers.get("Last-Modified", "")
        note = {"address": self._address_digest(), "validator": self.validator}
        # First, so that the note never stands beside bytes of another version.
        self.part.unlink(missing_ok=True)
        self.note.write_text(json.dumps(note), encoding="utf-8")

    def _address_digest(self) -> str:
        # Not the address itself: it may hold a password, and this is written to the disk.
        return hashlib.sha256(self.address.encode()).hexdigest()

    def _discard(self) -> None:
        self.part.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)
        self.have, self.validator = 0, ""
