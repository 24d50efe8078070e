"""The sections of a forecast: what goes with what."""

import re

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.params.sections.pipeline import read_pipeline

TEXT = """\
pipelines:
  load:
    task: forecast
    source: {source}
    prepare: {prepare}
    model: {{variant: vanilla}}
    train: {{}}
"""
OWN = "{path: a.csv, time: date, target: y}"


@pytest.fixture
def read(tmp_path):
    def read(source=OWN, prepare="{}"):
        path = tmp_path / "params.yaml"
        path.write_text(TEXT.format(source=source, prepare=prepare))
        return read_pipeline("load", path)[0]

    return read


def test_one_target_or_several(read):
    assert read().source.targets == ["y"]
    assert read("{path: a.csv, time: date, target: [y, z]}").source.targets == ["y", "z"]


@pytest.mark.parametrize("frequency", ["h", "15min", "d", "2w", "m", "b"])
def test_frequencies(read, frequency):
    assert read(f"{{path: a.csv, time: date, target: y, frequency: {frequency}}}").source.frequency == frequency


@pytest.mark.parametrize(
    ("source", "prepare", "said"),
    [
        (
            "{path: a.csv}",
            "{}",
            "source: name the columns of your table: 'time', and 'target', which is to be forecast",
        ),
        (
            OWN,
            "{predict: return}",
            "source: predict 'return' does not use 'target'; it reads Date, Open, High, Low, Close",
        ),
        ("{dataset: sp500, time: date}", "{}", "'time' is for your own table; a 'dataset' knows its columns"),
        (
            "{path: a.csv, time: d, target: y, features: [y]}",
            "{}",
            "feature 'y' is named as time, target or series too",
        ),
        ("{path: a.csv, time: d, target: y, frequency: hourly}", "{}", "source.frequency: String should match pattern"),
        ("{path: a.csv, time: d, target: y, frequency: 0h}", "{}", "source.frequency: String should match pattern"),
        ("{dataset: sp500}", "{predict: return, normalise: last}", "predict 'return' does not use 'normalise'"),
        (OWN, "{train_until: 2016-01-01}", "write '2016-01-01' in quotes; DVC takes no date without them (line "),
        (OWN, "{train_until: '2016-01-01'}", "give both 'train_until' and 'valid_until', or neither"),
        (OWN, "{test_until: '2016-01-01'}", "'test_until' goes with 'train_until' and 'valid_until'"),
        (
            OWN,
            "{train_until: '2016-01-01', valid_until: '2017-01-01', test_fraction: 0.1}",
            "'test_fraction' is not used where 'train_until' and 'valid_until' say when splits end",
        ),
    ],
)
def test_mistakes(read, source, prepare, said):
    with pytest.raises(KassandraError, match=re.escape(said)):
        read(source, prepare)
