"""Splits by class, by group, by position and by time: nothing is in two parts, and shares and gaps are kept."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Examples
from kassandra.contracts.splits import SPLITS, at_most, by_position, by_time, drawn, first_of_equals, strangers

KEYS = st.lists(st.integers(0, 9), max_size=30)
# How many examples each class has, and whether they come in groups.
COUNTS = st.lists(st.integers(5, 40), min_size=2, max_size=4)
SHARES = st.floats(0.2, 0.8)
DAY = 86400
NEVER = (None, None, None)


def examples(counts, groups=False, seed=0):
    """So many of each class, in an order that `seed` decides; with groups, three of about equal size in each class."""
    labels = np.repeat([f"class {number}" for number in range(len(counts))], counts)
    group = np.concatenate([np.arange(count) % 3 for count in counts])
    order = np.random.default_rng(seed).permutation(len(labels))
    ids, who = [f"x:{number}" for number in order], [f"speaker {group[row]}" for row in order]
    return Examples("texts", ids, labels[order].tolist(), ids, ids, groups=who if groups else None)


@given(KEYS, KEYS)
def test_equals_are_left_out_once_and_strangers_are_in_no_other(keys, others):
    rows = first_of_equals(np.arange(len(keys)), keys)
    assert {keys.index(key) for key in keys} == set(rows.tolist())
    new = strangers(np.arange(len(keys)), range(len(keys), len(keys) + len(others)), keys + others)
    assert new.tolist() == [row for row, key in enumerate(keys) if key not in others]


@given(COUNTS, SHARES, st.booleans(), st.integers(0, 99))
@pytest.mark.slow
def test_each_class_is_drawn_in_its_share_and_none_is_in_two_parts(counts, share, groups, seed):
    """PITFALLS 12: also where the file is sorted by class."""
    some = examples(counts, groups, seed)
    rows = np.flatnonzero(np.arange(sum(counts)) % 7)  # some of them
    labels = np.array(some.labels)
    if min((labels[rows] == label).sum() for label in set(some.labels)) * min(share, 1 - share) < 1:
        return  # too few to be drawn, see below
    rest, taken = drawn(some, rows, share, seed, "prepare.share")
    assert sorted([*rest, *taken]) == rows.tolist()
    assert (np.diff(rest) > 0).all()
    assert (np.diff(taken) > 0).all()
    for label in set(some.labels):
        assert abs((labels[taken] == label).sum() - share * (labels[rows] == label).sum()) <= 1
    again = drawn(some, rows, share, seed, "prepare.share")
    assert all(map(np.array_equal, again, (rest, taken)))


@given(st.integers(2, 3), st.integers(8, 30), st.floats(0.15, 0.5), st.integers(0, 99))
@pytest.mark.slow
def test_groups_that_stay_together_are_in_one_part(classes, size, share, seed):
    """20 groups, each of some examples of each class; the shares of the classes are about what was asked for."""
    generator = np.random.default_rng(seed)
    groups = [f"patient {number}" for number in generator.integers(0, 20, classes * size)]
    labels = [f"class {number % classes}" for number in range(len(groups))]
    some = Examples("images", groups, labels, groups, groups, groups=groups, together=True)
    rest, taken = drawn(some, np.arange(len(groups)), share, seed, "prepare.share")
    assert sorted([*rest, *taken]) == [*range(len(groups))]
    assert not {groups[row] for row in rest} & {groups[row] for row in taken}
    largest = max(groups.count(group) for group in groups)
    assert abs(len(taken) - share * len(groups)) <= classes * largest


def test_groups_that_cannot_be_parted():
    some = Examples("images", [], list("aaabbb"), [], [], groups=list("xxxyyy"), together=True)
    with pytest.raises(KassandraError, match=r"of class 'a' are [03], as those of a group stay together; at least"):
        drawn(some, np.arange(6), 0.5, 0, "prepare.share")


@given(COUNTS, st.integers(0, 99))
@pytest.mark.slow
def test_groups_are_drawn_evenly(counts, seed):
    some = examples([3 * count for count in counts], groups=True, seed=seed)
    _, taken = drawn(some, np.arange(len(some.labels)), 1 / 3, seed, "prepare.share")
    for label, count in zip(sorted(set(some.labels)), counts, strict=True):
        shares = [
            sum(some.labels[row] == label and some.groups[row] == who for row in taken) for who in set(some.groups)
        ]
        assert sum(shares) == count
        assert max(shares) - min(shares) <= 2  # a third of each group, give or take what is cut at its two ends


@pytest.mark.parametrize(
    ("counts", "groups", "share", "text"),
    [
        ([9, 2], False, 0.5, "prepare.x: class 'class 1' has 2 texts, too few to be split; at least 3 are needed"),
        ([9, 2], True, 0.5, "prepare.x: class 'class 1' has 2 texts, too few to be split; at least 3 are needed"),
        (
            [50, 3],
            False,
            0.1,
            "prepare.x: 0.1 of the 3 texts of class 'class 1' are 0; at least 10 texts of each class are needed; ",
        ),
        (
            [50, 3],
            True,
            0.1,
            "prepare.x: 0.1 of the 3 texts of class 'class 1' are 0; at least 10 texts of each class are needed; ",
        ),
        (
            [50, 3],
            True,
            0.9,
            "prepare.x: 0.9 of the 3 texts of class 'class 1' are 3; at least 10 texts of each class are needed; ",
        ),
        ([9, 9], False, 0.01, r"prepare.x: 0.01 of 18 texts \(.*9\) cannot be drawn by class; at least 100 texts"),
    ],
)
def test_what_cannot_be_drawn(counts, groups, share, text):
    some = examples(counts, groups)
    with pytest.raises(KassandraError, match=f"^{text}"):
        drawn(some, np.arange(sum(counts)), share, 0, "prepare.x")


@pytest.mark.slow
@given(COUNTS, st.integers(1, 60), st.integers(0, 99))
def test_at_most_so_many_are_taken_each_class_in_its_share(counts, limit, seed):
    some, rows = examples(counts, seed=seed), np.arange(0, sum(counts), 2)
    taken = at_most(some, rows, limit, seed)
    assert len(taken) == min(limit, len(rows))
    assert (np.diff(taken) > 0).all()
    assert set(taken) <= set(rows)
    labels = np.array(some.labels)
    for label in set(some.labels):
        assert abs((labels[taken] == label).sum() - (labels[rows] == label).mean() * len(taken)) <= len(counts)


@given(st.integers(0, 500), SHARES, SHARES)
def test_test_is_the_end_of_a_text_and_follows_on_train(length, valid, test):
    parts = {name: range(length)[place] for name, place in by_position(length, valid, test).items()}
    assert [*parts["valid"], *parts["train"], *parts["test"]] == list(range(length))
    assert len(parts["test"]) == round(test * length)


def inside(times, span):
    return times[(times >= span.begin) & (times < span.end)]


@given(
    st.integers(60, 400),
    st.integers(2, 5),
    st.floats(0.1, 0.3),
    st.floats(0.1, 0.3),
)
def test_parts_follow_each_other_with_the_gap_between(rows, gap, valid, test):
    times = np.arange(rows) * DAY
    parts = [inside(times, span) for span in by_time([times], gap, valid, test, NEVER).values()]
    for before, after in pairwise(parts):
        assert (after[0] - before[-1]) // DAY == gap + 1  # so many times lie between them
    assert parts[0][0] == times[0]
    assert parts[2][-1] == times[-1]
    assert len(parts[2]) == round(test * rows) - gap


def test_all_series_are_cut_at_the_same_times():
    long, short = np.arange(100) * DAY, np.arange(40, 100, 2) * DAY
    cut = by_time([long, short], 3, 0.2, 0.2, NEVER)
    assert cut == by_time([long], 3, 0.2, 0.2, NEVER)
    assert [len(inside(short, cut[name])) for name in SPLITS] == [10, 8, 8]


def test_dates_say_where_parts_end():
    times = np.arange(1000) * DAY
    cut = by_time([times], 5, 0.5, 0.4, ("1970-04-11", "1970-07-20", "1970-10-28"))  # days 100, 200, 300
    assert [tuple(inside(times, span)[[0, -1]] // DAY) for span in cut.values()] == [(0, 99), (105, 199), (205, 299)]


@pytest.mark.parametrize(
    ("until", "printed"),
    [
        (("soon", None, None), r"prepare\.train_until: 'soon' is no date as in 2016-01-01"),
        (("1970-03-01", "1970-02-01", None), r"prepare: train, valid and test do not end one after the other"),
        (("1980-03-01", "1980-04-01", None), r"prepare: train, valid and test do not end one after the other"),
        (("1970-02-20", "1970-02-22", None), r"prepare: nothing is left for valid, as 5 times \(window \+ horizon\)"),
    ],
)
def test_dates_that_leave_nothing(until, printed):
    with pytest.raises(KassandraError, match=printed):
        by_time([np.arange(100) * DAY], 5, 0.2, 0.2, until)


def test_a_gap_longer_than_a_part():
    with pytest.raises(KassandraError, match=r"nothing is left for valid, as 30 times"):
        by_time([np.arange(100) * DAY], 30, 0.2, 0.2, NEVER)
