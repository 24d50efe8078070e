"""A table filled: exactly what is missing changes, in the unit of the table, whatever else stands in it."""

import csv
import io
import json
from itertools import groupby

import numpy as np
import pytest
import torch

import kassandra
from kassandra.contracts.artifacts import read_json
from kassandra.contracts.errors import KassandraError
from tests.targets.gap.hours import hours, write
from tests.trained import save_members
from tests.untrained import save_untrained

LONGEST = 12


@pytest.fixture
def model(prepared, tmp_path):
    """Makes the folder of an untrained model, its output layer at 0 where it is to fill in the line between edges."""

    def made(line=False, name="model", **keys):
        def change(model):
            with torch.no_grad():
                for weight in (model.linear.weight, model.linear.bias, model.skip.weight):
                    weight.mul_(0 if line else 1)

        meta = prepared(prepare_keys={"seasons": []} if line else {}, name=f"data of {name}").meta
        return save_untrained(tmp_path / name, "series", "gap", meta, change, **{"variant": "bidirectional", **keys})

    return made


def with_gaps(rows=300, seed=5, columns=2):
    values, generator = hours(rows, columns, seed), np.random.default_rng(seed)
    for column in range(columns):
        for first in generator.integers(0, rows - 20, 12):
            values[first : first + generator.integers(1, LONGEST), column] = np.nan
    values[100:140, 0] = np.nan  # too long
    values[:2], values[-3:] = np.nan, np.nan  # one-sided
    return values


@pytest.mark.slow
@pytest.mark.parametrize("keys", [{}, {"head": "point"}, {"variant": "vanilla", "head": "gaussian"}])
def test_exactly_what_is_missing_is_filled(model, tmp_path, keys):
    values = with_gaps()
    write(tmp_path / "own.csv", values)
    (filled,) = kassandra.load(model(**keys)).predict(tmp_path / "own.csv")
    assert filled.times[0] == "2024-01-01"
    for column, name in enumerate("ab"):
        found = filled.columns[name]
        known = ~np.isnan(values[:, column])
        assert (found.values[known] == values[known, column]).all()
        assert set(found.status[known]) == {"observed"}
        long = found.status == "too long to fill"
        runs = [(is_known, len(list(run))) for is_known, run in groupby(known.tolist())]
        expected = [not is_known and length > LONGEST for is_known, length in runs for _ in range(length)]
        assert long.tolist() == expected
        assert long.any() or name == "b"
        assert np.isnan(found.values[long]).all()
        assert np.isfinite(found.values[~long]).all()
        assert set(found.status[~known & ~long]) == {"filled", "filled from one side"}
        assert (found.status[:2] == "filled from one side").all()
        assert np.isnan(found.lower[known]).all()
        if keys.get("head") != "point":
            inside = ~known & ~long
            assert (found.lower[inside] <= found.upper[inside]).all()
        else:
            assert np.isnan(found.lower).all()


def test_values_are_in_the_unit_of_the_table(model, tmp_path):
    """A model that adds nothing fills in the straight line."""
    values = with_gaps()
    write(tmp_path / "own.csv", values)
    (filled,) = kassandra.load(model(line=True, head="point")).predict(tmp_path / "own.csv")
    for column, name in enumerate("ab"):
        found, known = filled.columns[name], ~np.isnan(values[:, column])
        line = np.interp(np.arange(300), np.flatnonzero(known), values[known, column])
        inside = found.status != "too long to fill"
        np.testing.assert_allclose(found.values[inside], line[inside], rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [7, 59, 61, 200])
def test_a_series_alone_is_that_series_among_others(prepared, tmp_path, rows):
    """Also where it is shorter than a window, which the others fill."""
    two = {"series": "which"}
    write(tmp_path / "x.csv", hours(1500), series="x")
    write(tmp_path / "y.csv", hours(1500, seed=1), series="y")
    lines = [(tmp_path / name).read_text().splitlines() for name in ("x.csv", "y.csv")]
    (tmp_path / "both" / "raw").mkdir(parents=True)
    meta = prepared_of(prepared, tmp_path, "\n".join(lines[0] + lines[1][1:]), two)
    folder = save_untrained(tmp_path / "model", "series", "gap", meta, variant="bidirectional")
    values = hours(rows, seed=2)
    values[3:5] = np.nan
    write(tmp_path / "short.csv", values, series="x")
    alone = (tmp_path / "short.csv").read_text()
    write(tmp_path / "long.csv", with_gaps(), series="y")
    (tmp_path / "own.csv").write_text(alone + "\n".join((tmp_path / "long.csv").read_text().splitlines()[1:]) + "\n")
    loaded = kassandra.load(folder)
    (one,) = loaded.predict(tmp_path / "short.csv")
    first, second = loaded.predict(tmp_path / "own.csv")
    assert (one.series, first.series, second.series) == ("x", "x", "y")
    for name in "ab":
        np.testing.assert_allclose(one.columns[name].values, first.columns[name].values, rtol=1e-5)
        np.testing.assert_allclose(one.columns[name].upper, first.columns[name].upper, rtol=1e-5)


@pytest.mark.parametrize("rows", [7, 59])
def test_what_stands_beyond_a_short_table_is_never_read(model, tmp_path, rows):
    values = hours(rows, seed=2)
    values[3:5] = np.nan
    write(tmp_path / "own.csv", values)
    loaded = kassandra.load(model())
    for _, batch in loaded.pair.numbered_batches(loaded.pair.own(tmp_path / "own.csv")):
        assert batch.lengths.tolist() == [rows] * len(batch.lengths)
        (filler,) = loaded.models
        with torch.no_grad():
            whole = filler(batch.inputs, batch.lengths)[:, :rows]
            alone = filler(batch.inputs[:, :rows], None)
            torch.testing.assert_close(whole, alone)
            batch.inputs[:, rows:] = torch.nan
            torch.testing.assert_close(filler(batch.inputs, batch.lengths)[:, :rows], alone)


def prepared_of(prepared, tmp_path, text, source):
    from kassandra.contracts.section import check
    from kassandra.inputs.series.prepare import gaps as reader
    from kassandra.params.sections.pipeline import pipeline_of
    from kassandra.targets.gap.prepare.stage import prepare
    from tests.targets.gap.conftest import PREPARE, SOURCE

    (tmp_path / "both" / "raw" / "table.csv").write_text(text + "\n")
    section = {"input": "series", "target": "gap", "source": SOURCE | source, "prepare": PREPARE, "train": {}}
    params = check(pipeline_of("series", "gap"), section | {"model": {"variant": "vanilla"}}, "mine")
    prepare(reader, tmp_path / "both" / "raw", tmp_path / "both" / "out", params, 0)
    return read_json(tmp_path / "both" / "out" / "meta.json")


def test_members_fill_together(model, tmp_path):
    values = with_gaps()
    write(tmp_path / "own.csv", values)
    folder = model(name="single")
    three = kassandra.load(save_members(tmp_path / "three", folder))
    (filled,) = three.predict(tmp_path / "own.csv")
    each = [one.predict(tmp_path / "own.csv")[0].columns["a"].values for one in three.members]
    np.testing.assert_allclose(filled.columns["a"].values, np.mean(each, axis=0), rtol=1e-9)


def test_as_the_command_prints_it(model, tmp_path, kassandra_command):
    values = with_gaps()
    write(tmp_path / "own.csv", values)
    folder = model()
    out, said = kassandra_command("predict", folder, tmp_path / "own.csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == ["time", "a", "a is", "a lower", "a upper", "b", "b is", "b lower", "b upper"]
    assert len(rows) == 300
    for row, expected in zip(rows, values, strict=True):
        for name, value in zip("ab", expected, strict=True):
            assert (row[f"{name} is"] == "observed") == (not np.isnan(value))
            if not np.isnan(value):
                assert float(row[name]) == pytest.approx(value, rel=1e-9)
                assert row[f"{name} lower"] == ""
    assert "too long to fill (gaps of more than 12 rows, as prepare.longest says" in said
    lines = [
        json.loads(line)
        for line in kassandra_command("predict", folder, tmp_path / "own.csv", "--json")[0].splitlines()
    ]
    assert lines[0]["a is"] == "filled from one side"
    assert lines[110]["a"] is None


def test_as_it_is_served(model, tmp_path):
    from kassandra.targets.gap import serve

    write(tmp_path / "own.csv", with_gaps())
    rows = serve.answer(kassandra.load(model()), None, ["own.csv"], [tmp_path / "own.csv"], serve.Options())
    assert len(rows) == 300
    assert rows[110] == rows[110] | {"a": None, "a is": "too long to fill", "a lower": None}
    json.dumps(rows, allow_nan=False)


def test_a_table_without_gaps_stays_as_it_is(model, tmp_path):
    write(tmp_path / "own.csv", hours(90))
    (filled,) = kassandra.load(model()).predict(tmp_path / "own.csv")
    assert set(filled.columns["a"].status) == {"observed"}
    assert (filled.columns["a"].values == hours(90)[:, 0]).all()


def test_what_is_no_such_table(model, tmp_path):
    (tmp_path / "own.csv").write_text("when,a\n2024-01-01,1\n")
    with pytest.raises(KassandraError, match="'b'"):
        kassandra.load(model()).predict(tmp_path / "own.csv")


@pytest.fixture
def kassandra_command(monkeypatch, capsys):
    from kassandra.cli import main

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["kassandra", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        return capsys.readouterr()

    return run
