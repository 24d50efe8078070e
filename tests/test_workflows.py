"""Workflows of GitHub Actions: their shell parses, and what they call is there."""

import re
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.main import get_command

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
EXPRESSION = re.compile(r"\$\{\{.*?\}\}")


def steps(workflow):
    tree = YAML(typ="safe", pure=True).load(workflow)
    return [step for job in tree["jobs"].values() for step in job["steps"]]


def scripts(workflow):
    return [step["run"] for step in steps(workflow) if "run" in step]


def test_there_is_one_for_pull_requests():
    assert "pull-request.yml" in [path.name for path in WORKFLOWS]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_the_shell_of_each_step_parses(workflow):
    assert scripts(workflow)
    for script in scripts(workflow):
        done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_step_runs_what_others_wrote(workflow):
    """Titles and names of branches are others' text: they come as variables, and never into the script itself."""
    assert not [script for script in scripts(workflow) if EXPRESSION.search(script)]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_target_of_make_is_there(workflow):
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {name for script in scripts(workflow) for name in re.findall(r"\bmake ([\w-]+)", script)}
    assert called
    assert called <= targets


def test_a_pull_request_must_pass_what_ci_asks():
    ours = set(re.findall(r"^make ([\w-]+)", (ROOT / ".ci" / "run").read_text(), re.MULTILINE))
    theirs = " ".join(scripts(ROOT / ".github" / "workflows" / "pull-request.yml"))
    assert ours == {name for name in ours if f"make {name}" in theirs}


def test_the_command_that_compares_is_spelled_right():
    from kassandra.cli.app import app

    (command,) = re.findall(r"kassandra (compare .*?) >", " ".join(scripts(WORKFLOWS[-1])))
    options = {option for each in get_command(app).commands["compare"].params for option in each.opts}
    assert set(re.findall(r"--[\w-]+", command)) <= options
    assert "--markdown" in command


@pytest.mark.parametrize("before", ["", "7"], ids=["first", "again"])
def test_one_comment_is_written_and_then_edited(before, tmp_path):
    """With a `gh` that tells what it was called with."""
    (comment,) = (step["run"] for step in steps(WORKFLOWS[-1]) if step.get("name") == "Comment")
    (tmp_path / "gh").write_text(f'#!/bin/sh\necho "$@" >> calls\ncase "$*" in *--jq*) echo {before};; esac\n')
    (tmp_path / "gh").chmod(0o755)
    (tmp_path / "comparison.md").write_text("x" * 70_000)
    places = {"COMMENTS": "repos/a/issues/1/comments", "COMMENT": "repos/a/issues/comments"}
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", **places}
    subprocess.run(["bash", "-eo", "pipefail", "-c", comment], cwd=tmp_path, env=environment, check=True)
    looked, written = (tmp_path / "calls").read_text().splitlines()
    assert 'select(.body | startswith("<!-- kassandra compare -->"))' in looked
    last = "--method PATCH repos/a/issues/comments/7" if before else "repos/a/issues/1/comments"
    assert written == f"api {last} --field body=@body.md"
    body = (tmp_path / "body.md").read_text()
    assert body.startswith("<!-- kassandra compare -->\nx")
    assert len(body) < 65_536


def test_where_something_may_be_written_no_code_of_the_change_runs():
    tree = YAML(typ="safe", pure=True).load(WORKFLOWS[-1])
    assert tree["permissions"] == {"contents": "read"}
    writing = [job for job in tree["jobs"].values() if "write" in str(job.get("permissions", ""))]
    assert [[step.get("uses", "").partition("@")[0] for step in job["steps"]] for job in writing] == [
        ["actions/download-artifact", ""]
    ]
