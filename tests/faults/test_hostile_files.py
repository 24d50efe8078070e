"""Files made to do harm: nothing in them is run, none takes the memory, and each is refused in a sentence.

Archives are in tests/sources/test_archive.py, and here what is read from one's own disk.
"""

import gzip
import io
import json
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.faults]

MEMORY = 500_000_000  # bytes that a stage may take beyond what it has when it starts
PAIRS = ["images-label", "text-label", "text-next", "series-forecast", "audio-label", "text-text"]


class Trap:
    """Unpickling it makes the file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def pickles(trap):
    """A pickle as it is, in a zip as torch.save writes it, and in an array of objects."""
    plain = pickle.dumps(trap)
    yield plain
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ("archive/data.pkl", "images.npy", "ids.npy", "sequences.npy", "inputs.npy"):
            archive.writestr(name, plain)
        archive.writestr("archive/version", "3\n")
    yield stream.getvalue()
    stream = io.BytesIO()
    objects = np.array([trap, None], object)
    names = ("images", "labels", "ids", "offsets", "sequences", "lengths", "waveforms", "inputs", "text", "example")
    np.savez(stream, **dict.fromkeys(names, objects))
    yield stream.getvalue()


@pytest.mark.parametrize("stage", ["prepare", "baseline", "pretrain", "train", "evaluate"])
@pytest.mark.parametrize("pair", PAIRS)
def test_no_pickle_is_opened_wherever_it_stands(pair, stage, workplace, undisturbed, faults, tmp_path):
    expected, canary = faults.contents(undisturbed(pair).root), tmp_path / "sprung"
    place = workplace(pair)
    kinds = list(pickles(Trap(canary)))
    pickle.loads(kinds[0])
    assert canary.exists()  # it would
    canary.unlink()
    read = [name for name in expected if name.startswith(faults.READS[stage] or ("nothing",))]
    for number, name in enumerate(read):
        place.path(name).write_bytes(kinds[number % 3] if name.endswith((".npz", ".safetensors")) else kinds[0])
        ended = place.run(stage)
        assert not canary.exists()
        assert "Traceback" not in ended.printed, f"{name}: {ended.printed}"
        place.path(name).write_bytes(expected[name])
    for kind in kinds:
        for name in [name for name in read if name.endswith((".npz", ".safetensors"))][:1]:
            place.path(name).write_bytes(kind)
            ended = place.run(stage)
            assert not canary.exists()
            assert ended.status == 0 or ended.sentence()
            place.path(name).write_bytes(expected[name])


def safetensors(header, content=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + content


def tensor(begin, end, shape=(2,), kind="F32"):
    return {"dtype": kind, "shape": list(shape), "data_offsets": [begin, end]}


SAFETENSORS = {
    "a header longer than the file": safetensors({}, length=2**63 - 1),
    "a header of 200 MB": safetensors({}, length=200_000_000),
    "no JSON": safetensors(b"{" * 5000),
    "deeply nested": safetensors(b"[" * 90_000 + b"]" * 90_000),
    "overlapping": safetensors({"a": tensor(0, 8), "b": tensor(4, 12)}, bytes(12)),
    "beyond the end": safetensors({"a": tensor(0, 80)}, bytes(8)),
    "backwards": safetensors({"a": tensor(8, 0)}, bytes(8)),
    "a huge shape": safetensors({"a": tensor(0, 8, (2**40, 2**40))}, bytes(8)),
    "a shape that wraps around": safetensors({"a": tensor(0, 8, (2**63, 2))}, bytes(8)),
    "below 0": safetensors({"a": tensor(0, 8, (-2,))}, bytes(8)),
    "an unknown kind": safetensors({"a": tensor(0, 8, kind="F99")}, bytes(8)),
    "a kind that NumPy lacks": safetensors({"a": tensor(0, 4, kind="BF16")}, bytes(4)),
    "a hole": safetensors({"a": tensor(0, 8), "b": tensor(16, 24)}, bytes(24)),
    "a path for a name": safetensors({"../../evil": tensor(0, 8)}, bytes(8)),
    "not-a-number": safetensors({"linear.bias": tensor(0, 8)}, struct.pack("<2f", float("nan"), float("inf"))),
}


@pytest.mark.parametrize(
    ("file", "stage"), [("data/models/small/weights", "evaluate"), ("data/pretrained/small", "train")]
)
def test_safetensors(file, stage, workplace):
    place = workplace("text-label")
    for name, content in SAFETENSORS.items():
        place.path(f"{file}.safetensors").write_bytes(content)
        sentence = place.run(stage, memory=MEMORY).sentence()
        assert file in sentence, name


def npy(header, content=b""):
    text = header.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + content


def npz(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return stream.getvalue()


def bomb():
    """A gigabyte of zeros in a megabyte."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("ids.npy", "w") as member:
        member.write(npy("{'descr': '<i8', 'fortran_order': False, 'shape': (130000000,), }"))
        for _ in range(64):
            member.write(bytes(1 << 24))
    return stream.getvalue()


NPZ = {
    "a shape beyond memory": npz(ids=npy("{'descr': '<i8', 'fortran_order': False, 'shape': (9999999999999,), }")),
    "a shape that is code": npz(ids=npy("{'descr': '<i8', 'fortran_order': False, 'shape': (__import__('os'),), }")),
    "a header of nothing": npz(ids=b"\x93NUMPY"),
    "a header that nests": npz(ids=npy("(" * 110)),
    "objects": npz(ids=npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", b"cos\nsystem\n(S'true'\ntR.")),
    "a size below 0": npz(ids=npy("{'descr': '<i8', 'fortran_order': False, 'shape': (-1,), }")),
    "two members of one name": npz(ids=b"") + npz(ids=b""),
    "a path": npz(**{"../../evil": b"x"}),
}


@pytest.mark.parametrize(
    ("pair", "stage"), [("text-next", "train"), ("text-label", "train"), ("audio-label", "baseline")]
)
def test_npz(pair, stage, workplace):
    place = workplace(pair)
    for name, content in NPZ.items():
        place.path("data/prepared/small/train.npz").write_bytes(content)
        assert "data/prepared/small/train.npz: damaged" in place.run(stage, memory=MEMORY).sentence(), name
    assert not list(place.root.parent.rglob("evil*"))


def test_an_npz_that_unpacks_to_a_gigabyte(workplace):
    for pair in ("text-next", "text-label"):
        place = workplace(pair)
        place.path("data/prepared/small/train.npz").write_bytes(bomb())
        assert "ids.npy is compressed" in place.run("train", memory=MEMORY).sentence()


def idx(*axes, content=b"", begin=b"\0\0\x08"):
    return begin + bytes([len(axes)]) + struct.pack(f">{len(axes)}I", *axes) + content


ZEROS = gzip.compress(bytes(1 << 24), 1)
IDX = {
    "unpacks to a gigabyte": gzip.compress(idx(600, 28, 28), 1) + 64 * ZEROS,
    "says it holds 3 GB, and does": gzip.compress(idx(3, 1 << 15, 1 << 15), 1) + 200 * ZEROS,
    "axes whose product wraps around": gzip.compress(idx(2**31, 2**31, 4)),
    "a hundred axes": gzip.compress(idx(*[1] * 100, content=b"\0")),
    "255 axes and no more": gzip.compress(idx(*[2**32 - 1] * 255)),
    "another kind of number": gzip.compress(idx(1, 28, 28, content=bytes(784), begin=b"\0\0\x0e")),
}


@pytest.mark.parametrize("kind", IDX)
def test_idx(kind, workplace):
    place = workplace("images-label")
    path = place.path("data/raw/small/train-images-idx3-ubyte.gz")
    path.write_bytes(IDX[kind])
    sentence = place.run("prepare", memory=MEMORY).sentence()
    assert "data/raw/small" in sentence or "not enough memory" in sentence


def png(width, height, data=b""):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    begin = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + begin + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", png(60_000, 60_000)),
        ("a.png", png(10_000, 9_000, bytes(90_009_000))),  # whole, and within what Pillow itself reads
        ("a.png", png(2**31 - 1, 1)),
        ("a.png", png(0, 0)),
        ("a.gif", b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\x80\0\0" + bytes(9)),
        ("a.bmp", b"BM" + struct.pack("<IHHIIiiHHIIiiII", 99, 0, 0, 54, 40, 2**30, 2**30, 1, 24, 0, 0, 0, 0, 0, 0)),
        ("a.ppm", b"P6 99999 99999 255\n"),
    ],
    ids=["60000 × 60000", "90 million pixels", "2147483647 × 1", "0 × 0", "gif", "bmp", "ppm"],
)
def test_images_that_are_larger_than_memory(name, content, workplace):
    place = workplace("images-label")
    place.remove("data/raw/small")
    for label in ("one", "two"):
        place.path(f"data/raw/small/{label}").mkdir(parents=True)
        place.path(f"data/raw/small/{label}/{name}").write_bytes(content)
    sentence = place.run("prepare", memory=MEMORY).sentence()
    not_read = f"/one/{name}: not an image that can be read"
    assert "data/raw/small" in sentence
    assert not_read in sentence


def wav(channels=1, rate=8000, bits=16, says=8, kind=1, content=b"\1\0\2\0\3\0\4\0"):
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * channels * bits // 8 % 2**32, channels * bits // 8, bits)
    data = b"data" + struct.pack("<I", says) + content
    return b"RIFF" + struct.pack("<I", 36 + says) + b"WAVEfmt " + struct.pack("<I", 16) + form + data


def flac(samples):
    """Only the header, which says how many samples there are."""
    info = struct.pack(">HH", 4096, 4096) + bytes(6) + struct.pack(">Q", 8000 << 44 | 15 << 36 | samples) + bytes(16)
    return b"fLaC" + b"\x80\0\0\x22" + info


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.wav", wav(says=2**32 - 40)),
        ("a.wav", wav(rate=0)),
        ("a.wav", wav(rate=2**31 - 1)),
        ("a.wav", wav(channels=0)),
        ("a.wav", wav(channels=1000)),
        ("a.wav", wav(bits=0)),
        ("a.wav", wav(kind=3, bits=32, content=struct.pack("<2f", float("nan"), float("inf")))),
        ("a.wav", b"RIFF" + bytes(40)),
        ("a.flac", flac(2**36 - 1)),
    ],
    ids=["4 GB, it says", "0 Hz", "2 GHz", "no channel", "1000 channels", "no bits", "NaN", "zeros", "2^36 samples"],
)
def test_recordings(name, content, workplace):
    place = workplace("audio-label")
    params = place.path("params.yaml")
    params.write_text(params.read_text().replace("dataset: fsdd", "path: mine"))
    place.remove("data/raw/small")
    place.path("data/raw/small/yes").mkdir(parents=True)
    place.path(f"data/raw/small/yes/{name}").write_bytes(content)
    assert f"data/raw/small/yes/{name}: " in place.run("prepare", memory=MEMORY).sentence()
