"""Which variant takes which key, whatever is read and predicted."""

import re

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import check
from tests.params.pairs import PAIRS, section

# Written out here a second time: the keys that all variants use, that each uses beyond them, and that kinds add.
COMMON = {"variant": "vanilla", "cell": "gru", "hidden_size": 5, "dropout": 0.5}
OF_VARIANTS = {"readout": "max", "num_layers": 3, "bidirectional": True, "attention": {"kind": "dot", "size": None}}
USED = {
    "vanilla": {"readout"},
    "stacked": {"readout", "num_layers", "bidirectional"},
    "bidirectional": {"readout", "num_layers"},
    "attention": {"attention", "num_layers", "bidirectional"},
}
CAUSAL = {"vanilla": set(), "stacked": {"num_layers"}}
STEPWISE = {name: keys - {"readout"} for name, keys in USED.items() if name != "attention"}
OF_TARGETS = {
    "next": CAUSAL,
    "tags": STEPWISE,
    "transcript": STEPWISE,
    "gap": STEPWISE,
}  # others take all variants and keys
TOKENS = {"embedding_size": 3, "embedding_dropout": 0.25, "word_dropout": 0.25, "weight_dropout": 0.25}
ADDED = {
    ("text", "label"): TOKENS | {"pretrain": None, "linear": False},
    ("text", "next"): TOKENS | {"tied": True, "samples": 7},
    ("text", "text"): TOKENS | {"decoder": {"attention": "none"}, "reverse_source": True},
    ("images", "text"): TOKENS | {"decoder": {"attention": "none"}, "reverse_source": True, "recurrent": True},
    ("text", "tags"): TOKENS | {"crf": True, "letters": {"embedding_size": 3, "hidden_size": 4, "longest": 9}},
    ("series", "label"): {"linear": False},
    ("series", "forecast"): {"head": "point", "linear": True},
    ("series", "tags"): {"crf": True},
    ("series", "gap"): {"head": "point", "edges": "past"},
    ("audio", "transcript"): {"decoder": {"beam": 1}},
}
ADDED |= {pair: ADDED.get((pair[0], "label"), {}) | {"head": "point"} for pair in PAIRS if pair[1] == "number"}
VARIANTS = [(pair, variant) for pair in PAIRS for variant in OF_TARGETS.get(pair[1], USED)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pair", "variant"), VARIANTS, ids=lambda part: part if isinstance(part, str) else "-".join(part)
)
def test_keys_of_a_variant(pair, variant):
    kind, added = section(*pair, "model"), ADDED.get(pair, {})
    used = COMMON.keys() | added.keys() | OF_TARGETS.get(pair[1], USED)[variant]
    assert set(kind.model_fields) == COMMON.keys() | OF_VARIANTS.keys() | added.keys()
    values = COMMON | added | {key: value for key, value in OF_VARIANTS.items() if key in used} | {"variant": variant}
    params = check(kind, values, "model")
    read = params.used() | {"decoder": values.get("decoder")}  # whose own keys are tested below
    assert {key: read[key] for key in values} == values
    assert set(params.used()) == used
    assert check(kind, params.used(), "model") == params  # as a saved model is read again
    for key in OF_VARIANTS.keys() - used:
        text = f"model: variant {variant!r} does not use {key!r}; it uses {sorted(used)}"
        if pair[1] == "next" and key == "bidirectional":
            text = f"model: {SEES_AHEAD}"
        with pytest.raises(KassandraError, match=f"^{re.escape(text)}$"):
            check(kind, {"variant": variant, key: OF_VARIANTS[key]}, "model")


SEES_AHEAD = (
    "'bidirectional' lets each step see later ones, which a language model has to predict; "
    "choose one of ['stacked', 'vanilla']"
)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"variant": "bidirectional"}, SEES_AHEAD),
        ({"variant": "stacked", "bidirectional": True}, SEES_AHEAD),
        (
            {"variant": "attention"},
            "variant 'attention' sums up a whole sequence, but a language model predicts at each step; "
            "choose one of ['stacked', 'vanilla']",
        ),
    ],
    ids=["variant", "key", "attention"],
)
def test_a_language_model_may_not_see_ahead(values, text):
    with pytest.raises(KassandraError, match=f"^{re.escape(f'model: {text}')}$"):
        check(section("text", "next", "model"), values, "model")


def test_tags_are_read_from_the_outputs_of_steps():
    text = "variant 'attention' differs in its summary of a sequence alone, and tags are read from the outputs of its "
    text += "steps; choose one of ['bidirectional', 'stacked', 'vanilla']"
    with pytest.raises(KassandraError, match=f"^{re.escape(f'model: {text}')}$"):
        check(section("text", "tags", "model"), {"variant": "attention"}, "model")


@pytest.mark.parametrize(
    ("variant", "layers", "both"),
    [("vanilla", 1, False), ("stacked", 2, False), ("bidirectional", 1, True), ("attention", 1, False)],
)
def test_what_a_name_implies(variant, layers, both):
    for pair in (pair for pair, one in VARIANTS if one == variant):
        params = check(section(*pair, "model"), {"variant": variant}, "model")
        assert (params.num_layers, params.bidirectional) == (layers, both)
        assert check(type(params), params.used(), "model") == params


def test_unused_even_where_it_is_the_default(refused):
    refused(
        "pipelines.mine.model: variant 'vanilla' does not use 'num_layers'; "
        "it uses ['cell', 'dropout', 'hidden_size', 'readout', 'variant']",
        model="variant: vanilla, num_layers: 1",
    )


@pytest.mark.parametrize(
    ("keys", "text"),
    [
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
    variants = "'attention', 'bidirectional', 'stacked' or 'vanilla'"
    with pytest.raises(KassandraError, match=rf"^pipelines.mine.model.variant: .* is not one of {variants}$"):
        read(model=f"variant: {variant}")


def test_several_bidirectional_layers_cannot_be_pretrained():
    """A layer above a bidirectional one reads what is to be predicted."""
    kind, values = section("text", "label", "model"), {"variant": "bidirectional", "pretrain": {}}
    assert check(kind, values, "model").pretrain.epochs > 0
    with pytest.raises(KassandraError, match=r"^model: 'pretrain' cannot be done for several bidirectional layers, "):
        check(kind, values | {"num_layers": 2}, "model")


@pytest.mark.parametrize(
    ("decoder", "text"),
    [
        (
            {"attention": "dot", "attention_size": 5},
            ": attention 'dot' does not use 'attention_size'; only 'additive' does",
        ),
        (
            {"attention": "none", "attention_size": 5},
            ": attention 'none' does not use 'attention_size'; only 'additive' does",
        ),
        (
            {"attention": "none", "input_feeding": True},
            ": attention 'none' has nothing to feed; leave 'input_feeding' out",
        ),
        ({"attention": "luong"}, ".attention: 'luong' is not one of 'additive', 'dot', 'general' or 'none'"),
    ],
)
def test_mistakes_of_a_decoder(decoder, text):
    with pytest.raises(KassandraError, match=f"^model.decoder{re.escape(text)}$"):
        check(section("text", "text", "model"), {"variant": "vanilla", "decoder": decoder}, "model")


def test_dot_compares_equal_sizes():
    kind, values = section("text", "text", "model"), {"variant": "bidirectional", "hidden_size": 4}
    assert check(kind, values | {"decoder": {"attention": "dot", "hidden_size": 8}}, "model").decoder.hidden_size == 8
    with pytest.raises(KassandraError, match=r"^model: decoder.attention: 'dot' compares the encoder's 8 numbers per"):
        check(kind, values | {"decoder": {"attention": "dot"}}, "model")
    assert check(kind, {"variant": "vanilla", "decoder": {"attention": "none"}}, "model").decoder.input_feeding is False
