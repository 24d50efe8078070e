"""Files that are texts: the text of one, and those of a folder."""

import gzip
import zlib
from pathlib import Path, PurePosixPath

from kassandra.contracts.artifacts import missing
from kassandra.contracts.errors import KassandraError

LARGEST = 2 << 30  # bytes of a text, unpacked
LOOKED_AT = 4096  # bytes of a file whose name does not say what it is
ENDINGS = {".txt", ".text", ".md"}
ABOUT = {"about", "readme", "license", "licence", "copying", "citation"}
PACKED = b"\x1f\x8b"
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def read_text(path: Path, encoding: str | None) -> str:
    """The whole of a file, packed by gzip or not; every end of a line is a line feed.

    Args:
        encoding: null is UTF-8, with a byte order mark or without.

    Raises:
        KassandraError: it is missing, empty, damaged, in another encoding, or has characters that no text has.
    """
    content = _content(path)
    if not content or content.isspace():
        raise KassandraError(f"{path}: an empty file")
    if encoding is None and content[:2] in MARKS:
        raise KassandraError(f"{path}: UTF-16, not UTF-8; say `source.encoding: utf-16`")
    try:
        text = content.decode(encoding or "utf-8-sig")
    except UnicodeDecodeError as error:
        if encoding:
            raise KassandraError(f"{path}: byte {error.start} is not in `source.encoding: {encoding}`") from None
        guess = "cp1252" if any(127 < byte < 160 for byte in content) else "latin-1"  # of western Europe
        what = f"byte {error.start} is not UTF-8"
        raise KassandraError(f"{path}: {what}; say its encoding, perhaps `source.encoding: {guess}`") from None
    except UnicodeError as error:  # of UTF-16 without a mark
        raise KassandraError(f"{path}: not in `source.encoding: {encoding}` ({error})") from None
    if "\0" in text:
        raise KassandraError(
            f"{path}: a NUL character, which no text has; is it UTF-16 (`source.encoding: utf-16-le`)?"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_text(path: Path) -> bool:
    """By content, of a file whose name has no ending, or a number, as those of mailing lists."""
    if path.suffix and not path.suffix[1:].isdigit():
        return False
    with path.open("rb") as file:
        start = file.read(LOOKED_AT)
    return bool(start.strip()) and b"\0" not in start


def is_about(path: Path) -> bool:
    """Whether a file is about the texts that lie beside it, by its name: `_about.txt`, `README.txt`."""
    return path.stem.lower().strip("_") in ABOUT


def named(path: PurePosixPath, labelled: bool) -> tuple[str, str]:
    """Its label: the folder that it lies in. See sources.labelled.Kind."""
    if not labelled:
        advice = "give each label a folder, or say `source.labels` (a table) or `source.label_pattern`"
        raise KassandraError(f"source.path: no folder says the label of {path}; {advice}")
    return path.parts[0], ""


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == PACKED
        with gzip.open(path) if packed else path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise missing(path) from None
    except (OSError, EOFError, zlib.error) as error:  # the last two: a .gz that is cut off or damaged
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise KassandraError(f"{path}: cannot be read: {reason}") from None
    if len(content) > LARGEST:
        raise KassandraError(f"{path}: a text of more than {LARGEST:,} bytes; give it in parts")
    return content
