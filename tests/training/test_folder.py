"""What is saved is loaded again, for every variant and target; and what 0.1.0 has saved."""

import json

import pytest
import torch

from kassandra.contracts.artifacts import write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.params.sections.model import Model
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.training.folder import build, load
from tests.trained import save

COMBINED = {"variant": "attention", "num_layers": 2, "bidirectional": True, "attention": {"kind": "dot"}}
NUMBERS, TOKENS, CHARACTERS = ModelSpec(3, features=5), ModelSpec(3, vocab_size=11), ModelSpec(11, vocab_size=11)
DROPOUT = {"embedding_size": 5, "embedding_dropout": 0.5, "weight_dropout": 0.5}
CASES = [
    *(("images", "label", NUMBERS, {"variant": variant}) for variant in Model.USES),
    ("images", "label", NUMBERS, COMBINED),
    *(("text", "label", TOKENS, {"variant": variant, **DROPOUT}) for variant in Model.USES),
    *(
        ("text", "next", ModelSpec(11, vocab_size=11), {"variant": variant, **DROPOUT})
        for variant in ("vanilla", "stacked")
    ),
    ("series", "forecast", ModelSpec(4, features=5, steps=13), {"variant": "vanilla", "linear": True}),
    ("text", "text", ModelSpec(11, vocab_size=11, joint=True), {"variant": "bidirectional", **DROPOUT}),
]


def params_of(input, target, model):
    source = {"path": "mine", "time": "t", "target": "x"} if target == "forecast" else {"path": "mine"}
    section = {"input": input, "target": target, "source": source, "prepare": {}, "train": {}}
    return pipeline_of(input, target).model_validate(section | {"model": {"hidden_size": 7, **model}})


def answers(model, spec):
    """What a model gives for fixed inputs."""
    generator = torch.Generator().manual_seed(0)
    if not spec.vocab_size:
        return model(torch.randn(2, 13, 5, generator=generator), None)  # (batch, time, features)
    ids = torch.randint(4, 11, (2, 13), generator=generator)  # (batch, time)
    if hasattr(model, "decoder"):
        return model.losses(ids, None, ids)
    return model.logits(model(ids).outputs) if hasattr(model, "logits") else model(ids, None)


@pytest.mark.slow
@pytest.mark.parametrize(("input", "target", "spec", "given"), CASES, ids=str)
def test_a_saved_model_is_the_same_when_loaded(input, target, spec, given, tmp_path):
    params, meta = params_of(input, target, given), {"spec": spec.to_json()}
    model = build(target, meta, params.model).eval()
    save(tmp_path / "model", [model.state_dict()], meta, params, {"device": "cpu"})
    loaded = load(tmp_path / "model")
    assert torch.equal(answers(loaded.members[0], spec), answers(model, spec))
    assert type(loaded.members[0]) is type(model)
    assert (loaded.input, loaded.target, loaded.fingerprint) == (input, target, {"device": "cpu"})


@pytest.mark.parametrize(
    ("task", "architecture", "kind"),
    [
        ("images", "many_to_one", 0),
        ("sentiment", "many_to_one", 5),
        ("language", "many_to_many", 9),
        ("forecast", "many_to_one", 11),
        ("translation", "encoder_decoder", 12),
    ],
)
def test_a_folder_of_0_1_0_loads(task, architecture, kind, tmp_path):
    """Its meta.json says `task`, and model.json neither input nor target. Delete at 1.0, with kassandra/before."""
    input, target, spec, given = CASES[kind]
    params, meta = params_of(input, target, given), {"spec": spec.to_json()}
    model = build(target, meta, params.model).eval()
    save(tmp_path / "model", [model.state_dict()], meta, params, {"device": "cpu"})
    answer = "numbers" if task == "forecast" else "classes"
    old = {"task": task, "spec": {"architecture": architecture, "answers": answer, **spec.to_json()}}
    write_json(tmp_path / "model" / "meta.json", old, sealed=True)
    described = json.loads((tmp_path / "model" / "model.json").read_text())
    write_json(
        tmp_path / "model" / "model.json", {key: described[key] for key in ("model", "fingerprint")}, sealed=True
    )
    loaded = load(tmp_path / "model")
    assert (loaded.input, loaded.target) == (input, target)
    assert loaded.meta == meta
    assert torch.equal(answers(loaded.members[0], spec), answers(model, spec))


@pytest.mark.parametrize(
    "keys", [{"input": "smells"}, {"target": "../label"}, {"target": None}, {"model": []}], ids=str
)
def test_a_folder_of_no_kind_that_there_is(keys, tmp_path):
    params, meta = params_of(*CASES[0][:2], CASES[0][3]), {"spec": NUMBERS.to_json()}
    save(tmp_path, [build("label", meta, params.model).state_dict()], meta, params, {"device": "cpu"})
    described = json.loads((tmp_path / "model.json").read_text())
    del described["sha256"]
    write_json(tmp_path / "model.json", described | keys)
    with pytest.raises(KassandraError):
        load(tmp_path)
