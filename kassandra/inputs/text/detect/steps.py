"""Sentences with a tag for each word recognised: columns with empty lines between, tables, JSON, or pairs of files."""

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spans import are_spans, scheme_of, spans
from kassandra.detection.content import lines_of
from kassandra.detection.proposal import Look, Proposal
from kassandra.detection.words import some
from kassandra.params.sections.tagged_file import TaggedFile
from kassandra.sources.own.tagged_files import (
    READERS,
    USUAL,
    Sentence,
    files_by_split,
    layout_of,
)

SAMPLE = 2000  # sentences that are looked at
MOST_FILES = 100  # of a folder
MOST_TAGS = 200  # different ones; more are no tags
CONLLU = ["id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc"]
OF_TABLES = ("encoding", "delimiter", "quotes")  # what a table that was recognised says of how it is written


class Seen(NamedTuple):
    """sentences: the first. files: of each split. layout, source: as `source` says it."""

    sentences: list[Sentence]
    files: dict[str, list[Path]]
    layout: str
    source: dict[str, Any]


def evidence(look: Look) -> float:
    """How likely these are sentences with a tag for each word, from 0 to 1."""
    if not _may_be(look) or (seen := _seen(look)) is None:
        return 0.0
    tags = Counter(tag for one in seen.sentences for tag in one.tags)
    words = {word for one in seen.sentences for word in one.words}
    if not 2 <= len(tags) <= MOST_TAGS or len(seen.sentences) < 3:
        return 0.0
    if are_spans(tags) or seen.source.get("columns") == CONLLU:
        return 0.95
    longer = sum(len(one.words) > 2 for one in seen.sentences) > max(10, 0.5 * len(seen.sentences))
    spelled = sum(any(sign.isalpha() for sign in word) for word in words) > 0.5 * len(words)
    return 0.6 if longer and spelled and len(words) > 3 * len(tags) else 0.0


def propose(look: Look) -> Proposal:
    """The section of tagged sentences.

    Raises:
        KassandraError: they cannot be read.
    """
    seen = _seen(look)
    if seen is None:
        raise KassandraError(f"{look.path}: no sentences with a tag for each word; see `source.layout`")
    proposal = Proposal("text", "tags", {"layout": seen.layout, **seen.source})
    tags = [one.tags for one in seen.sentences]
    counts = Counter(tag for each in tags for tag in each)
    if are_spans(counts):
        types = Counter(span.type for each in tags for span in spans(each))
        proposal.seen.append(f"spans written as {scheme_of(tags)}, of {len(types)} types: {some(sorted(types))}")
        proposal.classes = dict(types.most_common())
    else:
        proposal.seen.append(f"{len(counts)} plain tags: {some(sorted(counts))}")
        proposal.prepare["scheme"] = "plain"
    if len(seen.files) > 1:
        names = (some([path.relative_to(look.path).as_posix() for path in paths]) for paths in seen.files.values())
        proposal.seen.append(f"files of splits: {'; '.join(names)}")
        proposal.splits = frozenset(name for name in seen.files if name != "train")
    if seen.source.get("words"):
        proposal.guessed.append(f"words in {seen.source['words']!r}, tags in {seen.source['tags']!r}")
    total = _total(look, seen)
    words = sum(len(one.words) for one in seen.sentences) / len(seen.sentences)
    proposal.examples, proposal.steps = total, max(2, round(words))
    proposal.rows = [{"words": " ".join(one.words)[:60], "tags": " ".join(one.tags)[:60]} for one in seen.sentences[:5]]
    proposal.train["batch_tokens"] = 256 if total < 2000 else 512 if total < 50_000 else 2048
    proposal.prepare |= {"min_frequency": 1} if total < 200 else {}
    proposal.model |= {"variant": "bidirectional", "crf": are_spans(counts), "letters": {}}
    return proposal


def _may_be(look: Look) -> bool:
    """By names and first lines, before anything is read."""
    if look.form == "folder":
        return look.tree is not None and len(look.tree.files) <= MOST_FILES and look.tree.depth <= 1
    if look.table is not None and _named(look) is not None:
        return True
    lines = [line.rstrip("\r\n") for line in look.lines.first] if look.lines else []
    full = [line for line in lines if line.strip() and not (line.startswith("# ") and "\t" not in line)]
    if not 0 < len(full) < len(lines) or len(full) < 6:
        return False
    counts = Counter(len(line.split("\t") if "\t" in line else line.split()) for line in full)
    (columns, most), *_ = counts.most_common(1)
    return columns > 1 and most > 0.9 * len(full)


def _named(look: Look) -> dict[str, str] | None:
    """Of a table: its columns of words, tags and maybe sentences, by their names."""
    assert look.table is not None
    names = look.table.names
    chosen: dict[str, str] = {}
    for role in ("tags", "words", "sentence"):
        likely = [name for usual in USUAL[role] for name in names if name.casefold().strip() == usual]
        chosen[role] = next((name for name in likely if name not in chosen.values()), "")
    chosen["tags"] = look.wish.target or chosen["tags"]
    if not chosen["tags"] or not chosen["words"]:
        return None
    if not chosen["sentence"] and look.table.form == "delimited":
        return None
    return {role: name for role, name in chosen.items() if name}


def _seen(look: Look) -> Seen | None:
    """The first sentences; None where they cannot be read as such."""
    source: dict[str, Any] = {}
    asked = look.wish.asked
    if look.form != "folder" and look.table is not None and (named := _named(look)):
        source |= named | {key: value for key, value in look.table.keys.items() if key in OF_TABLES}
    elif look.wish.target:
        source["tags"] = look.wish.target
    if look.form == "text" and look.lines and look.lines.encoding:
        source["encoding"] = look.lines.encoding
    source |= {"encoding": asked.encoding} if asked.encoding else {}
    try:
        files = files_by_split(look.path)[0] if look.form == "folder" else {"all": [look.path]}
        paths = next(iter(files.values()))
        first = TaggedFile(path=str(look.path), **source)
        layout = "lines" if len(paths) > 1 else layout_of(paths[0], first)
        if layout != "table":
            source.pop("sentence", None)
        if layout == "columns" and "tags" not in source and _is_conllu(paths[0]):
            source |= {"columns": CONLLU, "words": "form", "tags": "upos"}
        if look.form != "folder" and layout in ("table", "json") and "words" not in source:
            return None
        described = TaggedFile(path=str(look.path), layout=layout, **source)  # type: ignore[arg-type]
        every = islice(READERS[layout](paths, described), SAMPLE)
        sentences = [one for one in every if isinstance(one, Sentence)]
    except (KassandraError, ValueError, OSError):
        return None
    return Seen(sentences, files, layout, source) if sentences else None


def _is_conllu(path: Path) -> bool:
    """Whether words stand in ten columns, the first of which numbers them (Nivre et al. 2016)."""
    lines = [line for line in lines_of(path).first[:50] if line.strip() and not line.startswith("#")]
    cells = [line.split("\t") for line in lines]
    return bool(cells) and all(len(row) == len(CONLLU) and row[0][:1].isdigit() for row in cells)


def _total(look: Look, seen: Seen) -> int:
    """About how many sentences of train there are."""
    if len(seen.sentences) < SAMPLE:
        return len(seen.sentences)
    words = sum(len(one.words) + 1 for one in seen.sentences)
    if look.form != "folder" and look.lines:
        per = words / len(seen.sentences) if seen.layout != "json" else 1
        return max(len(seen.sentences), round(look.lines.total / per))
    size = sum(path.stat().st_size for path in next(iter(seen.files.values())))
    letters = sum(
        len(word) + len(tag) + 2 for one in seen.sentences for word, tag in zip(one.words, one.tags, strict=True)
    )
    return max(len(seen.sentences), round(size / max(letters, 1) * len(seen.sentences)))
