"""A cache of DVC that is another user's: read as ever; what it cannot keep is refused before it is made."""

import os
import shutil
import subprocess

import pytest

from tests.pipeline.sharing.conftest import Document

pytestmark = [pytest.mark.slow, pytest.mark.faults]

ABOVE_RIGHTS = "-dac_override,-dac_read_search,-fowner,-chown"  # what root may do beyond others
NOBODY = 65534


@pytest.fixture
def as_user():
    """The beginning of a command, by which rights of files bind it though it is root who runs the tests."""
    if os.getuid():
        return ()
    command = ("setpriv", f"--bounding-set={ABOVE_RIGHTS}", f"--inh-caps={ABOVE_RIGHTS}")
    if not shutil.which("setpriv") or subprocess.run([*command, "true"]).returncode:
        pytest.skip("root is above rights, and there is no setpriv (of util-linux) that makes it obey them")
    return command


@pytest.fixture
def clone(undisturbed, as_user, tmp_path):
    """One of git alone, with a cache that holds all and belongs to somebody else."""
    theirs, source = tmp_path / "theirs", undisturbed("images-label")
    shutil.copytree(source.root / ".dvc" / "cache", theirs)
    for path in (theirs, *theirs.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
        if not os.getuid():
            os.chown(path, NOBODY, NOBODY)
    clone = source.clone(tmp_path / "mine" / "kassandra")
    clone.run(*as_user, "dvc", "cache", "dir", "--local", str(theirs))
    yield clone
    for path in (theirs, *theirs.rglob("*")):  # so that pytest can put it away
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_it_is_read(clone, as_user, undisturbed):
    for link in ("copy", "symlink"):
        clone.run(*as_user, "dvc", "config", "--local", "cache.type", link)
        clone.run(*as_user, "dvc", "checkout", "--relink")
        assert clone.differs_from(undisturbed("images-label")) == []
    assert (clone.root / "data/prepared/small/train.npz").is_symlink()
    assert clone.executed(clone.run(*as_user, "dvc", "repro")) == []
    assert "small: 200 test examples" in clone.run(*as_user, "kassandra", "report", "small")
    assert "identical results" in clone.run(*as_user, "kassandra", "compare", "HEAD", "workspace")
    clone.run(*as_user, "kassandra", "check", "small")
    picture = next((clone.root / "metrics/small/plots").glob("*.png"))
    assert "label" in clone.run(*as_user, "kassandra", "predict", "data/models/small", picture)
    assert clone.differs_from(undisturbed("images-label")) == []


def test_what_would_be_made_is_refused_and_a_cache_of_your_own_takes_it(clone, as_user, undisturbed, tmp_path, root):
    clone.run(*as_user, "dvc", "checkout")
    clone.edit("params.yaml", "epochs: 2", "epochs: 1")
    output = clone.run(*as_user, "dvc", "repro", fails=True)
    assert clone.executed(output) == ["train@small"]
    assert f"Error: {tmp_path / 'theirs'}: DVC's cache may not be written to, so what this stage makes could" in output
    assert "epoch 1/1" not in output
    page = Document.read((root / "docs" / "sharing.md").read_text(encoding="utf-8"))
    for line in page.blocks["A cache that you may only read", 0].splitlines():
        clone.run(*as_user, *line.replace("/srv/kassandra-cache", str(tmp_path / "theirs")).split())
    assert clone.executed(clone.run(*as_user, "dvc", "repro")) == ["train@small", "evaluate@small"]
    clone.git("checkout", "--quiet", "params.yaml", "dvc.lock", "metrics")  # what was made before is still there
    clone.run(*as_user, "dvc", "checkout")
    assert clone.executed(clone.run(*as_user, "dvc", "repro")) == []
    assert clone.differs_from(undisturbed("images-label")) == []
    assert clone.git("status", "--porcelain") == ""
