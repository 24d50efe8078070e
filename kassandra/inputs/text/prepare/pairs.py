"""Raw files of the catalogue's pairs of languages, or your own, as sentences with their translations."""

import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from kassandra.contracts.artifacts import damaged, files_in, missing
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Pair, Pairs
from kassandra.contracts.splits import WHOLE
from kassandra.inputs.text.prepare.pair_files import REASONS, Part, aligned, columns, content_of
from kassandra.params.inputs.text import PairsPrepare, PairsSource

SPLITS = {"train": "train", "valid": "valid", "val": "valid", "dev": "valid", "test": "test"}  # as files are named
SPLIT = re.compile(rf"({'|'.join(SPLITS)})(?![A-Za-z])", re.IGNORECASE)


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
        return _own(raw, asked, max_ratio)
    if dataset not in READERS:
        raise KassandraError(f"source.dataset: {dataset!r} holds no pairs of sentences; those that do: {list(READERS)}")
    languages, reader = READERS[dataset]
    wanted = asked or languages
    if set(wanted) != set(languages):
        first, second = languages
        raise KassandraError(
            f"source.pair: {pair!r} is not in {dataset!r}, which has {first}-{second} and {second}-{first}"
        )
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


def _multi30k(raw: Path, languages: tuple[str, ...], max_ratio: float) -> Pairs:
    return _aligned(_by_stem(files_in(raw)), languages, max_ratio)


READERS: dict[str, tuple[tuple[str, str], Callable[[Path, tuple[str, ...], float], Pairs]]] = {
    "tatoeba": (("en", "fr"), _tatoeba),  # the direction where source.pair names none
    "multi30k": (("de", "en"), _multi30k),
}


def _own(raw: Path, asked: tuple[str, ...] | None, max_ratio: float) -> Pairs:
    files = files_in(raw)
    names = sorted(path.name for path in files)
    if len(files) == 1 and names[0].lower().removesuffix(".gz").endswith((".tsv", ".txt")):
        part = columns(content_of(files[0]), files[0], max_ratio)
        return _pairs(asked or ("source", "target"), {WHOLE: part})
    if any(name.lower().removesuffix(".gz").endswith((".csv", ".tsv")) for name in names):
        raise KassandraError(
            f"source.path: expected a file of two columns parted by a tab, .tsv or .txt; found {names}"
        )
    by_stem = _by_stem(files)
    found = sorted({language for files in by_stem.values() for language in files})
    if len(found) < 2:
        raise KassandraError(
            "source.path: expected a file of two columns parted by a tab, .tsv or .txt, or files that go line by line, "
            f"such as talks.de and talks.en; found {names}"
        )
    if asked is None:
        raise KassandraError(
            f"source.pair: say from which language into which, as in '{found[0]}-{found[1]}'; found {names}"
        )
    if lacking := [language for language in asked if language not in found]:
        raise KassandraError(
            f"source.pair: no file is in {lacking[0]!r}, that is, ends in .{lacking[0]}; found {names}"
        )
    return _aligned(by_stem, asked, max_ratio)


def _by_stem(files: list[Path]) -> dict[str, dict[str, Path]]:
    """What stands before the last dot → what follows on it → the file; .gz is no part of a name."""
    found: dict[str, dict[str, Path]] = {}
    for path in files:
        name = path.stem if path.suffix.lower() == ".gz" else path.name
        stem, _, language = name.rpartition(".")
        if path != found.setdefault(stem, {}).setdefault(language, path):
            raise KassandraError(f"source.path: both {found[stem][language]} and {path}; which one is meant?")
    return found


def _aligned(by_stem: dict[str, dict[str, Path]], languages: tuple[str, ...], max_ratio: float) -> Pairs:
    chosen = {stem: files for stem, files in by_stem.items() if set(languages) & set(files)}
    for stem, files in chosen.items():
        if lacking := [language for language in languages if language not in files]:
            (there,) = set(languages) - set(lacking)
            raise KassandraError(f"{files[there]}: its partner {stem}.{lacking[0]} is missing")
    if len(chosen) == 1:
        by_split = {WHOLE: next(iter(chosen))}
    else:
        by_split = {}
        for stem in chosen:
            match = SPLIT.match(stem)
            split = SPLITS[match[1].lower()] if match else ""
            if not split or split in by_split:
                what = f"{by_split[split]!r} and {stem!r} are both {split}" if split else f"{stem!r} is none of these"
                raise KassandraError(f"source.path: expected files named train, valid and test; {what}")
            by_split[split] = stem
        if lacking := [split for split in ("train", "test") if split not in by_split]:
            raise KassandraError(f"source.path: no file is named {lacking[0]}; found {sorted(chosen)}")
    source, target = languages
    return _pairs(
        languages,
        {split: aligned(chosen[stem][source], chosen[stem][target], max_ratio) for split, stem in by_split.items()},
    )


def _pairs(languages: tuple[str, ...], parts: dict[str, Part]) -> Pairs:
    source, target = languages
    dropped = Counter(dict.fromkeys(REASONS, 0))
    dropped.update(row.reason for part in parts.values() for row in part.refused)
    message = "\n".join(part.message for part in parts.values() if part.message)
    return Pairs((source, target), {name: part.pairs for name, part in parts.items()}, dropped, message)
