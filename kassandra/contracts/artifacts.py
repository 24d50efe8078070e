"""The files that stages hand to each other: where they lie, written whole or not at all, never a pickle."""

import glob
import hashlib
import json
import math
import os
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from kassandra.contracts.errors import KassandraError, is_out_of_memory

RAW = Path("data/raw")
PREPARED = Path("data/prepared")
BASELINES = Path("data/baselines")
PRETRAINED = Path("data/pretrained")
MODELS = Path("data/models")
PREDICTIONS = Path("data/predictions")  # of the test split, one folder per pipeline
METRICS = Path("metrics")
COSTS = Path("data/costs")  # seconds spent: of interest, but not reproducible, so DVC does not know them
CHECKPOINTS = Path(".checkpoints")  # of unfinished trainings; may be deleted at any time
RECORD = ".kassandra.json"  # in data/raw/<name>: what the copy of your own folder left out
NETWORK = ".kassandra.network"  # in data/raw/<name>: the weights of a network whose features are read
SEAL = "sha256"  # of the content: formats without a checksum of their own hold it, as a flipped bit gives other numbers
CONFIG = ("config", "config.local")  # of DVC
CHUNK = 1 << 20  # bytes of a file that are looked at and left on disk


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary sibling to write to, renamed to `path` on success: a reader sees the old file or the new one, also
    after a power cut.

    Raises:
        KassandraError: it cannot be written: the disk is full, or somebody else's, or may not be written to.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_what_the_killed_left(path)
        yield partial
        on_disk(partial)
        partial.replace(path)
        on_disk(path.parent)
    except OSError as error:
        reason = " ".join((error.strerror or str(error)).split())
        raise KassandraError(
            f"{path}: cannot be written ({reason}); make room or grant the rights to write there, then run it again: "
            "nothing that was there is lost"
        ) from None
    finally:
        with suppress(OSError):  # as where it could not be written either
            partial.unlink(missing_ok=True)


def on_disk(path: Path) -> None:
    """Wait until a file, or which names a folder has, is on the disk and no longer in memory alone.

    Raises:
        OSError: a file could not be written there, as on a disk that is full.
    """
    opened = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError) if path.is_dir() else nullcontext():  # some file systems do so for files alone
            os.fsync(opened)
    finally:
        os.close(opened)


def _remove_what_the_killed_left(path: Path) -> None:
    """Temporary siblings whose process is no more: killed as it wrote, it could not remove them itself."""
    for partial in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        number = partial.name.split(".")[-2]
        try:
            os.kill(int(number) if number.isdecimal() else 0, 0)  # 0: a signal that does nothing but look
        except ProcessLookupError:
            partial.unlink(missing_ok=True)
        except (OSError, OverflowError):
            pass  # it lives, and is somebody else's


def write_json(path: Path, value: Any, sealed: bool = False) -> None:
    """`sealed`, of a dictionary: with the sha256 of what is in it, which `read_json` compares and takes out again."""
    if sealed:
        value = {**value, SEAL: _seal(value)}
    with whole(path) as partial:
        partial.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Raises: KassandraError: there is no such file, it is not JSON, or its content is not what was sealed."""
    try:
        text = path.read_text(encoding="utf-8")
        if text.startswith("<<<<<<< ") or "\n<<<<<<< " in text:
            raise KassandraError(f"{path}: holds the marks of a merge; `kassandra merge` resolves it")
        value = json.loads(text)
        if isinstance(value, dict) and SEAL in value and value.pop(SEAL) != _seal(value):
            raise ValueError("its content is not what was written")
        return value
    except FileNotFoundError:
        raise missing(path) from None
    except (OSError, ValueError, RecursionError) as error:  # not JSON, and not UTF-8, are ValueErrors
        raise damaged(path, error) from None


def is_sealed(path: Path) -> bool:
    """Whether the content of a JSON file, which `read_json` has read, was vouched for by a seal."""
    return SEAL in json.loads(path.read_text(encoding="utf-8"))


def _seal(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def write_arrays(path: Path, **arrays: NDArray[Any]) -> None:
    """An .npz with the same bytes for the same arrays (numpy writes a constant date into it)."""
    with whole(path) as partial, partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


class Arrays(dict[str, NDArray[Any]]):
    """The arrays of an .npz by name; to ask for one that it lacks is to find the file damaged."""

    def __init__(self, path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
        super().__init__(arrays)
        self.path = path

    def __missing__(self, name: str) -> NDArray[Any]:
        raise damaged(self.path, ValueError(f"it holds no array {name!r}"))


def read_arrays(path: Path) -> Arrays:
    """
    Raises:
        KassandraError: there is no such file, it is damaged, compressed, or it holds pickled objects (never loaded).
    """
    return Arrays(path, {name: np.array(array) for name, array in map_arrays(path).items()})


def map_arrays(path: Path) -> Arrays:
    """As `read_arrays`, but the arrays stay on disk and their pages are read when they are looked at."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as members:
            arrays = {
                info.filename.removesuffix(".npy"): _mapped(path, file, members, info) for info in members.infolist()
            }
        return Arrays(path, arrays)
    except FileNotFoundError:
        raise missing(path) from None
    except (
        ValueError, OSError, EOFError, RuntimeError, SyntaxError, TokenError, struct.error, zipfile.BadZipFile,
    ) as error:  # fmt: skip
        raise damaged(path, error) from None


def _mapped(path: Path, file: IO[bytes], members: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
    """One array of the file, after a look at all of it: what does not fit what its header says is refused."""
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{info.filename} is compressed")
    with members.open(info) as member:
        if np.lib.format.read_magic(member) != (1, 0):  # what write_arrays writes
            raise ValueError(f"{info.filename} is of another version of the format")
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(member)
        header = member.tell()
        while member.read(CHUNK):  # to its end, where its checksum is compared
            pass
    if dtype.hasobject:
        raise ValueError(f"{info.filename} holds objects")
    if min(shape, default=0) < 0 or header + math.prod(shape) * dtype.itemsize != info.file_size:
        raise ValueError(f"{info.filename} does not hold {shape} numbers")
    file.seek(info.header_offset + 26)  # of the lengths of what stands before the content
    offset = info.header_offset + 30 + sum(struct.unpack("<HH", file.read(4))) + header
    order: Literal["F", "C"] = "F" if fortran else "C"
    return np.memmap(path, dtype, "r", offset, shape, order) if math.prod(shape) else np.empty(shape, dtype)


def write_tensors(path: Path, tensors: Mapping[str, NDArray[Any]], **texts: str) -> str:
    """A .safetensors, sealed, with the same bytes for the same tensors and texts; returns the sha256 of the file."""
    content = save(dict(tensors), {**texts, SEAL: _seal_of_tensors(tensors, texts)})
    with whole(path) as partial:
        partial.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def read_tensors(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """The tensors of a .safetensors, and the text beside them.

    Raises:
        KassandraError: there is no such file, it is damaged, or its content is not what was sealed.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            texts = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        if strange := [tensor.dtype for tensor in tensors.values() if tensor.dtype.kind not in "biuf"]:
            raise TypeError(f"{strange[0]} is no kind of number that NumPy knows")  # where ml_dtypes is installed
        if SEAL in texts and texts.pop(SEAL) != _seal_of_tensors(tensors, texts):
            raise ValueError("its content is not what was written")
    except FileNotFoundError:
        raise missing(path) from None
    except (SafetensorError, OSError, ValueError, TypeError) as error:  # TypeError: of a kind that NumPy does not know
        raise damaged(path, error) from None
    return tensors, texts


def _seal_of_tensors(tensors: Mapping[str, NDArray[Any]], texts: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(sorted(texts.items())).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype.str} {tensor.shape} ".encode())
        digest.update(np.ascontiguousarray(tensor).tobytes())
    return digest.hexdigest()


def files_in(folder: Path) -> list[Path]:
    """Every file in it, at any depth, but for hidden ones; sorted."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_in(folder: Path, members: int) -> list[Path]:
    """The weights of each member of a model's folder."""
    names = ["weights"] if members == 1 else [f"weights-{number}" for number in range(members)]
    return [folder / f"{name}.safetensors" for name in names]


def weights_digest(paths: Iterable[Path]) -> str:
    """Names the weights of all members together: the sha256 of the one file, or of the sha256 of each."""
    each = [sha256(path) for path in paths]
    return each[0] if len(each) == 1 else hashlib.sha256("".join(each).encode()).hexdigest()


def missing(path: Path) -> KassandraError:
    """Says what brings it: a remote of DVC's where one is set up, and has it; else the stages that make it."""
    parts = path.parts
    place = {"data": 2, "metrics": 1}.get(parts[0] if len(parts) > 2 else "")
    name = parts[place] if place else ""
    name = name.removesuffix(".parquet").removesuffix(".safetensors")
    if not name:
        return KassandraError(
            f"{path}: no such file; `dvc repro` makes it, `dvc pull` fetches it where a remote is set up"
        )
    stage = f"evaluate@{name}"
    if parts[0] == "metrics":
        return KassandraError(f"{path}: no such file; `make repro NAME={name}` makes it, or `git checkout` restores it")
    if not _is_locked(path):
        return KassandraError(f"{path}: no such file, as it was never made; `make repro NAME={name}` makes it")
    if any("[remote" in _text(Path(".dvc", file)) or "['remote" in _text(Path(".dvc", file)) for file in CONFIG):
        return KassandraError(
            f"{path}: no such file here; `dvc pull {stage}` fetches it, or `dvc repro {stage}` makes it"
        )
    return KassandraError(
        f"{path}: no such file here; `dvc checkout` restores it from DVC's cache, `dvc repro {stage}` makes it"
    )


def no_model(folder: Path) -> KassandraError:
    """Of a folder that is not there: what brings it where dvc.lock knows it."""
    if _is_locked(folder):
        return missing(folder / "model.json")
    return KassandraError(f"{folder}: no such folder; give one that training wrote, as data/models/mnist")


def _is_locked(path: Path) -> bool:
    """Whether dvc.lock knows it, or a folder that it is in."""
    outputs = {line.strip().removeprefix("- path: ") for line in _text(Path("dvc.lock")).splitlines()}
    return any(each.as_posix() in outputs for each in (path, *path.parents))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


# DVC takes the files in its cache for what they were, as long as they are write-protected.
RESTORES = "restores it; should it come back damaged, DVC's cache is: `chmod -R u+w .dvc/cache` has DVC check it first"


def damaged_content(what: str, error: Exception) -> KassandraError:
    reason = " ".join(str(error).split())
    return KassandraError(f"{what} is damaged ({reason}); `dvc checkout` or `dvc repro` {RESTORES}")


def damaged(path: Path, error: Exception) -> KassandraError:
    if is_out_of_memory(error):  # as a file is mapped
        return KassandraError(f"{path}: there is not enough memory to read it; take less data, or another machine")
    reason = " ".join(str(error).split())
    return KassandraError(f"{path}: damaged ({reason}); delete it, then `dvc checkout` or `dvc repro` {RESTORES}")
