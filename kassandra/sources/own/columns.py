"""Which columns of a table are read, whatever kind of file it is; and its rows, one after another."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kassandra.contracts.errors import KassandraError

Choose = Callable[[list[str]], Sequence[str]]  # from the names of all columns those that are read
Row = tuple[int, list[Any] | str]  # the line where it begins; its cells, or the reason against it


def chosen_of(path: Path, names: list[str], choose: Choose) -> Sequence[str]:
    """Raises: KassandraError: as `choose`; or a name is that of several columns."""
    chosen = choose([name for name in names if name])
    if twice := [name for name in chosen if Counter(names)[name] > 1]:
        raise KassandraError(
            f"{path}: column {twice[0]!r} is named more than once; give each a name of its own, as in `source.columns`"
        )
    return chosen
