"""Model folders that somebody has written or changed by hand: what goes wrong with them is an error of theirs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kassandra.contracts.artifacts import damaged, is_sealed

# What values of a wrong kind lead to where they are first used.
NONSENSE = (
    ImportError,
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    AssertionError,
)


@contextmanager
def described_by_hand(folder: Path) -> Iterator[None]:
    """Blames meta.json for what goes wrong while the model of a folder is used, where somebody wrote it, or model.json,
    themselves. Of a model that is as training sealed it, the defect is ours, and keeps its traceback.
    """
    try:
        yield
    except NONSENSE as error:
        if all(is_sealed(folder / name) for name in ("meta.json", "model.json")):
            raise
        raise damaged(folder / "meta.json", error) from None
