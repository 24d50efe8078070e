"""Which variant takes which key."""

import re
from itertools import product

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.model_params import ModelParams
from kassandra.contracts.section import check

# Written out here a second time, from the issue: the keys that each variant uses beyond those that all use.
COMMON = {"variant", "cell", "hidden_size", "dropout"}
USED = {
    "vanilla": {"readout"},
    "stacked": {"readout", "num_layers", "bidirectional"},
    "bidirectional": {"readout", "num_layers"},
    "attention": {"attention", "num_layers", "bidirectional"},
}
VALUES = {"readout": "max", "num_layers": 3, "bidirectional": True, "attention": {"kind": "dot"}}


def test_the_tables_here_name_every_key():
    assert COMMON | set(VALUES) == set(ModelParams.model_fields)


@pytest.mark.parametrize(("variant", "key"), list(product(USED, VALUES)))
def test_keys_of_a_variant(variant, key):
    values = {"variant": variant, key: VALUES[key]}
    if key in USED[variant]:
        assert check(ModelParams, values, "model").model_dump(exclude_unset=True)[key] == VALUES[key]
    else:
        known = sorted(COMMON | USED[variant])
        text = f"model: variant {variant!r} does not use {key!r}; it uses {known}"
        with pytest.raises(KassandraError, match=f"^{re.escape(text)}$"):
            check(ModelParams, values, "model")


@pytest.mark.parametrize(("variant", "cell"), list(product(USED, ["lstm", "gru", "rnn"])))
def test_keys_of_every_variant(variant, cell):
    params = check(ModelParams, {"variant": variant, "cell": cell, "hidden_size": 5, "dropout": 0.5}, "model")
    assert (params.cell, params.hidden_size, params.dropout) == (cell, 5, 0.5)


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
