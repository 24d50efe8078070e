"""`kassandra compare` of what this repository has recorded, in a clone of it without DVC's cache."""

import json
import re
import subprocess

import pytest

from tests.clone import Clone

pytestmark = [pytest.mark.slow, pytest.mark.pipelines]

DEFAULTS = {"mnist", "imdb", "shakespeare", "sp500", "fsdd", "tatoeba"}
VERDICTS = {"better", "worse", "no evidence", "identical", "differs", "not comparable"}
OF_0_1_0 = "442a12e32866c9bcbf3bde8471c72b8ad5a473a0"  # the last commit whose pipelines have a `task`
OLDER = "0d3e297", "b8bea61"  # both changed metrics/


@pytest.fixture(scope="module")
def compared(root, tmp_path_factory):
    """The JSON of `kassandra compare` of two commits."""
    shallow = subprocess.run(
        ["git", "rev-parse", "--is-shallow-repository"], cwd=root, capture_output=True, text=True, check=True
    )
    if shallow.stdout.strip() == "true":
        pytest.skip("a shallow clone lacks the commits that are compared")
    clone = Clone(root).clone(tmp_path_factory.mktemp("history") / "clone")
    main = f"import sys; sys.path.insert(0, {str(root)!r}); from kassandra.cli import main; main()"

    def compared(old, new):
        printed = clone.run("python", "-c", main, "compare", old, new, "--json")
        return json.loads(printed[printed.index("{") :])

    return compared


@pytest.mark.parametrize(("old", "new"), [(OF_0_1_0, "HEAD"), OLDER])
def test_every_pipeline_that_both_have_gets_a_verdict(compared, old, new):
    found = compared(old, new)
    pipelines = found["pipelines"]
    assert pipelines.keys() == DEFAULTS if new == "HEAD" else len(pipelines) > 1
    assert not found["unfinished"]
    for name, pipeline in pipelines.items():
        assert pipeline["verdict"] in VERDICTS
        assert not any(re.search(r"\.(task|input|target)$", key) for key in pipeline["params"]), name
        apart = [row for row in pipeline["scores"] if not row["paired"]]
        for row in apart:
            assert (row["difference"] is None) == (row["verdict"] == "not comparable")
        if apart:  # there is no cache, so that nothing but equal results can be paired
            printed = " ".join(pipeline["notes"])
            assert re.search(r"compared example by example: .+ is not in DVC's cache|the headline was", printed), (
                printed
            )
