"""Cards: valid for the hub, with scores of these weights alone, and nothing of the data read as markup."""

import hashlib
import json

import pytest
import yaml

from kassandra.contracts.errors import KassandraError
from kassandra.detection.findings import Findings, Grid
from kassandra.export import markdown
from kassandra.export.card import model_card
from kassandra.export.data_card import data_card
from kassandra.export.folder import export_folder
from kassandra.export.origin import folder_md5

pytestmark = pytest.mark.slow  # imports PyTorch

SCORE = {"score": "accuracy", "better": "higher", "unit": "share", "decimals": 4}
NUMBERS = {"value": 0.9, "low": 0.8, "high": 0.95}
SCORES = {
    "examples": 200,
    "seeds": 2,
    "intervals": [{**SCORE, **NUMBERS, "members": [0.89, 0.91], "together": NUMBERS}],
    "baselines": [
        {"baseline": "majority | class", "accuracy": NUMBERS, "gain": {"value": 0.1, "low": 0.0, "high": 0.2}}
    ],
    "cautions": ["Classes are <b>unequal</b>."],
}


@pytest.fixture
def repository(tmp_path, images):
    """A model, and a repository whose dvc.lock says that the scores are of it."""
    folder, root = images(), tmp_path / "repository"
    scores = root / "metrics" / "pets" / "test.json"
    scores.parent.mkdir(parents=True)
    scores.write_text(json.dumps(SCORES))
    model = {"path": "data/models/pets", "md5": folder_md5(folder)}
    result = {"path": "metrics/pets/test.json", "md5": hashlib.md5(scores.read_bytes()).hexdigest()}
    params = {"params.yaml": {"pipelines.pets.source": {"dataset": "mnist"}, "seed": 0}}
    stages = {
        "prepare@pets": {"cmd": "x", "params": params},
        "train@pets": {"cmd": "x", "outs": [model]},
        "evaluate@pets": {"cmd": "x", "deps": [model], "outs": [result]},
    }
    (root / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))
    return folder, root


def test_a_card_is_what_the_hub_reads(repository):
    from huggingface_hub import ModelCard

    folder, root = repository
    text, missing = model_card(folder, "cc-by-sa-4.0", root)
    card = ModelCard(text)
    assert missing == ()
    assert (card.data.license, card.data.pipeline_tag, card.data.datasets) == (
        "cc-by-sa-4.0", "image-classification", ["mnist"],
    )  # fmt: skip
    (result,) = card.data.eval_results
    assert (result.metric_type, result.metric_value, result.dataset_split) == ("accuracy", 0.9, "test")
    assert r"0.9000 \[0.8000, 0.9500\]" in text
    assert "0.8900, 0.9100" in text
    assert r"majority \| class" in text
    assert "CC BY-SA 3.0" in text  # of the data, from the catalogue
    assert "<b>" not in text


def test_scores_of_other_weights_are_left_out(repository, images):
    folder, root = repository
    (folder / "weights.safetensors").write_bytes((images("other", hidden_size=5) / "weights.safetensors").read_bytes())
    assert "accuracy" in model_card(folder, root=root)[0]  # the same draws give the same weights
    scores = root / "metrics" / "pets" / "test.json"
    scores.write_text(scores.read_text().replace("0.9", "0.99"))
    text, missing = model_card(folder, root=root)
    assert "None are known of these weights." in text
    assert [each.split(" are not")[0] for each in missing[:1]] == ["Scores"]
    text, missing = model_card(images("third", hidden_size=6), root=root)
    assert [each.split(" are not")[0] for each in missing[:2]] == ["Params and data", "Scores"]


def test_a_folder_for_upload_is_whole_and_never_the_models_own(repository, tmp_path):
    folder, root = repository
    export_folder(folder, tmp_path / "out", root=root)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"README.md", "meta.json", "model.json", "weights.safetensors"}
    assert folder_md5(folder) != folder_md5(tmp_path / "out")
    for place in (folder, folder / "inside"):
        with pytest.raises(KassandraError, match="an output of `train` that DVC would find changed"):
            export_folder(folder, place, root=root)
    with pytest.raises(KassandraError, match="--license: 'Mine!' is no name of a licence"):
        model_card(folder, "Mine!", root)


def test_a_data_card_has_no_path_and_no_markup():
    findings = Findings({"pair": "text → label", "source": "/srv/mine/x.csv"}, warnings=["3 rows hold <script>"])
    findings.tables.append(Grid("labels", [{"label": "a|b", "train": "3"}]))
    section = {"input": "text", "target": "label", "source": {"path": "/srv/mine/x.csv"}}
    card = data_card("mine", section, findings)
    assert yaml.safe_load(card.split("---\n")[1])["pretty_name"] == "mine"
    assert "/srv/mine" not in card
    assert "<script>" not in card
    assert r"| a\|b | 3 |" in card


def test_a_fence_is_longer_than_any_inside():
    assert markdown.fenced("```\ncode").startswith("````\n")
