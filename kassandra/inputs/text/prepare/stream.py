"""One long text, or its parts for train, valid and test, as ids of characters or words."""

import re
from pathlib import Path, PurePosixPath

from kassandra.contracts.artifacts import missing
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Encoded
from kassandra.contracts.printed import some
from kassandra.contracts.spec import UNK
from kassandra.contracts.splits import SPLIT_OF, SPLITS, WHOLE
from kassandra.contracts.stream import Texts
from kassandra.inputs.text.prepare.text_files import ENDINGS, is_about, is_text, read_text
from kassandra.params.inputs.text import StreamPrepare
from kassandra.params.sections.table_file import OwnFile
from kassandra.sources.own.labelled import Labelled, below_one_folder, folder_of_split, visible
from kassandra.sources.own.tolerated import Usable, usable
from kassandra.vocabulary import streams

OF_TEXTS = {*ENDINGS, ".rst", ".tex", ".tokens", ".raw"}
Paths = list[tuple[PurePosixPath, Path]]


def read(raw: Path, source: OwnFile, params: StreamPrepare) -> Texts:
    """One file, whatever its name is; or all texts of a folder, one after another in the order of their names (`2` goes
    before `10`). Files named `train`, `valid` and `test`, or in folders so named, are splits.

    Raises:
        KassandraError: there is no text, or one cannot be read.
    """
    if not raw.is_dir():
        raise missing(raw)
    left: dict[str, list[str]] = {}
    paths = below_one_folder(visible(raw, left))
    if not paths:
        raise KassandraError(f"source.path: expected a text, or a folder of texts; {raw} holds none")
    chosen: Paths = sorted(paths.items(), key=lambda item: natural(item[0]))
    if len(chosen) > 1:
        texts = [(name, path) for name, path in chosen if _is_one(path)]
        if others := [str(name) for name, path in chosen if not _is_one(path)]:
            left["files that are no texts"] = others
        if not texts:
            raise KassandraError(f"source.path: expected a text, or a folder of texts (.txt); found {some(others)}")
        chosen = [(name, path) for name, path in texts if not is_about(path)] or texts
        if about := [str(name) for name, path in texts if is_about(path) and (name, path) not in chosen]:
            left["files about the texts"] = about
    by_split = _by_split(chosen, left)
    everything = [Labelled(path, str(name), split) for split, some in by_split.items() for name, path in some]
    if len(everything) == 1:
        good = Usable(everything, [read_text(everything[0].path, source.encoding)], {}, [])
    else:  # in a book of few chapters each matters: the share alone counts
        good = usable(everything, lambda path: read_text(path, source.encoding), source.tolerate, "texts", few=0)
    texts_of: dict[str, dict[str, str]] = {split: {} for split in by_split}
    for one, text in zip(good.files, good.contents, strict=True):
        texts_of[one.label][one.name] = text
    parts = {split: "\n".join(texts.values()) for split, texts in texts_of.items()}
    if source.dataset:
        return Texts(parts, {}, "")
    message = [f"{raw}: {why}: {len(names)} left out ({some(names)})" for why, names in left.items()]
    message += [
        *good.message,
        *(_order(raw, split, list(texts)) for split, texts in texts_of.items() if len(texts) > 1),
    ]
    counts = {why: len(names) for why, names in left.items()}
    meta = {"texts": {split: len(texts) for split, texts in texts_of.items()}, "left_out": counts, **good.meta}
    return Texts(parts, meta | {"encoding": source.encoding or "utf-8"}, "\n".join(message))


def encode(texts: dict[str, str], params: StreamPrepare) -> Encoded:
    """The ids of each split, in order."""
    vocabulary = streams.fit(texts["train"], params.tokens, params.vocab_size)  # fitted on train only
    ids = {name: streams.encode(text, params.tokens, vocabulary) for name, text in texts.items()}
    unknown = {name: round(float((stream == UNK).mean()), 6) if len(stream) else 0.0 for name, stream in ids.items()}
    characters = {name: len(text) for name, text in texts.items()}
    meta = {"tokens": params.tokens, "vocabulary": vocabulary, "characters": characters, "unknown_tokens": unknown}
    arrays = {name: {"ids": stream} for name, stream in ids.items()}
    message = f"{params.tokens}, {len(vocabulary):,} different ones; <unk> {unknown['test']:.2%} of test"
    return Encoded(arrays, {"vocab_size": len(vocabulary)}, meta, message)


def natural(name: PurePosixPath) -> list[tuple[int, int, str]]:
    """A key that sorts `chapter 2` before `chapter 10`."""
    parts = re.split(r"([0-9]{1,18})", str(name).casefold())
    return [(1, int(part), "") if at % 2 else (0, 0, part) for at, part in enumerate(parts)]


def _is_one(path: Path) -> bool:
    return path.suffix.lower().removesuffix(".gz") in OF_TEXTS or path.name.lower().endswith(".txt.gz") or is_text(path)


def _by_split(chosen: Paths, left: dict[str, list[str]]) -> dict[str, Paths]:
    """The texts of each split, in its order; all as WHOLE where neither folders nor names say splits."""
    by_folder = folder_of_split([name for name, _ in chosen])
    said = by_folder or [_named(name) for name, _ in chosen]
    if len(chosen) == 1 or not {"train"} < set(said) - {""}:
        return {WHOLE: chosen}
    by_split: dict[str, Paths] = {name: [] for name in SPLITS if name in said}
    for (name, path), split in zip(chosen, said, strict=True):
        if split:
            by_split[split].append((name, path))
        else:
            left.setdefault("texts beside train, valid and test", []).append(str(name))
    return by_split


def _named(name: PurePosixPath) -> str:
    """The split that a name says: train of `train.txt`, and of `wiki.train.tokens`."""
    return next((SPLIT_OF[part] for part in name.name.lower().split(".") if part in SPLIT_OF), "")


def _order(raw: Path, split: str, names: list[str]) -> str:
    of = "" if split == WHOLE else f" of {split}"
    return f"{raw}: {len(names)} texts{of}, one after another: {some(names)}"
