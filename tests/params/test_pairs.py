"""Sections of params.yaml for translation: what they take, what is refused, and what is said of it."""

import re

import pytest
from kassandra.params.tasks.translation import TranslationPrepare, TranslationSource, TranslationTrain

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import check
from kassandra.contracts.spec import BOS, BOUNDS, EOS, PAD, SPECIAL, UNK, ModelSpec
from kassandra.params.sections.model import Decoder, TranslatorParams, params_for
from kassandra.params.sections.pipeline import pipeline_of

SMALLEST = {"task": "translation", "source": {"path": "pairs.tsv"}, "prepare": {}, "train": {}}


def refused(kind, values, text, where):
    with pytest.raises(KassandraError, match=f"^{re.escape(text)}$"):
        check(kind, values, where)


def test_a_section_with_defaults_alone():
    params = check(pipeline_of("translation"), SMALLEST | {"model": {"variant": "vanilla"}}, "pipelines.mine")
    assert params.model.decoder == Decoder(attention="additive", input_feeding=True, tied=True)
    assert isinstance(params.model, params_for(ModelSpec("encoder_decoder", 9, vocab_size=9)))


def test_every_encoder_may_read():
    for variant in ("vanilla", "stacked", "bidirectional", "attention"):
        params = check(TranslatorParams, {"variant": variant, "reverse_source": True}, "model")
        assert {"decoder", "reverse_source", "embedding_size"} <= set(params.used())
    assert check(TranslatorParams, {"variant": "stacked", "bidirectional": True}, "model").num_layers == 2


def test_saved_params_are_read_again():
    for decoder in ({"attention": "none"}, {"attention": "dot", "hidden_size": 8}, {"attention_size": 5}, {}):
        params = check(TranslatorParams, {"variant": "bidirectional", "hidden_size": 4, "decoder": decoder}, "model")
        assert check(TranslatorParams, params.used(), "model") == params


@pytest.mark.parametrize("kind", ["dot", "general", "none"])
def test_the_additive_layer_alone_has_a_size(kind):
    where = "pipelines.x.model"
    text = f"attention {kind!r} does not use 'attention_size'; only 'additive' does"
    values = {"variant": "vanilla", "decoder": {"attention": kind, "attention_size": 5}}
    refused(TranslatorParams, values, f"{where}.decoder: {text}", where)


def test_without_attention_nothing_is_fed():
    params = check(TranslatorParams, {"variant": "vanilla", "decoder": {"attention": "none"}}, "model")
    assert params.decoder.input_feeding is False
    values = {"variant": "vanilla", "decoder": {"attention": "none", "input_feeding": True}}
    refused(
        TranslatorParams,
        values,
        "model.decoder: attention 'none' has nothing to feed; leave 'input_feeding' out",
        "model",
    )


def test_an_unknown_attention_lists_those_there_are():
    with pytest.raises(KassandraError, match=r"^model.decoder.attention: 'luong' is not one of 'additive', 'dot'"):
        check(TranslatorParams, {"variant": "vanilla", "decoder": {"attention": "luong"}}, "model")


@pytest.mark.parametrize("pair", ["de-en", "zh_CN-en", "en-fr"])
def test_a_pair_of_languages(pair):
    assert check(TranslationSource, {"path": "x", "pair": pair}, "source").pair == pair


@pytest.mark.parametrize("pair", ["de", "de-en-fr", "-en", "de en", "../x-en"])
def test_what_is_no_pair_of_languages(pair):
    with pytest.raises(KassandraError, match=r"^source.pair: "):
        check(TranslationSource, {"path": "x", "pair": pair}, "source")


def test_min_frequency_is_of_bpe():
    assert check(TranslationPrepare, {"min_frequency": 5}, "prepare").min_frequency == 5
    text = "prepare: tokens 'unigram' does not use 'min_frequency'; 'bpe' does"
    refused(TranslationPrepare, {"min_frequency": 5, "tokens": "unigram"}, text, "prepare")


@pytest.mark.parametrize(
    ("kind", "key", "bad"),
    [
        (TranslationPrepare, "vocab_size", 31), (TranslationPrepare, "max_length", 1), (TranslationPrepare, "max_ratio",
        1.0), (TranslationPrepare, "limit", 99), (TranslationPrepare, "test_fraction", 1.0), (TranslationTrain,
        "batch_tokens", 0), (TranslationTrain, "label_smoothing", 1.0),
    ],
)  # fmt: skip
def test_values_out_of_range(kind, key, bad):
    with pytest.raises(KassandraError, match=f"^here.{key}: {bad} must be "):
        check(kind, {key: bad}, "here")


def test_ids_that_have_a_meaning_are_the_places_of_their_names():
    names = SPECIAL + BOUNDS
    assert [names[number] for number in (PAD, UNK, BOS, EOS)] == ["<pad>", "<unk>", "<s>", "</s>"]
