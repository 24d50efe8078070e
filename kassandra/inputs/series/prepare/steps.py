"""Recordings with an answer in each row: your own tables."""

from pathlib import Path

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.tagged import Tagged
from kassandra.inputs.series.prepare import labelled_tables, ts_files
from kassandra.inputs.series.prepare.examples import encode as encode  # a step is a row, so that nothing is left out
from kassandra.inputs.series.prepare.examples import gathered
from kassandra.inputs.series.prepare.labelled import Read
from kassandra.params.inputs.series import ExamplesSource, StepsPrepare


def read(raw: Path, source: ExamplesSource, params: StepsPrepare) -> Tagged:
    """The pieces of all recordings; two are the same whose numbers are.

    Raises:
        KassandraError: the files cannot be read, or say no label for each row.
    """
    series, examples = gathered(raw, source, params, lambda path, how, _: read_file(path, how, params))
    examples.meta.update(window=params.window)
    return Tagged(examples, [one.tags for one in series], "rows")


def read_file(path: Path, source: ExamplesSource, params: StepsPrepare, to_learn: bool = True) -> Read:
    """The pieces of one table; without `to_learn` those of a user, whose labels nobody knows."""
    if source.dataset or ts_files.is_one(path):
        where = f"source.dataset: {source.dataset!r}" if source.dataset else str(path)
        raise KassandraError(f"{where} holds one label for each series; a tag for each step is of a table of rows")
    return labelled_tables.read_recordings(path, source, params, to_learn)
