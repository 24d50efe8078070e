"""Which variant takes which key, for images, for readers of texts and for their writers."""

import re
from itertools import product

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import check
from kassandra.params.sections.model import ModelParams, Pretrain, ReaderParams, WriterParams

# Written out here a second time: the keys that each variant uses beyond those that all use.
COMMON = {"variant", "cell", "hidden_size", "dropout"}
USED = {
    "vanilla": {"readout"},
    "stacked": {"readout", "num_layers", "bidirectional"},
    "bidirectional": {"readout", "num_layers"},
    "attention": {"attention", "num_layers", "bidirectional"},
}
CELLS = ["lstm", "gru", "rnn"]
VALUES = {"readout": "max", "num_layers": 3, "bidirectional": True, "attention": {"kind": "dot"}}
OF_TOKENS = {"embedding_size": 3, "embedding_dropout": 0.25, "word_dropout": 0.25, "weight_dropout": 0.25}
OF_READERS = {"pretrain": Pretrain(epochs=7)}
OF_WRITERS = {"tied": True, "samples": 7}
OF_SOME = OF_TOKENS | OF_READERS | OF_WRITERS
# Each class of params: what all of its variants use, and what each uses beyond that.
KINDS = {
    "images": (ModelParams, COMMON, USED),
    "reader": (ReaderParams, COMMON | set(OF_TOKENS) | set(OF_READERS), USED),
    "writer": (WriterParams, COMMON | set(OF_TOKENS) | set(OF_WRITERS), {"vanilla": set(), "stacked": {"num_layers"}}),
}
VARIANTS = [(kind, variant) for kind, (_, _, used) in KINDS.items() for variant in used]


@pytest.mark.parametrize("kind", KINDS)
def test_the_tables_here_name_every_key(kind):
    params, common, _ = KINDS[kind]
    assert common | set(VALUES) == set(params.model_fields)


@pytest.mark.parametrize(("kind", "variant", "key"), [(*pair, key) for pair, key in product(VARIANTS, VALUES)])
def test_keys_of_a_variant(kind, variant, key):
    params, common, used = KINDS[kind]
    values = {"variant": variant, key: VALUES[key]}
    if key in used[variant]:
        assert check(params, values, "model").model_dump(exclude_unset=True)[key] == VALUES[key]
    else:
        text = f"model: variant {variant!r} does not use {key!r}; it uses {sorted(common | used[variant])}"
        if kind == "writer" and key == "bidirectional":
            text = f"model: {SEES_AHEAD}"
        with pytest.raises(KassandraError, match=f"^{re.escape(text)}$"):
            check(params, values, "model")


@pytest.mark.parametrize(("kind", "variant", "cell"), [(*pair, cell) for pair, cell in product(VARIANTS, CELLS)])
def test_keys_of_every_variant(kind, variant, cell):
    params, common, used = KINDS[kind]
    values = {"variant": variant, "cell": cell, "hidden_size": 5, "dropout": 0.5}
    values |= {key: value for key, value in OF_SOME.items() if key in common}
    read = check(params, values, "model")
    assert {key: getattr(read, key) for key in values} == values
    assert set(read.used()) == common | used[variant]
    assert check(params, read.used(), "model") == read  # as a saved model is read again, what a name implies included


@pytest.mark.parametrize("key", OF_SOME)
def test_images_have_no_tokens(key):
    with pytest.raises(KassandraError, match=f"^model: unknown key '{key}'; known keys are "):
        check(ModelParams, {"variant": "vanilla", key: OF_SOME[key]}, "model")


SEES_AHEAD = (
    "'bidirectional' lets each step see later ones, which are what a language model is asked for; "
    "choose variant 'vanilla' or 'stacked'"
)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"variant": "bidirectional"}, SEES_AHEAD),
        ({"variant": "stacked", "bidirectional": True}, SEES_AHEAD),
        (
            {"variant": "attention"},
            "variant 'attention' sums up a whole sequence, but a language model answers at each step; "
            "choose variant 'vanilla' or 'stacked'",
        ),
    ],
    ids=["variant", "key", "attention"],
)
def test_a_language_model_may_not_see_ahead(values, text):
    with pytest.raises(KassandraError, match=f"^{re.escape(f'model: {text}')}$"):
        check(WriterParams, values, "model")


@pytest.mark.parametrize("kind", [ModelParams, ReaderParams])
@pytest.mark.parametrize(
    ("variant", "layers", "both"),
    [("vanilla", 1, False), ("stacked", 2, False), ("bidirectional", 1, True), ("attention", 1, False)],
)
def test_what_a_name_implies_in_every_class(kind, variant, layers, both):
    params = check(kind, {"variant": variant}, "model")
    assert (params.num_layers, params.bidirectional) == (layers, both)


def test_unused_even_where_it_says_the_default(refused):
    refused(
        "pipelines.mine.model: variant 'vanilla' does not use 'num_layers'; "
        "it uses ['cell', 'dropout', 'hidden_size', 'readout', 'variant']",
        model="variant: vanilla, num_layers: 1",
    )


def test_what_a_name_implies(read):
    assert read(model="variant: stacked")[0].model.num_layers == 2
    assert read(model="variant: bidirectional")[0].model.bidirectional
    assert read(model="variant: attention")[0].model.num_layers == 1
    assert not read(model="variant: attention")[0].model.bidirectional
    assert check(WriterParams, {"variant": "stacked"}, "model").num_layers == 2


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (
            "variant: attention, attention: {kind: dot, size: 3}",
            ".attention: kind 'dot' does not use 'size'; only 'additive' does",
        ),
        (
            "variant: attention, attention: {kind: general, size: 3}",
            ".attention: kind 'general' does not use 'size'; only 'additive' does",
        ),
        (
            "variant: stacked, num_layers: 1",
            ": variant 'stacked' needs 'num_layers' ≥ 2, got 1; one layer is 'vanilla'",
        ),
        ("cell: gru", ": key 'variant' is missing"),
    ],
)
def test_impossible_combinations(refused, keys, text):
    refused(f"pipelines.mine.model{text}", model=keys)


@pytest.mark.parametrize("variant", ["vanila", "Vanilla", "3", "null", "[vanilla]", "{vanilla: 1}"])
def test_unknown_variant(read, variant):
    variants = "'vanilla', 'stacked', 'bidirectional' or 'attention'"
    with pytest.raises(KassandraError, match=rf"^pipelines.mine.model.variant: .* is not one of {variants}$"):
        read(model=f"variant: {variant}")
