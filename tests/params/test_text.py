"""Sections of params.yaml for texts: what they take, what is refused, and what is said of it."""

import re
from itertools import product

import pytest
from kassandra.params.tasks.language import LanguagePrepare, LanguageTrain
from kassandra.params.tasks.sentiment import SentimentPrepare, SentimentTrain, TextSource

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import check
from kassandra.contracts.spec import ModelSpec
from kassandra.params.sections.model import ModelParams, ReaderParams, TokenParams, WriterParams, params_for
from kassandra.params.sections.pipeline import pipeline_of

COMMON = {"variant", "cell", "hidden_size", "dropout"}
TOKENS = COMMON | {"embedding_size", "embedding_dropout", "word_dropout", "weight_dropout"}
READERS = TOKENS | {"pretrain"}
WRITERS = TOKENS | {"tied", "samples"}
# What each variant uses beyond those, written out here a second time.
READS = {
    "vanilla": {"readout"},
    "stacked": {"readout", "num_layers", "bidirectional"},
    "bidirectional": {"readout", "num_layers"},
    "attention": {"attention", "num_layers", "bidirectional"},
}
WRITES = {"vanilla": set(), "stacked": {"num_layers"}}
VALUES = {
    "cell": "gru", "hidden_size": 5, "dropout": 0.5, "embedding_size": 7, "embedding_dropout": 0.1, "word_dropout": 0.2,
    "weight_dropout": 0.3, "readout": "concat", "num_layers": 3, "bidirectional": True, "attention": {"kind": "dot"},
    "tied": True, "samples": 9, "pretrain": {"epochs": 1},
}  # fmt: skip


def refused(kind, values, text, where="model"):
    with pytest.raises(KassandraError, match=f"^{re.escape(text)}$"):
        check(kind, values, where)


def test_the_tables_here_name_every_key():
    assert {"variant", *VALUES} == set(ReaderParams.model_fields) | set(WriterParams.model_fields)
    assert set(ReaderParams.model_fields) ^ set(WriterParams.model_fields) == {"tied", "samples", "pretrain"}


@pytest.mark.parametrize(
    ("kind", "variant", "key"),
    [
        *product([ReaderParams], READS, [key for key in VALUES if key in ReaderParams.model_fields]),
        *product([WriterParams], WRITES, [key for key in VALUES if key in WriterParams.model_fields]),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__[:6],
)
def test_keys_of_a_variant(kind, variant, key):
    values = {"variant": variant, key: VALUES[key]}
    uses = READERS | READS[variant] if kind is ReaderParams else WRITERS | WRITES[variant]
    if key in uses:
        params = check(kind, values, "model")
        assert params.model_dump(exclude_unset=True)[key] == VALUES[key]
        assert set(params.used()) == uses
    elif kind is WriterParams and key == "bidirectional":
        refused(
            kind, values, "model: 'bidirectional' lets each step see later ones, which are what a language model is "
            "asked for; choose variant 'vanilla' or 'stacked'",
        )  # fmt: skip
    else:
        refused(kind, values, f"model: variant {variant!r} does not use {key!r}; it uses {sorted(uses)}")


def test_what_cannot_be_trained_before():
    """A layer above a bidirectional one reads what is to be told."""
    values = {"variant": "bidirectional", "pretrain": {}}
    assert check(ReaderParams, values, "model").pretrain.epochs > 0
    with pytest.raises(KassandraError, match=r"^model: 'pretrain' cannot be done for several bidirectional layers, "):
        check(ReaderParams, values | {"num_layers": 2}, "model")


def test_models_that_read_numbers_have_no_words():
    for key in TOKENS - COMMON:
        with pytest.raises(KassandraError, match=rf"^model: unknown key '{key}'; known keys are"):
            check(ModelParams, {"variant": "vanilla", key: VALUES[key]}, "model")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (
            {"variant": "bidirectional"},
            "model: 'bidirectional' lets each step see later ones, which are what a language model is asked for; "
            "choose variant 'vanilla' or 'stacked'",
        ),
        (
            {"variant": "stacked", "bidirectional": True},
            "model: 'bidirectional' lets each step see later ones, which are what a language model is asked for; "
            "choose variant 'vanilla' or 'stacked'",
        ),
        (
            {"variant": "attention", "attention": {"kind": "dot"}},
            "model: variant 'attention' sums up a whole sequence, but a language model answers at each step; "
            "choose variant 'vanilla' or 'stacked'",
        ),
        ({"variant": "vanila"}, "model.variant: 'vanila' is not one of 'vanilla' or 'stacked'"),
        (
            {"variant": "vanilla", "readout": "max"},
            f"model: variant 'vanilla' does not use 'readout'; it uses {sorted(WRITERS)}",
        ),
        (
            {"variant": "stacked", "num_layers": 1},
            "model: variant 'stacked' needs 'num_layers' ≥ 2, got 1; one layer is 'vanilla'",
        ),
        ({"variant": "vanilla", "samples": 0}, "model.samples: 0 must be ≥ 1"),
        ({"variant": "vanilla", "tied": 1}, "model.tied: expected true or false, got 1"),
    ],
)
def test_what_no_language_model_can_be(values, text):
    refused(WriterParams, values, text)


def test_both_of_a_stack_and_two_by_default():
    assert WriterParams(variant="stacked").num_layers == 2
    assert WriterParams(variant="stacked", num_layers=3).num_layers == 3
    assert ReaderParams(variant="bidirectional").bidirectional


@pytest.mark.parametrize("key", ["dropout", "embedding_dropout", "word_dropout", "weight_dropout"])
@pytest.mark.parametrize(("value", "rule"), [(1.0, "< 1.0"), (-0.1, "≥ 0.0")], ids=str)
def test_probabilities(key, value, rule):
    refused(TokenParams, {"variant": "vanilla", key: value}, f"model.{key}: {value} must be {rule}")


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        (ModelSpec("many_to_one", 10, features=28), ModelParams),
        (ModelSpec("many_to_one", 2, vocab_size=99), ReaderParams),
        (ModelSpec("many_to_many", 99, vocab_size=99), WriterParams),
    ],
    ids=["images", "texts", "language"],
)
def test_which_section_a_task_has(spec, kind):
    assert params_for(spec) is kind


@pytest.mark.parametrize(("task", "kind"), [("sentiment", ReaderParams), ("language", WriterParams)])
def test_a_pipeline(task, kind):
    section = {"task": task, "source": {"path": "mine"}, "prepare": {}, "model": {"variant": "vanilla"}, "train": {}}
    pipeline = check(pipeline_of(task), section, "pipelines.mine")
    assert type(pipeline.model) is kind
    with pytest.raises(KassandraError, match=r"^pipelines.mine.train: unknown key 'batch_sise'; known keys are \[.*"):
        check(pipeline_of(task), section | {"train": {"batch_sise": 3}}, "pipelines.mine")


@pytest.mark.parametrize(
    ("kind", "values", "text"),
    [
        (
            TextSource,
            {"dataset": "imdb", "text": "review"},
            "x: 'text' and 'label' name columns of your own file; a 'dataset' knows its own",
        ),
        (
            TextSource,
            {"text": "review"},
            "x: give either 'dataset' (an entry of the catalogue) or 'path' (your own data)",
        ),
        (
            SentimentPrepare,
            {"tokens": "unigram", "min_frequency": 2},
            "x: tokens 'unigram' does not use 'min_frequency'; 'words' and 'bpe' do",
        ),
        (SentimentPrepare, {"tokens": "letters"}, "x.tokens: 'letters' is not one of 'words', 'bpe' or 'unigram'"),
        (SentimentPrepare, {"max_length": 1}, "x.max_length: 1 must be ≥ 2"),
        (SentimentPrepare, {"keep": "middle"}, "x.keep: 'middle' is not one of 'start', 'end' or 'ends'"),
        (SentimentPrepare, {"vocab_size": 2.5}, "x.vocab_size: expected a whole number, got 2.5"),
        (SentimentTrain, {"label_smoothing": 1}, "x.label_smoothing: 1 must be < 1.0"),
        (SentimentTrain, {"batch_tokens": 0}, "x.batch_tokens: 0 must be ≥ 1"),
        (
            LanguagePrepare,
            {"tokens": "characters", "vocab_size": 99},
            "x: tokens 'characters' does not use 'vocab_size': every character of train is kept",
        ),
        (LanguagePrepare, {"tokens": "words", "vocab_size": 3}, "x.vocab_size: 3 must be ≥ 4"),
        (LanguagePrepare, {"test_fraction": 1}, "x.test_fraction: 1 must be < 1.0"),
        (LanguageTrain, {"window": 1}, "x.window: 1 must be ≥ 2"),
        (LanguageTrain, {"activation_regularisation": -1}, "x.activation_regularisation: -1 must be ≥ 0.0"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)  # fmt: skip
def test_mistakes(kind, values, text):
    refused(kind, values, text, "x")


def test_what_is_said_of_an_unused_key_is_not_said_of_a_default():
    assert SentimentPrepare(tokens="unigram").min_frequency == 2
    assert LanguagePrepare(tokens="words").vocab_size is None
