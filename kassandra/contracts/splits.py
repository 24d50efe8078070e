"""Which examples are in train, valid and test: by class, by group, as given, by position or by time; none in two."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.clock import PLAIN, Clock
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Examples, Rows

SPLITS = ("train", "valid", "test")
# What folders, files and cells that name a split may be called, in lower case.
SPLIT_OF = {
    "train": "train", "training": "train", "valid": "valid", "validation": "valid", "val": "valid", "dev": "valid",
    "test": "test", "testing": "test", "publictest": "valid", "privatetest": "test",
}  # fmt: skip
WHOLE = "all"  # the name of the only part of data that come in one piece
Mask = NDArray[np.bool_]
FEWEST = 3  # examples of a class, so that each split may have one


def first_of_equals(rows: Rows, keys: Sequence[Hashable]) -> Rows:
    """The rows without those whose key an earlier one has, in the order in which each key occurs last.

    >>> first_of_equals(np.arange(4), ["a", "b", "a", "c"])
    array([1, 0, 3])
    """
    return np.array(list({keys[row]: row for row in rows[::-1]}.values())[::-1], np.intp)


def strangers(rows: Rows, others: Iterable[int], keys: Sequence[Hashable]) -> Rows:
    """The rows whose key none of the others has."""
    known = {keys[row] for row in others}
    return np.array([row for row in rows if keys[row] not in known], np.intp)


class TooRare(KassandraError):
    """A class has too few examples to be in both parts."""

    def __init__(self, text: str, label: str) -> None:
        super().__init__(text)
        self.label = label


def drawn(examples: Examples, rows: Rows, share: float, seed: int, key: str) -> tuple[Rows, Rows]:
    """The rest, and a share of each class, drawn by seed; where examples have groups, evenly over those, or whole ones
    where these stay together. In order.

    Args:
        key: of params.yaml, that says the share; opens the error.

    Raises:
        KassandraError: a class has fewer than FEWEST examples, or would be in one part alone.
    """
    labels = np.array([examples.labels[row] for row in rows])
    rarest, fewest = min(Counter(labels.tolist()).items(), key=lambda item: item[1])
    if fewest < FEWEST:
        what = f"class {rarest!r} has {fewest} {examples.unit}, too few to be split"
        raise TooRare(f"{key}: {what}; at least {FEWEST} are needed", rarest)
    if examples.groups is None:
        taken = _stratified(labels, share, seed, key, examples.unit)
    else:
        draw = _whole_groups if examples.together else _evenly
        taken = draw(labels, [examples.groups[row] for row in rows], share, seed)
    for label in sorted(set(labels), key=lambda label: (int((labels == label).sum()), label)):
        count, total = int(taken[labels == label].sum()), int((labels == label).sum())
        if not 0 < count < total:
            what = f"{share:g} of the {total} {examples.unit} of class {str(label)!r} are {count}"
            what += ", as those of a group stay together" if examples.together else ""
            advice = f"{_least(share, examples.unit)}; take another share, or give it more {examples.unit}"
            raise TooRare(f"{key}: {what}; {advice}", str(label))
    return rows[~taken], rows[taken]


def at_most(examples: Examples, rows: Rows, limit: int, seed: int) -> Rows:
    """So many of the rows, drawn by seed, each class in its share; in order."""
    generator, places = np.random.default_rng(seed), np.empty(len(rows))
    labels = np.array([examples.labels[row] for row in rows])
    for label in sorted(set(labels)):
        own = generator.permutation(np.flatnonzero(labels == label))
        places[own] = (np.arange(len(own)) + generator.random()) / len(own)  # spread over [0, 1)
    return rows[np.sort(np.argsort(places, kind="stable")[:limit])]


def _least(share: float, unit: str) -> str:
    """
    >>> _least(0.1, "texts"), _least(0.75, "texts")
    ('at least 10 texts of each class are needed', 'at least 4 texts of each class are needed')
    """
    return f"at least {ceil(1 / min(share, 1 - share) - 1e-9)} {unit} of each class are needed"


def _stratified(labels: NDArray[np.str_], share: float, seed: int, key: str, unit: str) -> Mask:
    """(rows,) which are taken."""
    from sklearn.model_selection import train_test_split  # here: its import takes seconds, which others need not wait

    taken = np.zeros(len(labels), bool)
    try:
        _, chosen = train_test_split(np.arange(len(labels)), test_size=share, random_state=seed, stratify=labels)
    except ValueError:  # fewer places in a part than there are classes
        counts = ", ".join(f"{label} {count}" for label, count in Counter(labels.tolist()).most_common(5))
        few = f"{key}: {share:g} of {len(labels)} {unit} ({counts}) cannot be drawn by class"
        raise KassandraError(f"{few}; {_least(share, unit)}: give more, or take another share") from None
    taken[chosen] = True
    return taken


def _evenly(labels: NDArray[np.str_], groups: Sequence[str], share: float, seed: int) -> Mask:
    """(rows,) which are taken: of each class, evenly over its groups."""
    generator, taken = np.random.default_rng(seed), np.zeros(len(labels), bool)
    for label in sorted(set(labels)):
        rows = [row for row in generator.permutation(len(labels)) if labels[row] == label]
        rows.sort(key=lambda row: groups[row])  # stable: in random order within a group
        count = round(len(rows) * share)
        places = (np.arange(count) + generator.random()) * len(rows) / max(count, 1)  # (count,) one in each part
        taken[[rows[int(place)] for place in places]] = True
    return taken


def _whole_groups(labels: NDArray[np.str_], groups: Sequence[str], share: float, seed: int) -> Mask:
    """(rows,) which are taken: all of a group, or none of it. Of groups in random order each is taken that brings the
    counts of the classes nearer to the share; an unknown group ("") is of one row alone."""
    rows_of: dict[str, list[int]] = {}
    for row, group in enumerate(groups):
        rows_of.setdefault(group or f"\0{row}", []).append(row)
    classes, place = np.unique(labels, return_inverse=True)
    lacking = np.bincount(place, minlength=len(classes)) * share  # (classes,)
    taken, names = np.zeros(len(labels), bool), sorted(rows_of)
    for number in np.random.default_rng(seed).permutation(len(names)):
        rows = rows_of[names[number]]
        left = lacking - np.bincount(place[rows], minlength=len(classes))
        if np.abs(left).sum() < np.abs(lacking).sum():
            taken[rows], lacking = True, left
    return taken


def by_position(length: int, valid_fraction: float, test_fraction: float) -> dict[str, slice]:
    """Of one sequence, test is the end, and valid the beginning of what is left."""
    before_test = length - round(length * test_fraction)
    valid = round(before_test * valid_fraction)
    return {"train": slice(valid, before_test), "valid": slice(0, valid), "test": slice(before_test, length)}


class Span(NamedTuple):
    """Times (of a Clock) from `begin`, included, to `end`, excluded."""

    begin: int
    end: int


def by_time(
    times: Sequence[NDArray[np.int64]],
    gap: int,
    valid_fraction: float,
    test_fraction: float,
    until: Sequence[str | None],
    clock: Clock = PLAIN,
) -> dict[str, Span]:
    """The part of time of each of SPLITS, the same for all series, with `gap` times between them in no part.

    Args:
        times: (rows,) of each series.
        valid_fraction, test_fraction: shares of all times, the last ones.
        until: dates at which train, valid and test end (excluded); None for the first two takes the shares, for the
            third the end of the data.
        clock: what the times count.

    Raises:
        KassandraError: a date is none, the dates are not in order, or a part is empty.
    """
    every = np.unique(np.concatenate(times))  # (times,) of any series, in order
    places_of = (_place(every, date, key, clock) for date, key in zip(until, SPLITS, strict=True))
    train_until, valid_until, test_until = places_of
    end = len(every) if test_until is None else test_until
    test_from = end - round(test_fraction * len(every)) if valid_until is None else valid_until
    valid_from = test_from - round(valid_fraction * len(every)) if train_until is None else train_until
    # The gaps are taken from the beginnings of valid and test, so that train ends where it is said to end.
    places = [(0, valid_from), (valid_from + gap, test_from), (test_from + gap, end)]
    if not 0 < valid_from < test_from < end:
        raise KassandraError(
            "prepare: train, valid and test do not end one after the other within the times of the data"
        )
    for name, (first, after) in zip(SPLITS, places, strict=True):
        if after <= first:
            why = f"as {gap} times (window + horizon) are left out before it" if gap else "as no time lies in it"
            advice = "use a shorter window or horizon, a larger share, or more data"
            raise KassandraError(f"prepare: nothing is left for {name}, {why}; {advice}")
    bounds = np.append(every, every[-1] + 1).tolist()
    spans = (Span(bounds[first], bounds[min(after, len(every))]) for first, after in places)
    return dict(zip(SPLITS, spans, strict=True))


def _place(every: NDArray[np.int64], date: str | None, split: str, clock: Clock) -> int | None:
    """How many times lie before a date."""
    if date is None:
        return None
    try:
        return int(np.searchsorted(every, clock.parse(date)))
    except ValueError:
        example = "step, as in 1200" if clock.unit == "step" else "date as in 2016-01-01 or 2016-01-01T12:00"
        raise KassandraError(f"prepare.{split}_until: {date!r} is no {example}") from None
