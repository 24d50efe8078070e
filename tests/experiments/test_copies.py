"""What a stage leaves in the repository from within the copy that DVC makes of it for a queued experiment."""

from pathlib import Path

import pytest

from kassandra.training.checkpoint import home


@pytest.mark.parametrize(("folder", "expected"), [
    (".", Path()),
    ("repository/.dvc/tmp/exps/tmp0a1b2c", "repository"),
    ("repository/.dvc/tmp/exps/tmp0a1b2c/below", "repository"),
    ("exps/tmp0a1b2c", Path()),
    ("repository/.dvc/tmp/exps", Path()),
])  # fmt: skip
def test_home(folder, expected, tmp_path, monkeypatch):
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / folder)
    assert home() == (expected if expected == Path() else tmp_path / expected)
