"""What `CONTRIBUTING.md` says of adding: kinds, a variant, a score, a baseline and a data set, in a clone.

Kinds are the folders of tests/pipeline/adding: pulses are read, and counted. They touch no file that was there.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.clone import Clone

pytestmark = [pytest.mark.slow, pytest.mark.pipelines]

KINDS = Path(__file__).with_name("adding") / "kassandra"
PARAMS = """\
seed: 0
pipelines:
  pulses:
    input: pulses
    target: count
    source: {path: pulses}
    prepare: {test_fraction: 0.3}
    model: {variant: vanilla, hidden_size: 12}
    train: {seeds: 1, epochs: 12, batch_size: 8, learning_rate: 0.02}
"""
SPACE = "space:\n  model.hidden_size: {choices: [4, 12]}\n"


def kassandra(clone: Clone, *arguments: str) -> str:
    return clone.run(sys.executable, "-c", "from kassandra.cli import main; main()", *arguments)


def pulses(folder: Path) -> None:
    """Sequences of 10 to 30 steps, each with some pulses, one step long, in noise."""
    generator, lines = np.random.default_rng(0), ["levels,count"]
    for _ in range(300):
        levels = generator.normal(0, 0.1, generator.integers(10, 31))
        count = int(generator.integers(0, 5))
        levels[generator.choice(np.arange(0, len(levels), 2), count, replace=False)] += 1
        lines.append(f"{' '.join(f'{level:.3f}' for level in levels)},{count}")
    folder.mkdir()
    (folder / "pulses.csv").write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def clone(root, tmp_path_factory) -> Clone:
    """A clone with both kinds, run and committed."""
    clone = Clone.of_working_tree(root, tmp_path_factory.mktemp("adding") / "kassandra", ())
    clone.git("init", "--quiet")
    pulses(clone.root / "pulses")
    (clone.root / "params.yaml").write_text(PARAMS)
    (clone.root / "recipes/search/pulses.yaml").write_text(SPACE)
    clone.commit()
    shutil.copytree(KINDS, clone.root / "kassandra", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    changed = clone.git("status", "--short", "--untracked-files=all").splitlines()
    assert all(line.startswith("?? ") for line in changed), changed
    clone.dvc("repro")
    clone.commit()
    return clone


def test_a_kind_of_input_and_of_target_is_all_that_a_new_pipeline_needs(clone):
    scores = json.loads((clone.root / "metrics/pulses/test.json").read_text())
    assert scores["intervals"][0] | {"score": "error", "better": "lower"} == scores["intervals"][0]
    report = kassandra(clone, "report", "pulses")
    assert "error of mean count" in report
    assert "The LSTM is better than every baseline" in report
    assert "Reproduction: identical" in report
    (clone.root / "own.txt").write_text("0 1 0 0 0 1 0 0 0 0 0 1 0 0")
    assert json.loads(kassandra(clone, "predict", "data/models/pulses", "own.txt", "--json"))["file"] == "own.txt"
    assert "batch_size" in kassandra(clone, "params", "pulses")


@pytest.mark.parametrize(("change", "verdict"), [(("epochs: 12", "epochs: 1"), "worse"), (("1}", "1}"), "identical")])
def test_its_models_are_compared_example_by_example(clone, tmp_path, change, verdict):
    other = clone.copy(tmp_path / "kassandra")
    if change[0] != change[1]:
        other.edit("params.yaml", *change)
        other.dvc("repro")
        other.commit()
        revisions = [("HEAD~1", "HEAD", verdict), ("HEAD", "HEAD~1", "better")]
    else:
        revisions = [("HEAD", "workspace", verdict)]
    for a, b, expected in revisions:
        headline = json.loads(kassandra(other, "compare", a, b, "--json"))["pipelines"]["pulses"]["scores"][0]
        assert (headline["score"], headline["verdict"], headline["paired"]) == ("error", expected, True)


def test_it_is_ranked_and_searched(clone, tmp_path):
    other = clone.copy(tmp_path / "kassandra")
    (board,) = json.loads(kassandra(other, "leaderboard", "pulses", "--json"))["boards"]
    assert (board["pipeline"], board["headline"]) == ("pulses", "error")
    assert "valid_loss" in kassandra(other, "search", "pulses", "--trials", "2")


def test_a_variant_is_one_file(clone, tmp_path):
    other = clone.copy(tmp_path / "kassandra")
    (other.root / "kassandra/params/sections/variants/residual.py").write_text(VARIANT)
    other.edit("params.yaml", "variant: vanilla, hidden_size: 12", "variant: residual, hidden_size: 12, share: 0.5")
    other.edit("params.yaml", "epochs: 12", "epochs: 1")
    other.dvc("repro", "train@pulses")
    assert "residual" in kassandra(other, "params", "model.variant")
    described = json.loads((other.root / "data/models/pulses/model.json").read_text())
    assert described["model"] | {"variant": "residual", "share": 0.5} == described["model"]


VARIANT = '''"""`variant: residual`: a share of the inputs is added to the summary."""

from typing import Annotated, Any

from pydantic import Field

from kassandra.contracts.section import Section

USES = {"readout", "num_layers", "share"}
CAUSAL = True


class Keys(Section):
    """share: of the last outputs that is added to the summary."""

    share: Annotated[float, Field(ge=0, le=1)] = 0.1


def encoder(input_size: int, params: Any) -> Any:
    from kassandra.lstm.build import stack
    from kassandra.lstm.encoder import Encoder, last_valid

    class Residual(Encoder):
        causal = True

        def __init__(self) -> None:
            super().__init__()
            self.layers = stack(input_size, params)
            self.output_size = self.layers.output_size

        def forward(self, inputs, lengths, state=None):
            encoded = self.layers(inputs, lengths, state)
            return encoded._replace(summary=encoded.summary + params.share * last_valid(encoded.outputs, lengths))

    return Residual()
'''


def test_a_score_is_one_entry(clone, tmp_path):
    other = clone.copy(tmp_path / "kassandra")
    other.edit(
        "kassandra/targets/count/evaluate/scores.py",
        "SCORES = [\n",
        'SCORES = [\n    Score("squared", "lower", "pulses²", sums=lambda table: per_row(_error(table) ** 2)),\n',
    )
    assert other.executed(other.dvc("repro")) == ["evaluate@pulses"]
    assert "squared of mean count" in kassandra(other, "report", "pulses")


def test_a_baseline_is_one_entry(clone, tmp_path):
    other = clone.copy(tmp_path / "kassandra")
    other.edit(
        "kassandra/targets/count/baseline/stage.py",
        "    if seen is not None",
        '    predicted["median"] = np.full(len(test["counts"]), np.median(train["counts"]))\n    if seen is not None',
    )
    assert other.executed(other.dvc("repro")) == ["baseline@pulses", "evaluate@pulses"]
    assert "error of median" in kassandra(other, "report", "pulses")


def test_a_data_set_is_one_entry_of_the_catalogue(clone, tmp_path):
    import hashlib

    other = clone.copy(tmp_path / "kassandra")
    mirror = tmp_path / "mirror"
    shutil.copytree(other.root / "pulses", mirror / "pulses")
    content = (mirror / "pulses" / "pulses.csv").read_bytes()
    with (other.root / "kassandra/sources/catalogue.yaml").open("a") as catalogue:
        catalogue.write(ENTRY.format(bytes=len(content), sha256=hashlib.sha256(content).hexdigest()))
    other.edit("params.yaml", "{path: pulses}", "{dataset: pulses}")
    other = Clone(other.root, {"KASSANDRA_MIRROR": str(mirror)})
    # The files are the same; `evaluate` depends on the whole section of the pipeline, as its own need not be there.
    assert other.executed(other.dvc("repro")) == ["download@pulses", "prepare@pulses", "evaluate@pulses"]


ENTRY = """
pulses:
  description: Pulses in noise, and how many there are
  licence: nobody's
  files:
    - name: pulses.csv
      bytes: {bytes}
      sha256: {sha256}
  addresses:
    - http://localhost:1/
"""
