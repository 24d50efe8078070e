"""A small params file, and the errors that changes to it raise."""

import re

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.params.sections.pipeline import read_pipeline

TEXT = """\
seed: 7
pipelines:
  mine:
    input: images
    target: label
    source: {dataset: mnist}
    prepare: {scan: rows}
    model: {variant: vanilla}
    train: {epochs: 3}
"""


@pytest.fixture(scope="session")
def text():
    return TEXT


@pytest.fixture
def file(tmp_path):
    return tmp_path / "params.yaml"


@pytest.fixture
def read(file):
    """The pipeline of TEXT and its seed, with (old, new) pairs replaced in it, or a section's keys: train="clip: 1"."""

    def read(*changes, **sections):
        text = TEXT
        given = {"source": "{dataset: mnist}", "prepare": "{scan: rows}", "model": "{variant: vanilla}"}
        given["train"] = "{epochs: 3}"
        for old, new in [*changes, *((given[name], f"{{{keys}}}") for name, keys in sections.items())]:
            assert text.count(old) == 1
            text = text.replace(old, new)
        file.write_text(text)
        return read_pipeline("mine", file)

    return read


@pytest.fixture
def refused(read):
    """The whole error that TEXT with these changes raises."""

    def refused(text, *changes, **sections):
        with pytest.raises(KassandraError, match=f"^{re.escape(text)}$"):
            read(*changes, **sections)

    return refused
