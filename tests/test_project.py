"""What a fresh clone has beside code: the licence, how to cite it, and a data/ that says what lies where."""

import subprocess
import tomllib
from importlib.metadata import metadata

import pytest

from kassandra.contracts import artifacts, yaml


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


def git(root, *arguments):
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def test_git_has_them_and_nothing_else_of_data(root):
    tracked = git(root, "ls-files", "LICENSE", "CITATION.cff", "data")
    assert tracked == ["CITATION.cff", "LICENSE", "data/README.md"]
    rooms = [artifacts.RAW, artifacts.PREPARED, artifacts.BASELINES, artifacts.PRETRAINED, artifacts.MODELS]
    rooms += [artifacts.PREDICTIONS, artifacts.COSTS]
    files = [f"{room}/mnist/x" for room in rooms] + ["data/x"]
    assert git(root, "check-ignore", *files, "data/README.md") == files
    page = (root / "data" / "README.md").read_text()
    assert [room for room in rooms if f"`{room.name}/<name>" not in page] == []


def test_the_licence(root, project):
    text = (root / "LICENSE").read_text()
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert "The Kassandra authors" in text
    assert (project["license"], project["license-files"]) == ("Apache-2.0", ["LICENSE"])


def test_how_to_cite_it(root, project):
    citation = yaml.read(root / "CITATION.cff")
    assert (citation["cff-version"], citation["type"], citation["title"]) == ("1.2.0", "software", "Kassandra")
    assert citation["message"]
    assert citation["authors"] == [{"name": "The Kassandra authors"}]
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])
    assert metadata(project["name"])["Version"] == project["version"]
