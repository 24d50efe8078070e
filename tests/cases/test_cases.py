"""Files as people have them, taken through `kassandra init`, the functions of the stages, and `kassandra predict`."""

import pytest

from tests.cases import folders, made, tables
from tests.cases.harness import go

pytestmark = [pytest.mark.slow, pytest.mark.cases, pytest.mark.filterwarnings("default")]


@pytest.mark.parametrize("case", [*tables.CASES, *folders.CASES, *made.CASES], ids=str)
def test_the_owner_gets_what_he_expects(case, tmp_path, monkeypatch, capsys):
    go(case, tmp_path, monkeypatch, capsys)
