"""Examples in train, valid and test: as given or drawn, without repeats and leaks; and their ids."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kassandra.contracts import splits
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Examples, Rows, numbered

NEAR = "train_nearly_in_test"  # counted, and kept
LEAKED, REPEATED = "dropped_from_train_because_in_test", "dropped_because_repeated"
LEAKED_INTO_VALID, VALID_LEAKED = "dropped_from_train_because_in_valid", "dropped_from_valid_because_in_test"


def split(raw: Path, examples: Examples, params: Any, seed: int) -> tuple[dict[str, Rows], dict[str, int]]:
    """The rows of each split, and how many examples were dropped, by reason: test is kept as it is.

    Examples that are there twice are dropped before any is drawn, else one could be in train and the other in test.
    """
    everything = np.arange(len(examples.labels))
    held_out = [given for given in (examples.valid, examples.test) if given is not None]
    offered = everything[~np.any(held_out, axis=0)] if held_out else everything
    unique = splits.first_of_equals(offered, examples.keys)
    if examples.test is None:
        kept = unique
        train, test = splits.drawn(examples, kept, params.test_fraction, seed, "prepare.test_fraction")
    else:
        test = everything[examples.test]
        train = kept = splits.strangers(unique, test, examples.keys)
        if not len(kept):
            raise KassandraError(f"{raw}: every {examples.one} of train is in test too, so none is left to train on")
    dropped = {LEAKED: len(unique) - len(kept), REPEATED: len(offered) - len(unique)}
    valid, lost = _given_valid(raw, examples, test)
    if valid is not None:
        strange = splits.strangers(train, valid, examples.keys)
        dropped |= lost | {LEAKED_INTO_VALID: len(train) - len(strange)}
        if not len(strange):
            raise KassandraError(f"{raw}: every {examples.one} of train is in valid too, so none is left to train on")
        train = strange
    if params.limit:
        train, test = (splits.at_most(examples, rows, params.limit, seed) for rows in (train, test))
    if valid is None:
        train, valid = splits.drawn(examples, train, params.valid_fraction, seed, "prepare.valid_fraction")
    return {"train": np.sort(train), "valid": np.sort(valid), "test": np.sort(test)}, dropped


def _given_valid(raw: Path, examples: Examples, test: Rows) -> tuple[Rows | None, dict[str, int]]:
    """The rows that come as valid, but for those that are in test too; None where none come so."""
    if examples.valid is None:
        return None, {}
    given = np.flatnonzero(examples.valid)
    valid = splits.strangers(given, test, examples.keys)
    if not len(valid):
        raise KassandraError(f"{raw}: every {examples.one} of valid is in test too, so none is left to choose by")
    return valid, {VALID_LEAKED: len(given) - len(valid)}


def nearly_in_test(examples: Examples, rows: dict[str, Rows]) -> dict[str, int]:
    """How many examples of train are nearly the same as one of test; empty where that is not looked for."""
    if examples.near is None:
        return {}
    return {NEAR: len(rows["train"]) - len(splits.strangers(rows["train"], rows["test"], examples.near))}


def of_rows(examples: Examples, rows: Rows) -> Examples:
    """Those rows alone; `contents` stay as they are."""

    def some(values: Any) -> Any:
        return None if values is None else [values[row] for row in rows]

    masks: dict[str, Any] = {
        "test": None if examples.test is None else examples.test[rows],
        "valid": None if examples.valid is None else examples.valid[rows],
    }
    lists = {name: some(getattr(examples, name)) for name in ("labels", "ids", "keys", "groups")}
    return replace(examples, **lists, **masks)


def ids_of(examples: Examples) -> list[str]:
    """Numbered among those that come as test and among the others, whatever is drawn of them."""
    parts = [examples.ids] if examples.test is None else [
        [one for one, is_test in zip(examples.ids, examples.test, strict=True) if is_test == part]
        for part in (False, True)
    ]  # fmt: skip
    return [one for part in parts for one in numbered(part)]


def said_of(dropped: dict[str, int], near: dict[str, int], encoded: str, nearly: str) -> str:
    """What to report of examples that were dropped, or nearly were; `encoded` is what to report of the others, `nearly`
    what near ones are alike in."""
    message = f"{dropped[LEAKED]} of train dropped as they are in test too, {dropped[REPEATED]} as repeated; {encoded}"
    if VALID_LEAKED in dropped:
        message += f"; the validation split is your own: {dropped[LEAKED_INTO_VALID]} of train dropped as they are in "
        message += f"valid too, {dropped[VALID_LEAKED]} of valid as they are in test too"
    if near.get(NEAR):
        message += f"; {near[NEAR]} of train are nearly in test ({nearly}), and were kept"
    return message
