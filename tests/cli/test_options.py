"""Options of every command, and sentences on what is missing."""

import sys

import pytest

from kassandra.contracts import extras


@pytest.mark.slow
def test_quiet_prints_errors_alone(kassandra):
    done = kassandra("--quiet", "params", "seed")
    assert (done.status, done.out, done.err) == (0, "", "")
    done = kassandra("--quiet", "params", "sede")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("Error: params: no key and no pipeline is called 'sede'")


def test_no_colour_is_what_rich_reads(kassandra, monkeypatch):
    import os

    monkeypatch.setenv("NO_COLOR", "")
    assert kassandra("--no-color", "params", "seed").status == 0
    assert os.environ["NO_COLOR"] == "1"


@pytest.mark.parametrize(("module", "extra"), [("optuna", "search"), ("dvc.repo", "pipeline")])
def test_a_missing_package_is_named_with_its_extra(module, extra):
    sentence = extras.lacking(module)
    assert f"`pip install 'kassandra-lstm[{extra}]'`" in sentence
    assert "which is not installed" in sentence


def test_what_no_extra_brings_is_a_defect():
    assert extras.lacking("kassandra.nothing") is None
    assert extras.lacking(None) is None
    assert extras.version()


def test_a_push_without_a_remote(kassandra, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", "true")  # says nothing, as `dvc config core.remote` does
    done = kassandra("push")
    assert done.status == 1
    assert "no remote is set up to push to" in done.err
    assert "docs/sharing.md" in done.err
