"""Three of the files as people have them through `kassandra init`, `dvc repro`, `report` and `rename`."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.clone import Clone

pytestmark = [pytest.mark.slow, pytest.mark.cases]

CASES = Path(__file__).parent
OWN = {  # case → what init is given
    "02-investing-com": "Apple Stock Price History.csv",
    "11-sms-spam": "spam.csv",
    "34-images-colour": ".",
}


@pytest.fixture(scope="module")
def clone(root, tmp_path_factory) -> Clone:
    clone = Clone.of_working_tree(root, tmp_path_factory.mktemp("cases") / "kassandra", ())
    (clone.root / "params.yaml").write_text("seed: 0\npipelines: {}\n")
    clone.git("init", "--quiet")
    clone.commit()
    return clone


def kassandra(clone: Clone, *arguments: str) -> str:
    return clone.run(sys.executable, "-c", "from kassandra.cli import main; main()", *arguments)


@pytest.mark.parametrize("case", OWN)
def test_init_then_repro(case, clone, tmp_path):
    folder = tmp_path / case
    shutil.copytree(CASES / case, folder)
    given = folder / OWN[case]
    kassandra(clone, "init", str(given), "--yes", "--name", "mine")
    text = re.sub(r"train: {(?!seeds)", "train: {seeds: 1, ", (clone.root / "params.yaml").read_text())
    (clone.root / "params.yaml").write_text(re.sub(r"epochs: \d+", "epochs: 1", text))
    output = clone.dvc("repro", "evaluate@mine")
    assert len(clone.executed(output)) == 6
    assert "mine: " in kassandra(clone, "report", "mine")
    kassandra(clone, "rename", "mine", f"own-{case}")
    assert clone.executed(clone.dvc("repro", f"evaluate@own-{case}")) == []  # nothing runs again
    clone.commit()
