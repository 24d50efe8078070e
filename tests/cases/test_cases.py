"""Files as people have them go through `kassandra init`, the stages' functions in one process, and `kassandra predict`."""

import pytest

from tests.cases import folders, tables
from tests.cases.harness import go

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.mark.parametrize("case", [*tables.CASES, *folders.CASES], ids=str)
def test_the_owner_gets_what_he_expects(case, tmp_path, monkeypatch, capsys):
    go(case, tmp_path, monkeypatch, capsys)
