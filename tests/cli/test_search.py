"""What `kassandra search` says before any work."""

import sys

import pytest


def test_without_optuna(kassandra, monkeypatch):
    monkeypatch.delitem(sys.modules, "kassandra.cli.search", raising=False)
    monkeypatch.setitem(sys.modules, "optuna", None)
    done = kassandra("search", "mnist")
    assert done.status == 1
    assert done.err.startswith(
        "Error: this needs optuna, which is not installed: `pip install 'kassandra-lstm[search]'`"
    )


@pytest.mark.slow
def test_of_what_there_is_no_pipeline_or_space(kassandra, monkeypatch, root, tmp_path):
    monkeypatch.chdir(root)
    assert "Error: params.yaml: unknown pipeline 'mnits'; known" in kassandra("search", "mnits").err
    done = kassandra("search", "mnist", "--space", tmp_path / "none.yaml")
    assert f"Error: {tmp_path}/none.yaml: no such file; write one" in done.err
    assert not (root / ".optuna").exists()
