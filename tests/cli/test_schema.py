"""params.schema.json, by which editors complete and check params.yaml."""

import json

import pytest

from kassandra.cli.schema import schema


@pytest.mark.slow
def test_the_committed_file_is_that_of_the_code(root):
    """`kassandra params --schema > params.schema.json` writes it again."""
    assert json.loads((root / "params.schema.json").read_text()) == json.loads(json.dumps(schema()))


@pytest.mark.slow
def test_each_pair_has_its_own_keys_and_refuses_others():
    defined = schema()["$defs"]
    assert "tokens" in defined["text-label"]["$defs"]["Prepare"]["properties"]
    assert "tokens" not in defined["images-label"]["$defs"]["Prepare"]["properties"]
    for pair in defined.values():
        assert pair["additionalProperties"] is False


def test_the_version(kassandra):
    done = kassandra("--version")
    assert (done.status, done.out.split()[0]) == (0, "kassandra")
