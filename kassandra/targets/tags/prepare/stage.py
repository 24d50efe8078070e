"""Sequences with a tag for each step → train.npz, valid.npz, test.npz and meta.json."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from kassandra.contracts import spans as schemes
from kassandra.contracts.artifacts import write_arrays, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Examples, Rows
from kassandra.contracts.printed import printable
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import ModelSpec
from kassandra.contracts.split_examples import (
    LEAKED,
    LEAKED_INTO_VALID,
    NEAR,
    REPEATED,
    VALID_LEAKED,
    ids_of,
    nearly_in_test,
    split,
)
from kassandra.contracts.tagged import Tagged
from kassandra.params.sections.kind import Pipeline

FEWEST = 10  # sequences, so that each split may have some
SHOWN = 20  # types that are named with their counts


class Written(NamedTuple):
    """tags: of each sequence, spans as B-, I- and O. spans: whether they are spans. meta: how they were written.
    message: what was rewritten."""

    tags: list[list[str]]
    spans: bool
    meta: dict[str, Any]
    message: str


def prepare(reader: ModuleType, raw: Path, folder: Path, params: Pipeline, seed: int) -> str:
    """Raw sequences, as the input's `reader` reads and encodes them, → arrays and meta.json; returns what to report.

    Raises:
        KassandraError: the data cannot be read, there are too few sequences, or all steps have one tag.
    """
    how: Any = params.prepare  # with the keys of the input and those of this target
    tagged: Tagged = reader.read(raw, params.source, how)
    examples = tagged.examples
    if len(examples.labels) < FEWEST:
        raise KassandraError(f"{raw}: {len(examples.labels)} {examples.unit} are too few; at least {FEWEST} are needed")
    written = rewritten(tagged.tags, how.scheme, raw)
    rows, dropped = split(raw, examples, how, seed)
    if not all(len(some) for some in rows.values()):
        empty = next(name for name, some in rows.items() if not len(some))
        raise KassandraError(f"{raw}: no {examples.one} is left for {empty}; give more, or a larger share (prepare)")
    tags = sorted({tag for row in rows["train"] for tag in written.tags[row]}, key=_in_order)  # those of train
    if len(tags) < 2:
        raise KassandraError(f"{raw}: every step of train has the tag {tags[0]!r}; there is nothing to tell apart")
    unseen = Counter(tag for row in rows["test"] for tag in written.tags[row] if tag not in set(tags))
    rows["valid"], lost = _without_unseen(written.tags, rows["valid"], set(tags))
    if not len(rows["valid"]):
        raise KassandraError(f"{raw}: every {examples.one} of valid has a tag that train has not; take another seed")
    encoded = reader.encode(examples, rows, how, seed)  # fitted on train only
    ids, place_of = ids_of(examples), {tag: place for place, tag in enumerate([*tags, *sorted(unseen)])}
    for name, some in rows.items():
        answers = Ragged.of(([place_of[tag] for tag in written.tags[row]] for row in some), np.int32)
        example = Ragged.of_texts(ids[row] for row in some)
        arrays = {"tags": answers.flat, "tags_offsets": answers.offsets}
        arrays |= {"example": example.flat, "example_offsets": example.offsets}
        write_arrays(folder / f"{name}.npz", **encoded.arrays[name], **arrays)
    near = nearly_in_test(examples, rows)
    counts = {name: len(some) for name, some in rows.items()}
    meta = {"spec": ModelSpec(outputs=len(tags), **encoded.spec).to_json(), "tags": tags, "spans": written.spans}
    meta |= {"steps": tagged.steps, "examples": counts, "unseen_tags": dict(sorted(unseen.items())), **written.meta}
    meta |= {"dropped_from_valid_for_unseen_tags": lost, **dropped, **near, **examples.meta, **encoded.meta}
    write_json(folder / "meta.json", meta, sealed=True)
    steps = {name: sum(len(written.tags[row]) for row in some) for name, some in rows.items()}
    sizes = ", ".join(f"{count:,} {name} ({steps[name]:,} {tagged.steps})" for name, count in counts.items())
    lines = [examples.message, written.message, f"{sizes} {examples.unit}, {len(tags)} tags; {encoded.message}"]
    lines += [_of_dropped(dropped | near, examples), _of_unseen(unseen, lost, examples)]
    return "\n".join(filter(None, [*lines, _of_types(written, rows["train"])]))


def rewritten(tags: Sequence[Sequence[str]], scheme: str | None, raw: Path) -> Written:
    """Tags as they are, or spans as B-, I- and O; `scheme` is that of params.

    Raises:
        KassandraError: they are to be spans, and are not.
    """
    counts = Counter(tag for each in tags for tag in each)
    spans = schemes.are_spans(counts) if scheme is None else scheme == "spans"
    if not spans:
        return Written([list(each) for each in tags], False, {"scheme": "plain"}, "")
    if not schemes.are_spans(counts):
        odd = next((tag for tag in counts if tag != schemes.OUTSIDE and not schemes.PARTS.fullmatch(tag)), "O")
        raise KassandraError(
            f"{raw}: tag {odd!r} is no span, as B-city, I-city and O are; say `prepare.scheme: plain`, or mend the tags"
        )
    known = schemes.scheme_of(tags)
    both = [schemes.as_iob2(each, known) for each in tags]
    changed = sum(
        old != new for (line, _), each in zip(both, tags, strict=True) for old, new in zip(each, line, strict=True)
    )
    mended = sum(count for _, count in both)
    message = f"tags are spans, written as {known}"
    message += f": {changed:,} of {counts.total():,} rewritten as IOB2" if changed else ""
    message += f"; {mended:,} go on with nothing, and begin a span" if mended else ""
    meta = {"scheme": known, "rewritten_tags": changed, "tags_that_go_on_with_nothing": mended}
    return Written([line for line, _ in both], True, meta, message)


def _in_order(tag: str) -> tuple[bool, str, str]:
    """O first; then by type, B- before I-."""
    part, type = schemes.parted(tag)
    return tag != schemes.OUTSIDE, type or tag, part


def _without_unseen(tags: list[list[str]], rows: Rows, known: set[str]) -> tuple[Rows, int]:
    """The rows all of whose tags are known, and how many others there are."""
    kept = np.array([row for row in rows.tolist() if known.issuperset(tags[row])], np.intp)
    return kept, len(rows) - len(kept)


def _of_dropped(dropped: dict[str, int], examples: Examples) -> str:
    text = f"{dropped[LEAKED]} of train dropped as they are in test too, {dropped[REPEATED]} as repeated"
    if VALID_LEAKED in dropped:
        text += f"; the validation split is your own: {dropped[LEAKED_INTO_VALID]} of train dropped as they are in "
        text += f"valid too, {dropped[VALID_LEAKED]} of valid as they are in test too"
    if dropped.get(NEAR):
        text += f"; {dropped[NEAR]} of train are nearly in test (the same letters and digits), and were kept"
    return text


def _of_unseen(unseen: Counter[str], lost: int, examples: Examples) -> str:
    text = []
    if unseen:
        named = ", ".join(f"{printable(tag)} {count}" for tag, count in unseen.most_common(SHOWN))
        text.append(f"tags of test that train has not, and nothing can predict: {named}")
    if lost:
        text.append(f"{lost} {examples.unit} of valid have a tag that train has not, and are dropped")
    return "; ".join(text)


def _of_types(written: Written, rows: Rows) -> str:
    """How often each type of span, or each tag, is in train, the most frequent first."""
    sequences = [written.tags[row] for row in rows]
    if written.spans:
        counts = Counter(span.type for tags in sequences for span in schemes.spans(tags))
    else:
        counts = Counter(tag for tags in sequences for tag in tags)
    named = ", ".join(f"{printable(name)} {count:,}" for name, count in counts.most_common(SHOWN))
    return f"{'spans' if written.spans else 'tags'} of train: {named}{', …' if len(counts) > SHOWN else ''}"
