"""A model that translates put to use: the same words every time, alone or among others, and where it looked."""

import numpy as np
import pytest
import torch

import kassandra
from kassandra.contracts.artifacts import read_arrays
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.targets.text.evaluate.predict import Predictor as TextPredictor

pytestmark = pytest.mark.slow
SENTENCES = ["I am here.", "Where is my book, and who has taken it?", "Go!", "zzzz ßß"]


@pytest.fixture(scope="module")
def translator(trained_translator):
    return kassandra.load(trained_translator)


def test_load_says_what_it_is(translator):
    assert type(translator) is TextPredictor
    assert not translator.models[0].training
    assert translator.meta["languages"] == {"source": "en", "target": "fr"}


@pytest.mark.parametrize("beam", [1, 5])
def test_a_sentence_alone_is_the_sentence_among_others_and_again(translator, beam):
    together = translator.translate(SENTENCES, beam)
    assert [one.text for one in translator.translate(SENTENCES, beam)] == [one.text for one in together]
    for sentence, one in zip(SENTENCES, together, strict=True):
        (alone,) = translator.translate([sentence], beam)
        assert (alone.text, alone.pieces, alone.source_pieces) == (one.text, one.pieces, one.source_pieces)
        assert alone.log_probability == pytest.approx(one.log_probability, abs=1e-4)
        np.testing.assert_allclose(alone.alignment, one.alignment, atol=1e-5)
    assert translator.translate([]) == []


def test_text_pieces_and_alignment_belong_together(translator):
    for one in translator.translate(SENTENCES):
        assert one.source_pieces[-1] == "</s>"
        assert one.alignment.shape == (len(one.pieces), len(one.source_pieces))
        np.testing.assert_allclose(one.alignment.sum(1), 1, atol=1e-5)
        written = "".join(one.pieces).removesuffix("</s>").replace("▁", " ").strip()
        assert written.split() == one.text.split()
        assert "<" not in one.text
        assert len(one.pieces) <= 2 * len(one.source_pieces) + 10


def test_a_split_is_translated_in_its_order(translator, prepared_tatoeba):
    split = translator.pair.read(prepared_tatoeba / "test.npz")
    translations = translator.outputs(split)
    arrays = read_arrays(prepared_tatoeba / "test.npz")
    sources = Ragged(arrays["source_text"], arrays["source_text_offsets"]).texts()
    assert [one.text for one in translations] == [one.text for one in translator.translate(sources)]
    assert len(translations) == len(split.targets.references)


def test_the_log_probability_is_that_of_the_model(translator):
    (one,) = translator.translate(SENTENCES[:1])
    source = translator.pair.own(SENTENCES[:1])
    ((_, batch),) = translator.pair.numbered_batches(source)
    ids = torch.tensor([[translator.pair.target.tokenizer.token_to_id(piece) for piece in one.pieces]])
    with torch.no_grad():
        losses = translator.models[0].losses(batch.inputs, batch.lengths, ids)
    assert one.log_probability == pytest.approx(-losses.sum().item(), rel=1e-5)


def test_one_sentence_is_a_list_of_one(translator):
    assert translator.translate("I am here.")[0].text == translator.translate(["I am here."])[0].text
    assert len(translator.translate("I am here.")) == 1


def test_without_alignments_the_rest_is_the_same(translator):
    with_them, without = translator.translate(SENTENCES), translator.translate(SENTENCES, alignments=False)
    assert [one._replace(alignment=None) for one in with_them] == without


def test_not_utf_8(translator):
    with pytest.raises(KassandraError, match=r"^text 2: not UTF-8: 'Caf\\udce9'$"):
        translator.translate(["fine", "Caf\udce9"])


@pytest.mark.parametrize("bad", [[""], ["fine", " "], [3]])
def test_no_sentence(translator, bad):
    with pytest.raises(KassandraError, match=r"^text \d: expected some words, got "):
        translator.translate(bad)


@pytest.mark.parametrize(("beam", "length_penalty"), [(0, 1.0), (5, -0.1), (5, float("nan")), (5, float("inf"))])
def test_numbers_out_of_range(translator, beam, length_penalty):
    with pytest.raises(KassandraError, match=r"^expected beam ≥ 1 and 0 ≤ length_penalty < ∞, got "):
        translator.translate(["Hi."], beam, length_penalty)
