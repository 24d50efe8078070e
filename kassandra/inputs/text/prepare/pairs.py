"""Sentences and what they are in another language, of the catalogue or your own; what cannot be used is reported.

A sentence is kept as it was written, but for two things that nobody sees. It is in normal form C, so that é is one
character however it was typed. And every run of white space is one plain space: French has four kinds of them before a
mark, at the writer's whim, and scores that split at white space, as sacrebleu's do, take them for the same.
"""

import gzip
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from unicodedata import category, normalize

from kassandra.contracts.artifacts import damaged, files_in, missing
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Pair, Pairs
from kassandra.contracts.splits import WHOLE
from kassandra.inputs.text.prepare.pair_tables import PairTable, is_described, tables_of_pairs
from kassandra.inputs.text.prepare.text_files import is_about
from kassandra.params.inputs.text import PairsPrepare, PairsSource
from kassandra.sources.own.labelled import folder_of_split
from kassandra.sources.own.lines import NOT_UTF_8, NUL, UTF_16_MARKS
from kassandra.sources.own.refused import Refused, sentence

SPLITS = {"train": "train", "valid": "valid", "val": "valid", "dev": "valid", "test": "test"}  # as files are named
SPLIT = re.compile(rf"({'|'.join(SPLITS)})(?![A-Za-z])", re.IGNORECASE)
UTF_8_MARK = b"\xef\xbb\xbf"
EMPTY, UNEQUAL, REPEATED = "empty", "one side much longer", "repeated"
REASONS = (NOT_UTF_8, NUL, EMPTY, UNEQUAL, REPEATED)
SHORT = 20  # characters; of shorter sentences the ratio says little: "Thanks!" may be "Je vous en remercie beaucoup !"
UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")  # categories of Unicode: control and format characters, such as U+200B, spaces
SHOWN = 60  # characters of a line that an error shows
# What columns are called, but no first sentence is, with its translation.
NAMES = {
    *("source", "target", "src", "tgt", "trg", "text", "translation"),
    *("english", "french", "german", "spanish", "italian", "portuguese", "dutch", "russian", "chinese", "japanese"),
    *("en", "fr", "de", "es", "it", "pt", "nl", "ru", "zh", "ja"),
}


class Part(NamedTuple):
    """The good pairs of a file, or of two that go together, in their order; every other line; and what to report of it.

    pairs: each with the name of the file of its source, and the line: fra.txt:12.
    """

    pairs: dict[Pair, str]
    refused: list[Refused]
    message: str


def read(raw: Path, source: PairsSource, params: PairsPrepare) -> Pairs:
    """What was downloaded, or copied of your own files.

    Raises:
        KassandraError: the data set holds no pairs, has other languages, or your own files cannot be read.
    """
    dataset, pair, max_ratio = source.dataset, source.pair, params.max_ratio
    asked = tuple(pair.split("-")) if pair else None
    if asked and asked[0] == asked[1]:
        raise KassandraError(f"source.pair: {pair!r} is one language; name two")
    if dataset is None:
        return _own(raw, source, asked, max_ratio)
    if dataset not in READERS:
        raise KassandraError(f"source.dataset: {dataset!r} holds no pairs of sentences; those that do: {list(READERS)}")
    languages, reader = READERS[dataset]
    wanted = asked or languages
    if set(wanted) != set(languages):
        both = f"{'-'.join(languages)} and {'-'.join(languages[::-1])}"
        raise KassandraError(f"source.pair: {pair!r} is not in {dataset!r}, which has {both}")
    return reader(raw, wanted, max_ratio)


def _tatoeba(raw: Path, languages: tuple[str, ...], max_ratio: float) -> Pairs:
    path, name = raw / "fra-eng.zip", "fra.txt"  # English, French, and who wrote them
    try:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(name)
    except FileNotFoundError:
        raise missing(path) from None
    except (OSError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise damaged(path, error) from None
    part = columns(content, path / name, max_ratio)
    turned = part._replace(pairs={Pair(target, source): line for (source, target), line in part.pairs.items()})
    return _pairs(languages, {WHOLE: part if languages == ("en", "fr") else turned})


READERS: dict[str, tuple[tuple[str, str], Callable[[Path, tuple[str, ...], float], Pairs]]] = {
    "tatoeba": (("en", "fr"), _tatoeba),  # the direction where source.pair names none
    "multi30k": (("de", "en"), lambda raw, *how: _aligned(_by_stem(files_in(raw)), *how)),
}


def _own(raw: Path, source: PairsSource, asked: tuple[str, ...] | None, max_ratio: float) -> Pairs:
    """Your own files, but for those that are about them."""
    everything = files_in(raw)
    files = [path for path in everything if not is_about(path)] or everything
    if is_described(source) and not _go_line_by_line(files, asked):
        parts = {split: _of_table(table, max_ratio) for split, table in tables_of_pairs(files, source).items()}
        read = _pairs(asked or ("source", "target"), parts)
    else:
        read = _own_files(raw, files, source.encoding, asked, max_ratio)
    if len(files) == len(everything):
        return read
    about = f"{raw}: files about the texts: {len(everything) - len(files)} left out"
    return read._replace(message="\n".join(filter(None, [about, read.message])))


def _go_line_by_line(files: list[Path], asked: tuple[str, ...] | None) -> bool:
    """Whether the files are named after the languages, as talks.de and talks.en are."""
    endings = {path.name.lower().removesuffix(".gz").rpartition(".")[2] for path in files}
    return asked is not None and {language.lower() for language in asked} <= endings


def _of_table(table: PairTable, max_ratio: float) -> Part:
    part = _part(table.rows, table.path, table.path.name, max_ratio)
    return Part(part.pairs, [*table.refused, *part.refused], "\n".join(filter(None, [table.message, part.message])))


def _own_files(
    raw: Path, files: list[Path], encoding: str | None, asked: tuple[str, ...] | None, max_ratio: float
) -> Pairs:
    table = "a file of two columns parted by a tab, .tsv or .txt"
    names = sorted(path.name for path in files)
    if len(files) == 1 and names[0].lower().removesuffix(".gz").endswith((".tsv", ".txt")):
        part = columns(content_of(files[0], encoding), files[0], max_ratio)
        return _pairs(asked or ("source", "target"), {WHOLE: part})
    if any(name.lower().removesuffix(".gz").endswith((".csv", ".tsv")) for name in names):
        advice = "of any other table name the columns, `source.text` and `source.translation`"
        raise KassandraError(f"source.path: expected {table}; {advice}; found {names}")
    by_stem = _by_stem(files, folder_of_split([PurePosixPath(path.relative_to(raw)) for path in files]))
    known = sorted({language for files in by_stem.values() for language in files})
    if len(known) < 2:
        beside = "files that go line by line, such as talks.de and talks.en"
        raise KassandraError(f"source.path: expected {table}, or {beside}; found {names}")
    if asked is None:
        example = "-".join(known[:2])
        raise KassandraError(f"source.pair: say from which language into which, as in '{example}'; found {names}")
    if lacking := [language for language in asked if language not in known]:
        raise KassandraError(
            f"source.pair: no file is in {lacking[0]!r}, that is, ends in .{lacking[0]}; found {names}"
        )
    return _aligned(by_stem, asked, max_ratio, encoding)


def _by_stem(files: list[Path], splits: Sequence[str] = ()) -> dict[str, dict[str, Path]]:
    """What stands before the last dot → what follows on it → the file; .gz is no part of a name.

    splits: of each file the split that its folder names, which then stands in for what is before the dot.
    """
    by_stem: dict[str, dict[str, Path]] = {}
    for path, split in zip(files, splits or [""] * len(files), strict=True):
        name = path.stem if path.suffix.lower() == ".gz" else path.name
        stem, _, language = name.rpartition(".")
        stem = split or stem
        if path != by_stem.setdefault(stem, {}).setdefault(language, path):
            raise KassandraError(f"source.path: both {by_stem[stem][language]} and {path}; which one is meant?")
    return by_stem


def _aligned(
    by_stem: dict[str, dict[str, Path]], languages: tuple[str, ...], max_ratio: float, encoding: str | None = None
) -> Pairs:
    chosen = {stem: files for stem, files in by_stem.items() if set(languages) & set(files)}
    for stem, files in chosen.items():
        if lacking := [language for language in languages if language not in files]:
            (present,) = set(languages) - set(lacking)
            raise KassandraError(f"{files[present]}: its partner {stem}.{lacking[0]} is missing")
    by_split = {WHOLE: next(iter(chosen))} if len(chosen) == 1 else {}
    for stem in chosen if not by_split else ():
        match = SPLIT.match(stem)
        split = SPLITS[match[1].lower()] if match else ""
        if not split or split in by_split:
            what = f"{by_split[split]!r} and {stem!r} are both {split}" if split else f"{stem!r} is none of these"
            raise KassandraError(f"source.path: expected files named train, valid and test; {what}")
        by_split[split] = stem
    if lacking := [split for split in ("train", "test") if split not in by_split and WHOLE not in by_split]:
        raise KassandraError(f"source.path: no file is named {lacking[0]}; found {sorted(chosen)}")
    source, target = languages
    both = {split: (chosen[stem][source], chosen[stem][target]) for split, stem in by_split.items()}
    return _pairs(languages, {split: aligned(*files, max_ratio, encoding) for split, files in both.items()})


def _pairs(languages: tuple[str, ...], parts: dict[str, Part]) -> Pairs:
    source, target = languages
    dropped = Counter(dict.fromkeys(REASONS, 0))
    dropped.update(row.reason for part in parts.values() for row in part.refused)
    message = "\n".join(part.message for part in parts.values() if part.message)
    return Pairs((source, target), {name: part.pairs for name, part in parts.items()}, dropped, message)


def columns(content: bytes, path: Path, max_ratio: float) -> Part:
    """Pairs of lines `source<tab>target`, further columns left aside. Lines of white space alone are none.

    Raises:
        KassandraError: a line has no tab, the first names the columns, the first of several columns holds numbers, or
            no line is good.
    """
    rows, numbers = [], []
    for number, line in enumerate(_lines(content, path), 1):
        first, tab, rest = line.partition(b"\t")
        if not line.strip():
            continue
        if not tab:
            text, what = (
                line.decode(errors="replace").strip(),
                "a sentence, a tab, and the sentence in the other language",
            )
            shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
            raise KassandraError(f"{path}: line {number}: no tab in {shown!r}; a line is {what}")
        second, more, _ = rest.partition(b"\t")
        numbers.append(bool(more) and first.strip().isdigit())
        rows.append((number, first, second))
    if numbers and all(numbers[1:] or numbers):  # as in files of sentences with their ids; the first line may name them
        raise KassandraError(f"{path}: the first column holds numbers; `cut -f` takes the two columns with sentences")
    if rows:
        number, *sides = rows[0]
        names = [side.decode(errors="replace").strip() for side in sides]
        if all(name.lower() in NAMES for name in names):
            raise KassandraError(f"{path}: line {number}: {names} are names of columns, not a pair; delete that line")
    return _part(rows, path, path.name, max_ratio)


def aligned(source: Path, target: Path, max_ratio: float, encoding: str | None = None) -> Part:
    """Pairs of the lines of two files that go line by line.

    Raises:
        KassandraError: they have different numbers of lines, or no line is good.
    """
    ours, theirs = (_lines(content_of(path, encoding), path) for path in (source, target))
    if len(ours) != len(theirs):
        counts = f"{len(ours)} lines, but {target.name} has {len(theirs)}"
        raise KassandraError(f"{source}: {counts}; they must go line by line")
    both = source.with_name(f"{source.name} and {target.name}")  # as errors call them
    return _part(list(zip(range(1, len(ours) + 1), ours, theirs, strict=True)), both, source.name, max_ratio)


def content_of(path: Path, encoding: str | None = None) -> bytes:
    """What the file holds, unpacked if its name ends in .gz; of another encoding as UTF-8.

    Raises:
        KassandraError: there is no such file, it is damaged, or in another encoding.
    """
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            content = file.read()
        return content.decode(encoding).encode() if encoding else content
    except UnicodeError:
        raise KassandraError(f"{path}: is not in `source.encoding: {encoding}`") from None
    except FileNotFoundError:
        raise missing(path) from None
    except (OSError, EOFError, zlib.error) as error:  # the last two: a .gz that is cut off or damaged
        raise KassandraError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None


def _lines(content: bytes, path: Path) -> list[bytes]:
    """Ended by line feeds and nothing else: what else Unicode counts as the end of a line may stand in a sentence."""
    if content.startswith(UTF_16_MARKS):
        raise KassandraError(f"{path}: UTF-16, not UTF-8; convert it, as by `iconv -f UTF-16 -t UTF-8`")
    if b"\r" in content and b"\n" not in content:
        raise KassandraError(f"{path}: lines end in carriage returns alone; convert it, as by `tr '\\r' '\\n'`")
    lines = content.removeprefix(UTF_8_MARK).split(b"\n")
    return lines if lines[-1] else lines[:-1]  # what follows on the last line feed is no line


def _part(rows: list[tuple[int, bytes, bytes]], path: Path, name: str, max_ratio: float) -> Part:
    pairs: dict[Pair, str] = {}
    refused: list[Refused] = []
    for line, *sides in rows:
        pair = _pair(sides, max_ratio)
        if isinstance(pair, str) or pair in pairs:
            refused.append(Refused(line, pair if isinstance(pair, str) else REPEATED))
        else:
            pairs[pair] = f"{name}:{line}"
    garbled = sum(row.reason == NOT_UTF_8 for row in refused)
    if 2 * garbled > len(rows):
        what = f"{garbled} of {len(rows)} lines are not UTF-8"
        raise KassandraError(f"{path}: {what}; convert them, as by `iconv -f LATIN1 -t UTF-8`")
    if not rows:
        raise KassandraError(f"{path}: there is nothing in it")
    if not pairs:
        raise KassandraError(f"{sentence(refused, path, len(rows))}; no line is good")
    return Part(pairs, refused, sentence(refused, path, len(rows)) if refused else "")


def _pair(sides: list[bytes], max_ratio: float) -> Pair | str:
    """A good pair, or why it is none."""
    try:
        texts = [side.decode() for side in sides]
    except UnicodeDecodeError:
        return NOT_UTF_8
    if any("\0" in text for text in texts):
        return NUL
    pair = Pair(*(" ".join(normalize("NFC", text).split()) for text in texts))
    if any(all(category(sign) in UNSEEN for sign in text) for text in pair):
        return EMPTY
    short, long = sorted(map(len, pair))
    if long >= max_ratio * short and (short >= SHORT or long - short > SHORT):
        return UNEQUAL
    return pair
