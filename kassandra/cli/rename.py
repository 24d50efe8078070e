"""`kassandra rename`: another name for a pipeline, whose results go with it; nothing runs again."""

import re

from kassandra.cli.recipes import refuse_taken, rename_section
from kassandra.contracts import lock
from kassandra.contracts.artifacts import (
    BASELINES,
    COSTS,
    METRICS,
    MODELS,
    PREDICTIONS,
    PREPARED,
    PRETRAINED,
    RAW,
    whole,
)  # fmt: skip
from kassandra.contracts.errors import KassandraError

FOLDERS = (RAW, PREPARED, MODELS, PREDICTIONS, METRICS, COSTS)
FILES = ((BASELINES, ".parquet"), (PRETRAINED, ".safetensors"))


def rename(old: str, new: str) -> None:
    """In params.yaml, dvc.lock, data/ and metrics/.

    Raises:
        KassandraError: there is no such pipeline, the new name is taken or can be none, something of that name lies in
            data/ or metrics/, or dvc.lock cannot be read. Nothing is changed then.
    """
    refuse_taken(new)
    moves = [(path / old, path / new) for path in FOLDERS]
    moves += [(path / f"{old}{suffix}", path / f"{new}{suffix}") for path, suffix in FILES]
    if there := [after for _, after in moves if after.exists()]:
        raise KassandraError(f"{there[0]}: is there already; remove it, or take another name than {new!r}")
    text = lock.LOCK.read_text(encoding="utf-8") if lock.LOCK.exists() else ""
    lock.parse(text, str(lock.LOCK))
    rename_section(old, new)
    moved = [before for before, _ in moves if before.exists()]
    for before, after in moves:
        if before.exists():
            before.rename(after)
    if text:
        with whole(lock.LOCK) as partial:
            partial.write_text(renamed(text, old, new), encoding="utf-8")
    print(f"Renamed {old!r} to {new!r} in params.yaml, dvc.lock and {len(moved)} places of data/ and metrics/.")
    print(f"Next: git add -A metrics params.yaml dvc.lock; `dvc repro evaluate@{new}` has nothing to do")


def renamed(text: str, old: str, new: str) -> str:
    r"""A dvc.lock in which the stages of one pipeline have another name, and every other character is as it was.

    >>> print(renamed("stages:\n  train@a:\n    outs:\n    - path: data/models/a\n", "a", "b"))
    stages:
      train@b:
        outs:
        - path: data/models/b
    <BLANKLINE>
    """
    head, blocks = lock.blocks(text)
    own = re.escape(old)
    for stage, block in blocks.items():
        if not re.fullmatch(rf"\w+@{own}", stage):
            continue
        block = re.sub(rf"^(  \w+@){own}:$", rf"\g<1>{new}:", block, count=1, flags=re.MULTILINE)
        block = re.sub(
            rf"^(    - path: (?:data/\w+|metrics)/){own}(?=[./]|$)", rf"\g<1>{new}", block, flags=re.MULTILINE
        )
        blocks[stage] = re.sub(rf"^( +pipelines\.){own}(?=[.:])", rf"\g<1>{new}", block, flags=re.MULTILINE)
    return head + "".join(blocks.values())
