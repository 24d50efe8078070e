"""benchmarks/panel: its halves, its files and its bars."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.panel import runs, table
from benchmarks.panel.sets import ARCHIVES, PANEL, made
from kassandra.contracts.artifacts import read_json
from kassandra.sources.catalogue import CATALOGUE, read_catalogue

ROOT = Path(__file__).parents[1]


def row(score, value, baseline, **more):
    return {"set": more.pop("set", "films"), "how": more.pop("how", "init"), "score": score, "value": value,
            "baseline": "one", "of_baseline": baseline, **more}  # fmt: skip


def test_both_halves_have_every_kind_of_data_and_all_can_be_had():
    halves = {half: [name for name, one in PANEL.items() if one.half == half] for half in ("choosing", "untouched")}
    assert min(map(len, halves.values())) >= 10
    known = read_catalogue(CATALOGUE).keys() | read_catalogue(ARCHIVES).keys()
    assert {one.dataset for one in PANEL.values()} - {None} <= known
    assert not read_catalogue(CATALOGUE).keys() & read_catalogue(ARCHIVES).keys()


def test_a_file_is_made_once(tmp_path):
    path = made("digits", tmp_path)
    assert pd.read_csv(path).shape == (1797, 65)
    path.write_text("mine")
    assert made("digits", tmp_path).read_text() == "mine"


@pytest.mark.parametrize(
    ("score", "value", "baseline", "gain", "held"),
    [("accuracy", 0.9, 0.905, -0.5, True), ("accuracy", 0.9, 0.92, -2.0, False), ("rmse", 1.01, 1.0, -1.0, True),
     ("rmse", 1.03, 1.0, -3.0, False), ("rmse", 0.5, 1.0, 50.0, True)],
)  # fmt: skip
def test_what_counts_as_not_below_a_baseline(score, value, baseline, gain, held):
    (shown,) = table.rows([row(score, value, baseline)])
    assert shown["gain"] == pytest.approx(gain)
    said = f"not below the strongest baseline {int(held)} of 1, above it {int(gain > 0)}"
    assert table.verdict([shown]) == said


def test_a_search_is_compared_with_init_in_units_of_what_is_allowed():
    of = [row("accuracy", 0.9, 0.8), row("accuracy", 0.94, 0.8, how="search")]
    (shown,) = table.rows(of)
    assert shown["gain of search"] == pytest.approx(4.0)
    assert "a search of 1 gains in the median 200% of what is allowed" in table.verdict([shown])


def test_where_a_file_lies_is_no_part_of_a_run():
    section = {"source": {"path": "/one/place/data.csv"}, "model": {"hidden_size": 3}}
    moved = {"source": {"path": "/other/data.csv"}, "model": {"hidden_size": 3}}
    assert runs.digest(section) == runs.digest(moved) != runs.digest({**section, "model": {"hidden_size": 4}})


def test_a_change_leaves_the_section_as_it_is():
    section = {"source": {}, "model": {"dropout": 0.1}, "train": {}, "prepare": {}}
    changed = runs._changed(section, {"model.dropout": 0.3, "train.seeds": 1})
    assert changed["model"] == {"dropout": 0.3}
    assert changed["train"] == {"seeds": 1}
    assert section["model"] == {"dropout": 0.1}
    assert section["train"] == {}


def test_samples_are_the_same_each_time():
    from benchmarks.panel.sets import _rows

    np.testing.assert_array_equal(_rows(100, 10), _rows(100, 10))
    assert len(set(_rows(100, 10).tolist())) == 10


def test_the_page_has_the_tables_of_the_last_runs():
    runs_ = read_json(ROOT / "benchmarks" / "results" / "panel.json")["runs"]
    page, shown = (ROOT / "docs" / "defaults.md").read_text(), table.rows(runs_)
    halves = (table.markdown(shown, half) for half in ("choosing", "untouched"))
    for lines in (*halves, table.of_balance(runs_), table.of_advice(runs_)):
        assert "\n".join(lines) in page
    assert all(f"- {line}\n" in page for line in table.bars(shown))
    assert {row["set"] for row in shown} == set(PANEL)
