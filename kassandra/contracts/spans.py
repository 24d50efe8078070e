"""Where time is cut into train, valid and test, and which windows lie whole within a part."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError

SPLITS = ("train", "valid", "test")


class Span(NamedTuple):
    """Times (seconds since 1970) from `begin`, included, to `end`, excluded."""

    begin: int
    end: int


def spans(
    times: Sequence[NDArray[np.int64]],
    gap: int,
    valid_fraction: float,
    test_fraction: float,
    until: Sequence[str | None],
) -> dict[str, Span]:
    """The part of time of each of SPLITS, the same for all series, with `gap` times between them in no part.

    Args:
        times: (rows,) of each series.
        valid_fraction, test_fraction: shares of all times, the last ones.
        until: dates at which train, valid and test end (excluded); None for the first two takes the shares, for the
            third the end of the data.

    Raises:
        KassandraError: a date is none, the dates are not in order, or a part is empty.
    """
    clock = np.unique(np.concatenate(times))  # (times,) of any series, in order
    train_until, valid_until, test_until = (_place(clock, date, key) for date, key in zip(until, SPLITS, strict=True))
    end = len(clock) if test_until is None else test_until
    test_from = end - round(test_fraction * len(clock)) if valid_until is None else valid_until
    valid_from = test_from - round(valid_fraction * len(clock)) if train_until is None else train_until
    # The gaps are taken from the beginnings of valid and test, so that train ends where it is said to end.
    places = [(0, valid_from), (valid_from + gap, test_from), (test_from + gap, end)]
    if not 0 < valid_from < test_from < end:
        raise KassandraError(
            "prepare: train, valid and test do not end one after the other within the times of the data"
        )
    for name, (first, after) in zip(SPLITS, places, strict=True):
        if after <= first:
            raise KassandraError(
                f"prepare: nothing is left for {name}, as {gap} times (window + horizon) are left out before it; "
                "use a shorter window or horizon, a larger share, or more data"
            )
    last = int(clock[-1]) + 1
    return {
        name: Span(int(clock[first]), int(clock[after]) if after < len(clock) else last)
        for name, (first, after) in zip(SPLITS, places, strict=True)
    }


def origins(usable: NDArray[np.bool_], window: int, horizon: int) -> NDArray[np.int64]:
    """Rows after which `horizon` rows are told from the `window` rows up to them, all of them usable.

    >>> origins(np.array([True, True, True, False, True, True, True]), 2, 1)
    array([1, 5])
    """
    good = np.concatenate([[0], np.cumsum(usable)])  # (rows + 1,): usable rows before each
    candidates = np.arange(window - 1, len(usable) - horizon)
    whole = good[candidates + horizon + 1] - good[candidates - window + 1] == window + horizon
    return np.asarray(candidates[whole])


def _place(clock: NDArray[np.int64], date: str | None, split: str) -> int | None:
    """How many times lie before a date."""
    if date is None:
        return None
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        raise KassandraError(
            f"prepare.{split}_until: {date!r} is no date as in 2016-01-01 or 2016-01-01T12:00"
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(np.searchsorted(clock, int(moment.timestamp())))
