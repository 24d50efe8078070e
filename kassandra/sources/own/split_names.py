"""Folders and tables that are called like splits: train and test, or news-train and news-test."""

import re
from collections.abc import Iterable

from kassandra.contracts.splits import SPLIT_OF

BETWEEN = re.compile(r"[_\-. ]+")


def splits_named(names: Iterable[str]) -> dict[str, str]:
    """Of each name that is called like a split, which; or is called so but for a beginning or an end that all of them
    have: seg_train and seg_test.

    >>> splits_named(["train", "test", "old"])
    {'train': 'train', 'test': 'test'}
    >>> splits_named(["news-test", "news-train"])
    {'news-test': 'test', 'news-train': 'train'}
    >>> splits_named(["freight_train", "car"])
    {}
    """
    names = list(names)
    exact = {name: SPLIT_OF[name.lower()] for name in names if name.lower() in SPLIT_OF}
    if exact:
        return exact
    affixed: dict[tuple[str, ...], dict[str, str]] = {}
    for name in sorted(names):
        words = BETWEEN.split(name.lower())
        if sum(word in SPLIT_OF for word in words) == 1:
            others = tuple(word for word in words if word not in SPLIT_OF)
            affixed.setdefault(others, {})[name] = split_in(name)
    return next((named for named in affixed.values() if {"train"} < set(named.values())), {})


def split_in(name: str) -> str:
    """The split whose name is a word in that of a folder or a file; "" where there is none."""
    return next((SPLIT_OF[word] for word in BETWEEN.split(name.lower()) if word in SPLIT_OF), "")
