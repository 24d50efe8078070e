"""Models that tag: padding and other rows of a batch never matter, letters do, and what members answer together."""

import json

import numpy as np
import pytest
import torch

import kassandra
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spans import follows, spans
from kassandra.inputs.text.train.words import Letters
from kassandra.lstm.letters import _shortened
from tests.trained import save_members
from tests.untrained import TAGGER, save_untrained, shaken

pytestmark = pytest.mark.slow

SENTENCES = ["fly to New York", "york", "to Nottelfloy " * 9, "fly x"]
MODELS = {
    "words alone": {"variant": "vanilla"},
    "letters": {"variant": "bidirectional", "letters": {"embedding_size": 3, "hidden_size": 4, "longest": 6}},
    "chain": {"variant": "stacked", "crf": True, "letters": {"embedding_size": 3, "hidden_size": 4}},
}


@pytest.fixture(params=MODELS)
def folder(request, tmp_path):
    return save_untrained(tmp_path / "model", "text", "tags", TAGGER, shaken, **MODELS[request.param])


def test_a_sentence_alone_is_the_sentence_in_a_batch(folder):
    model = kassandra.load(folder)
    (batch,) = model.of_members(model.pair.own(SENTENCES))
    for row, sentence in enumerate(SENTENCES):
        (alone,) = model.of_members(model.pair.own(sentence))
        assert alone.tags == [batch.tags[row]]
        np.testing.assert_allclose(alone.log_probabilities[0], batch.log_probabilities[row], atol=1e-5)
        np.testing.assert_allclose(np.exp(alone.log_probabilities[0]).sum(1), 1, atol=1e-5)


def test_every_step_has_a_tag_that_may_stand_there(folder):
    for model in (kassandra.load(folder), kassandra.load(save_members(folder.with_name("three"), folder))):
        for sentence, predicted in zip(SENTENCES, model.predict(SENTENCES), strict=True):
            tags = predicted.tags
            assert len(tags) == len(sentence.split()) == len(predicted.probabilities)
            assert all(follows(before, tag) for before, tag in zip([None, *tags], tags, strict=False))
            assert predicted.spans == spans(tags)
            assert len(predicted.members) == len(model.models)


def test_together_is_the_mean_of_probabilities(folder):
    model = kassandra.load(save_members(folder.with_name("three"), folder))
    members = model.of_members(model.pair.own(SENTENCES))
    joint = model.together(members)
    for row, rows in enumerate(joint.log_probabilities):
        mean = np.mean([np.exp(each.log_probabilities[row]) for each in members], axis=0)
        np.testing.assert_allclose(np.exp(rows), mean, atol=1e-5)
    assert model.members[0].of_members(model.pair.own("york"))[0].tags == [members[0].tags[1]]


@pytest.mark.parametrize(("name", "differs"), [("words alone", False), ("letters", True)])
def test_unknown_words_differ_by_their_letters(tmp_path, name, differs):
    model = kassandra.load(save_untrained(tmp_path / "m", "text", "tags", TAGGER, shaken, **MODELS[name]))
    (outputs,) = model.of_members(model.pair.own(["eel", "toe"]))
    assert np.allclose(*outputs.log_probabilities) is not differs


def test_the_letters_of_long_words():
    letters = Letters(TAGGER["alphabet"])
    words = ["to", "notfey", "nottelfloy", "yttttttttttn"]
    whole, _ = letters.encode(words, 64).padded(np.arange(4))
    short, _ = letters.encode(words, 5).padded(np.arange(4))
    assert _shortened(torch.from_numpy(whole), 5).tolist() == short.tolist()


def test_what_is_no_sentence(folder):
    model = kassandra.load(folder)
    for given in ("", ["to", ""], [["to", 3]], [[]]):
        with pytest.raises(KassandraError, match=r"sentence \d: expected some words"):
            model.predict(given)


def test_as_the_command_prints_it(folder, kassandra_command, tmp_path):
    out = kassandra_command("predict", folder, "fly to <b>York", "--json", "--html", tmp_path / "page.html")
    row = json.loads(out)
    assert row["steps"] == ["fly", "to", "<b>York"]
    assert "&lt;b&gt;York" in (tmp_path / "page.html").read_text()
    assert "<b>York" not in (tmp_path / "page.html").read_text()
    table = kassandra_command("predict", folder, "fly to york").splitlines()
    assert table[0] == "sequence,step,text,tag,probability"
    assert len(table) == 4


@pytest.fixture
def kassandra_command(monkeypatch, capsys):
    from kassandra.cli import main

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["kassandra", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        return capsys.readouterr().out

    return run
