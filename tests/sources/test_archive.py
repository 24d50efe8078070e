"""Members of good, damaged and hostile archives."""

import io
import random
import stat
import tarfile
import warnings
import zipfile

import pytest

from kassandra.sources.archive import take_member
from kassandra.sources.content import Unavailable

pytestmark = pytest.mark.faults

BODY = random.Random(1).randbytes(5_003) * 3
MEMBER = "pkg-1.0/data/digits.gz"
KINDS = ("pkg-1.0.zip", "pkg-1.0-py3-none-any.whl", "pkg-1.0.tar.gz")


def packed(name, members):
    """An archive of the kind that `name` says; a member is bytes, or a TarInfo/ZipInfo with its bytes."""
    stream = io.BytesIO()
    if name.endswith(".tar.gz"):
        with tarfile.open(fileobj=stream, mode="w:gz") as archive:
            for path, body in members.items():
                info, body = body if isinstance(body, tuple) else (tarfile.TarInfo(path), body)
                info.size = len(body)
                archive.addfile(info, io.BytesIO(body))
    else:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, body in members.items():
                info, body = body if isinstance(body, tuple) else (path, body)
                archive.writestr(info, body)
    return stream.getvalue()


@pytest.fixture
def take(tmp_path, made):
    """Packs, takes MEMBER; gives what is then on the disk. Nothing else may appear anywhere."""

    def run(name, data, member=MEMBER, body=BODY, **limits):
        folder = tmp_path / "deep" / "inside"
        folder.mkdir(parents=True, exist_ok=True)
        source = tmp_path / name
        source.write_bytes(data)
        target = folder / "digits.gz.member"
        try:
            take_member(source, member, target, made.content("digits.gz", body), lambda done: None, **limits)
            return target.read_bytes()
        finally:
            target.unlink(missing_ok=True)
            left = [path.name for path in tmp_path.rglob("*") if path.is_file()]
            assert left == [name], "something else was written"

    return run


@pytest.mark.parametrize("name", KINDS)
def test_only_the_named_member_is_taken(take, name):
    assert take(name, packed(name, {"pkg-1.0/setup.py": b"boom", MEMBER: BODY, "pkg-1.0/x": b"y"})) == BODY


@pytest.mark.parametrize("name", KINDS)
def test_no_such_member(take, name):
    with pytest.raises(Unavailable, match=f"has no member '{MEMBER}'"):
        take(name, packed(name, {"pkg-1.0/data/other.gz": BODY}))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("evil", ["../../evil", "/tmp/evil", "deep/../../evil", "C:\\evil"])
def test_names_that_climb_out_write_nothing_outside(take, name, evil):
    # Beside the member that is asked for, and as the very member.
    assert take(name, packed(name, {evil: b"evil", MEMBER: BODY})) == BODY


@pytest.mark.parametrize("name", KINDS)
def test_a_member_that_climbs_out_lands_in_the_target(take, name):
    assert take(name, packed(name, {"../../evil": BODY}), member="../../evil") == BODY


@pytest.mark.parametrize("inner", KINDS)
@pytest.mark.parametrize("name", KINDS)
def test_a_member_of_an_archive_in_the_archive(take, name, inner):
    data = packed(name, {"pkg-1.0/x": b"y", f"pkg-1.0/more/{inner}": packed(inner, {MEMBER: BODY, "z": b"z"})})
    assert take(name, data, member=f"pkg-1.0/more/{inner}!{MEMBER}") == BODY
    with pytest.raises(Unavailable, match=f"has no member '{MEMBER}'"):
        take(name, packed(name, {f"pkg-1.0/{inner}": packed(inner, {"z": b"z"})}), member=f"pkg-1.0/{inner}!{MEMBER}")


@pytest.mark.parametrize("name", KINDS)
def test_an_archive_in_the_archive_that_is_damaged_or_too_large(take, name, monkeypatch):
    with pytest.raises(Unavailable, match="is damaged"):
        take(name, packed(name, {"in.zip": b"PK nothing"}), member=f"in.zip!{MEMBER}")
    monkeypatch.setattr("kassandra.sources.archive.LARGEST_NESTED", 1000)
    with pytest.raises(Unavailable, match="more than the 1000 bytes"):
        take(name, packed(name, {"in.zip": bytes(5000)}), member=f"in.zip!{MEMBER}")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_tar_member_that_is_no_file(take, kind):
    info = tarfile.TarInfo(MEMBER)
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(Unavailable, match="is not a regular file"):
        take("a.tar.gz", packed("a.tar.gz", {MEMBER: (info, b"")}))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_zip_member_that_is_no_file(take, kind):
    info = zipfile.ZipInfo(MEMBER)
    info.external_attr = (kind | 0o777) << 16
    with pytest.raises(Unavailable, match="is not a regular file"):
        take("a.zip", packed("a.zip", {MEMBER: (info, b"/etc/passwd")}))


@pytest.mark.parametrize("name", KINDS)
def test_member_larger_than_the_catalogue_says(take, name):
    with pytest.raises(Unavailable, match="5000000 bytes, more than the 15009 bytes that the catalogue says"):
        take(name, packed(name, {MEMBER: bytes(5_000_000)}))


def test_zip_bomb_that_lies_about_its_size(take):
    # The size in both headers says 15,009 bytes; the stream unpacks to 5 MB.
    data = packed("a.zip", {MEMBER: bytes(5_000_000)})
    lying = data.replace((5_000_000).to_bytes(4, "little"), len(BODY).to_bytes(4, "little"))
    assert lying.count(len(BODY).to_bytes(4, "little")) == 2
    with pytest.raises(Unavailable, match=r"wrong content|is damaged"):
        take("a.zip", lying)


def test_bomb_before_the_member(take):
    data = packed("a.tar.gz", {"pkg-1.0/bomb": bytes(5_000_000), MEMBER: BODY})
    with pytest.raises(Unavailable, match="unpacks to more than 1000000 bytes"):
        take("a.tar.gz", data, largest_tar=1_000_000)


@pytest.mark.parametrize("name", KINDS)
def test_wrong_content(take, name):
    with pytest.raises(Unavailable, match=r"wrong content: expected sha256 [0-9a-f]{64} .* got [0-9a-f]{64}"):
        take(name, packed(name, {MEMBER: BODY[:-1] + b"x"}))


@pytest.mark.parametrize("name", KINDS)
def test_truncated(take, name):
    data = packed(name, {MEMBER: BODY})
    with pytest.raises(Unavailable, match="is damaged: "):
        take(name, data[: len(data) // 2])


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("data", [b"", b"<html>", bytes(2_000)])
def test_no_archive(take, name, data):
    with pytest.raises(Unavailable, match=r"is damaged|has no member"):
        take(name, data)


@pytest.mark.parametrize("name", [KINDS[0], KINDS[2]])
def test_any_damage_is_reported_as_such(tmp_path, made, name):
    data, chance = packed(name, {"pkg-1.0/setup.py": b"x" * 500, MEMBER: BODY}), random.Random(2)
    source, target = tmp_path / name, tmp_path / "taken"
    outcomes = set()
    for _ in range(80):
        damaged = bytearray(data)
        # Headers are where a reader stumbles: half of the damage is done near the ends.
        for _ in range(chance.randint(1, 4)):
            near = chance.choice(
                [chance.randrange(len(data)), chance.randrange(80), len(data) - 1 - chance.randrange(160)]
            )
            damaged[near] = chance.randrange(256)
        source.write_bytes(damaged[: chance.choice([len(data), len(data), chance.randrange(len(data))])])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                take_member(source, MEMBER, target, made.content("digits.gz", BODY), lambda done: None)
            assert target.read_bytes() == BODY
            outcomes.add("whole")
        except Unavailable:
            assert not target.exists()
            outcomes.add("refused")
    assert outcomes == {"whole", "refused"}


def test_encrypted_member(take):
    data = bytearray(packed("a.zip", {MEMBER: BODY}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    with pytest.raises(Unavailable, match=r"is damaged: .*encrypted"):
        take("a.zip", bytes(data))


def test_a_full_disk_is_no_damage(tmp_path, made, monkeypatch):
    source = tmp_path / "a.zip"
    source.write_bytes(packed("a.zip", {MEMBER: BODY}))

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        take_member(source, MEMBER, tmp_path / "t", made.content("digits.gz", BODY), lambda done: None)
    assert not (tmp_path / "t").exists()
