"""Tar archives whose words about a member are longer than memory; the rest of archives is in tests/sources."""

import gzip
import io
import tarfile

import pytest

from kassandra.sources.archive import LARGEST_HEADER, take_member
from kassandra.sources.catalogue import Content
from kassandra.sources.content import Unavailable

pytestmark = pytest.mark.faults

KINDS = [tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE]
CONTENT = Content(name="digits.gz", bytes=3, sha256="0" * 64)


def archive(kind, size, says=None):
    info = tarfile.TarInfo("pkg/PaxHeader")
    info.type, info.size = kind, size if says is None else says
    body = bytes(-(-size // 512) * 512)
    return gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + body + bytes(1024), 1)


def take(path, data):
    path.write_bytes(data)
    take_member(path, "pkg/digits.gz", path.with_name("target"), CONTENT, lambda done: None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("says", [2 * LARGEST_HEADER, 2**33 - 1])
def test_a_header_that_is_too_long(kind, says, tmp_path):
    with pytest.raises(Unavailable, match=rf"a member.s header has {says} bytes; at most {LARGEST_HEADER} are read"):
        take(tmp_path / "a.tar.gz", archive(kind, 2 * LARGEST_HEADER, says))
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_of_nothing_is_damage(kind, tmp_path):
    with pytest.raises(Unavailable):
        take(tmp_path / "a.tar.gz", archive(kind, LARGEST_HEADER - 1))


def test_a_long_name_is_a_name(tmp_path):
    stream, name, body = io.BytesIO(), "pkg/" + "n" * 5000, b"abc"
    with tarfile.open(fileobj=stream, mode="w:gz") as made:
        info = tarfile.TarInfo(name)
        info.size = len(body)
        made.addfile(info, io.BytesIO(body))
    (tmp_path / "a.tar.gz").write_bytes(stream.getvalue())
    content = CONTENT.model_copy(update={"sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"})
    take_member(tmp_path / "a.tar.gz", name, tmp_path / "target", content, lambda done: None)
    assert (tmp_path / "target").read_bytes() == body
