"""The `kassandra` command in this process."""

import sys
from types import SimpleNamespace

import pytest


@pytest.fixture
def kassandra(monkeypatch, capsys):
    """Runs the command; returns its exit status and what it printed."""

    def kassandra(*arguments):
        from kassandra.cli import main

        monkeypatch.setattr(sys, "argv", ["kassandra", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = ended.value.code
        if isinstance(code, str):  # Python itself prints it, and ends with 1
            return SimpleNamespace(status=1, out=said.out, err=said.err + code)
        return SimpleNamespace(status=code or 0, out=said.out, err=said.err)

    return kassandra
