"""Your own data that have changed since `download` copied them: DVC watches its copy in data/raw, and not the path."""

import sys
from collections.abc import Iterable
from pathlib import Path

from kassandra.contracts.artifacts import COSTS, RAW
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import visible
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.sources.folder import has_changed

SEEN = "compared.json"  # in data/costs/<name>: what was read and found equal; may be deleted


def warn_of_changes(names: Iterable[str]) -> None:
    """A line on standard error for each of these pipelines whose data have changed, for commands that use them."""
    for name in sorted(names):
        try:
            pipeline, _ = read_pipeline(name)
        except KassandraError:  # params.yaml has it no more, or is being edited
            continue
        if sentence := changed_source(name, pipeline):
            print(visible(sentence), file=sys.stderr)


def changed_source(name: str, pipeline: Pipeline | None) -> str:
    """Empty where the data are what was copied, or are none of your own."""
    path = pipeline.source.path if pipeline else None
    if not path or not (RAW / name).is_dir():
        return ""
    try:
        if not has_changed(Path(path), RAW / name, COSTS / name / SEEN):
            return ""
    except KassandraError as error:  # as a folder that is empty now
        return f"{name}: {error}; results are of the copy in {RAW / name}"
    again = f"`dvc repro -f download@{name}`, then `dvc repro evaluate@{name}`"
    return f"{path} has changed since it was read, and results of {name!r} are of what it was: {again}"
