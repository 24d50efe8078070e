"""Files with a text in each line recognised: with fastText's `__label__`, or with the label as the name of the file."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.splits import SPLIT_OF
from kassandra.detection.content import Lines, form_of, lines_of
from kassandra.detection.proposal import Look, Proposal
from kassandra.detection.words import some
from kassandra.sources.own.fasttext import LABEL, split_label
from kassandra.sources.own.file_names import labels_of

SEVERAL = 0.01  # share of lines with several labels, from which each may have any number
MARKED = 0.9  # share of lines with a label, from which a file is fastText's
SHORT = re.compile(r"[0-9+-]{1,3}|[A-Z]{2,}(:\w+)?|\w+:\w*")  # a label that is no word of a text
FILES = range(2, 201)  # of one folder, with the texts of a label each
SINGLE = 2.0  # words of a line on average, up to which lines are names of something and no prose
TABLES = {"csv", "tsv"}
HEADS = {"text", "texts", "review", "reviews", "sentence", "content", "comment", "tweet", "message"}  # of one column
ENDINGS = {"txt", "text", "", *TABLES}
LABELS = {
    "pos", "neg", "positive", "negative", "neutral", "spam", "ham", "true", "fake", "real", "false", "hate", "toxic",
    "clean", "good", "bad", "human", "ai", "machine", "sarcastic", "ironic", "objective", "subjective",
}  # fmt: skip


class Seen(NamedTuple):
    """layout: of `source`. texts: a sample. labels: with counts of lines. splits: those that have a file. several:
    lines with several labels. total: lines. skip: lines of a header."""

    layout: str
    texts: list[str]
    labels: Counter[str]
    splits: frozenset[str]
    several: int
    total: int
    encoding: str | None
    rows: list[dict[str, str]]
    skip: int = 0


def seen_in(look: Look) -> Seen | None:
    """None of files that are otherwise."""
    if look.answer is not None or look.wish.target:
        return None
    if look.form == "text":
        assert look.lines is not None
        return _marked({"": look.path}, look.lines) or _first(look.lines)
    if look.form != "folder" or not look.together:
        return None
    if look.tables:
        return _marked({split: path for split, path in look.tables.items() if form_of(path) == "text"})
    return _marked({"": look.together[0]}) if len(look.together) == 1 else _by_file(look.together)


def _marked(files: dict[str, Path], lines: Lines | None = None) -> Seen | None:
    """By `__label__` in nearly all lines of the first file."""
    first = files.get("train") or files.get("")
    if first is None or form_of(first) != "text":
        return None
    lines = lines or lines_of(first)
    full = [line for line in lines.first if line.strip()]
    both = [split_label(line) for line in full]
    several = sum(len(own) > 1 for _, own in both)
    many = several > SEVERAL * len(both)
    labels = Counter(label for _, own in both if many or len(own) == 1 for label in own)
    if len(full) < 2 or sum(bool(own) for _, own in both) < MARKED * len(full):
        return None
    scale = max(lines.total, len(lines.first)) / len(lines.first)
    counts = Counter({label: round(count * scale) for label, count in labels.items()})
    rows = [{"text": text[:70], "label": " ".join(own)} for text, own in both[:5]]
    splits = frozenset(files) - {"", "train"}
    return Seen("fasttext", [text for text, _ in both], counts, splits, several, lines.total, lines.encoding, rows)


def _first(lines: Lines) -> Seen | None:
    """By the first word of each line, of which there are a few different ones: `1 a fine film`, `DESC:manner How …`."""
    full = [line.strip().partition(" ") for line in lines.first if line.strip()]
    labels = Counter(label for label, _, _ in full)
    texts = [text for _, _, text in full]
    short = all(SHORT.fullmatch(label) for label in labels)
    few = 2 <= len(labels) <= len(full) / 20
    if len(full) < 40 or not short or not few or sum(len(text.split()) for text in texts) < 3 * len(texts):
        return None
    if sum(text[:1].isdigit() or text[:1] in "-.+" for text in texts) > 0.5 * len(texts):
        return None  # columns of numbers
    scale = max(lines.total, len(lines.first)) / len(lines.first)
    counts = Counter({label: round(count * scale) for label, count in labels.items()})
    rows = [{"text": text[:70], "label": label} for label, _, text in full[:5]]
    return Seen("first", texts, counts, frozenset(), 0, counts.total(), lines.encoding, rows)


def _by_file(files: list[Path]) -> Seen | None:
    """Of files that are called by usual labels, or that hold single words, names of what the file is called."""
    endings = {path.suffix.lower().lstrip(".") for path in files}
    if len(files) not in FILES or not (endings <= ENDINGS or endings <= LABELS):
        return None
    try:
        labels = labels_of(files)
    except KassandraError:
        return None
    if any(label.lower() in SPLIT_OF for label in labels) or any(form_of(path) != "text" for path in files):
        return None
    read = [lines_of(path) for path in files]
    head = {lines.first[0].strip().strip('"').lower() for lines in read if lines.first}
    header = len(head) == 1 and head <= HEADS  # of a table with one column
    if any(line.startswith('"') for lines in read for line in lines.first[1:20]) or (endings <= TABLES and not header):
        return None
    if header:
        read = [lines._replace(first=lines.first[1:], total=lines.total - 1) for lines in read]
    texts = [line for lines in read for line in lines.first if line.strip()]
    words = sum(len(line.split()) for line in texts) / max(len(texts), 1)
    known = called_by_labels(files)
    named = words <= SINGLE and len(texts) > 10 * len(files) and not any(map(str.isdigit, "".join(labels)))
    if not (known or named) or any(LABEL.search(line) for line in texts[:20]):
        return None
    counts = Counter({label: lines.total for label, lines in zip(labels, read, strict=True)})
    rows = [{"text": lines.first[0][:70], "label": label} for label, lines in zip(labels, read, strict=True)][:5]
    encodings = Counter(lines.encoding for lines in read if lines.encoding)
    encoding = encodings.most_common(1)[0][0] if encodings else None
    return Seen("lines", texts, counts, frozenset(), 0, counts.total(), encoding, rows, int(header))


def called_by_labels(files: Sequence[Path]) -> bool:
    """Whether all files are called by usual labels, pos.csv and neg.csv."""
    try:
        return all(set(label.lower().split()) & LABELS for label in labels_of(files))
    except KassandraError:
        return False


def propose(look: Look, seen: Seen) -> Proposal:
    """The section of such files; of lines with several labels, one of any number of labels for each text."""
    total = seen.total
    proposal = Proposal("text", "label", {"layout": seen.layout})
    proposal.source |= {"skip_rows": seen.skip} if seen.skip else {}
    if seen.encoding:
        proposal.source["encoding"] = seen.encoding
        proposal.guessed.append(f"not UTF-8: {seen.encoding} (--encoding)")
    proposal.classes, proposal.splits = dict(seen.labels.most_common()), seen.splits
    if seen.layout == "lines":
        named = f"a text in each line; labels are the names of the files: {some(list(proposal.classes))}"
        proposal.guessed.append(named)
    elif seen.layout == "first":
        proposal.guessed.append("a text in each line; labels are their first words")
    else:
        proposal.seen.append("a text in each line, its label after `__label__` (fastText)")
    if seen.several > SEVERAL * total:
        proposal.prepare["labels"] = "many"
        proposal.guessed.append(f"any number of labels of each text: {seen.several:,} of {total:,} lines have several")
    proposal.seen += [f"files of splits: train, {some(sorted(seen.splits))}"] if seen.splits else []
    proposal.examples, proposal.rows = total, seen.rows
    return proposal
