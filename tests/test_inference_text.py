"""Models of texts put to use: what they say, which words it came from, and what they write."""

import math
import shutil

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import kassandra
from kassandra.contracts.artifacts import read_arrays, read_json, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import PAD, UNK
from kassandra.targets.label.evaluate.predict import Predictor as LabelPredictor
from kassandra.targets.next.evaluate.predict import Predictor as NextPredictor
from kassandra.targets.next.evaluate.predict import draw
from tests.untrained import save_untrained

pytestmark = pytest.mark.slow

TEXTS = ["A wonderful book!", "boring", "I would not read it again, it is a waste of time and money. " * 5, "zzzz"]


@pytest.fixture(scope="module")
def reader(trained_reader):
    return kassandra.load(trained_reader)


@pytest.fixture(scope="module")
def writer(trained_writer):
    return kassandra.load(trained_writer)


def test_load_says_what_it_is(reader, writer):
    assert (type(reader), type(writer)) == (LabelPredictor, NextPredictor)
    assert not reader.models[0].training
    assert not writer.models[0].training


def test_predictions_of_texts(reader):
    found = reader.predict(TEXTS)
    for prediction in found:
        assert list(prediction.probabilities) == ["negative", "positive"]
        assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-12)
        assert prediction.probability == prediction.probabilities[prediction.label] >= 0.5
    assert reader.predict(TEXTS) == found
    assert reader.predict(TEXTS[0]) == reader.predict([TEXTS[0]])
    assert reader.predict([]) == []


def test_a_text_alone_is_the_text_among_others(reader):
    """PITFALLS 4."""
    together = [prediction.probability for prediction in reader.predict(TEXTS)]
    assert [reader.predict([text])[0].probability for text in TEXTS] == pytest.approx(together, abs=1e-6)


def test_attention_is_of_each_token_and_sums_to_one(reader, prepared_books):
    """PITFALLS 3: in the order of the split, not of the batches, and none of it on padding."""
    split = reader.pair.read(prepared_books / "test.npz")
    outputs = reader.outputs(split)
    assert [len(weights) for weights in outputs.attention] == split.inputs.lengths.tolist()
    arrays = read_arrays(prepared_books / "test.npz")
    texts = Ragged(arrays["text"], arrays["text_offsets"]).texts()
    for row, weights in enumerate(outputs.attention):
        assert weights.sum() == pytest.approx(1, abs=1e-5)
        assert (weights > 0).all()
        if row % 8 == 0:
            np.testing.assert_allclose(reader.outputs(reader.pair.own([texts[row]])).attention[0], weights, atol=1e-6)


def test_it_has_learned_something(reader, prepared_books):
    split = reader.pair.read(prepared_books / "train.npz")
    assert (reader.outputs(split).log_probabilities.argmax(1) == split.targets).mean() > 0.8


def log_odds(reader, vectors, label):
    logits = reader.models[0].answer(reader.models[0].encoder(vectors, None))[0]
    return (logits[label] - torch.cat([logits[:label], logits[label + 1 :]]).logsumexp(0)).item()


def test_contributions_are_what_the_log_odds_lose_without_a_token(trained_reader):
    """To first order: its vector made smaller by a little, in double, by hand."""
    reader = kassandra.load(trained_reader)
    reader.models[0].double()
    contributions, predictions = reader.contributions(TEXTS), reader.predict(TEXTS)
    split = reader.pair.own(TEXTS)
    assert [len(one) for one in contributions] == split.inputs.lengths.tolist() == [4, 1, 40, 1]
    for row, (one, prediction) in enumerate(zip(contributions, predictions, strict=True)):
        ids = torch.from_numpy(split.inputs.take(np.array([row])).flat.astype(np.int64))
        label = reader.meta["classes"].index(prediction.label)
        with torch.no_grad():
            vectors, little = reader.models[0].embedding(ids.unsqueeze(0)), 1e-5
            for place in range(0, len(ids), 7):
                both = []
                for factor in (1 + little, 1 - little):
                    changed = vectors.clone()
                    changed[0, place] *= factor
                    both.append(log_odds(reader, changed, label))
                assert one[place] == pytest.approx((both[0] - both[1]) / (2 * little), rel=1e-4, abs=1e-7)
            more, less = (log_odds(reader, vectors * factor, label) for factor in (1 + little, 1 - little))
            assert one.sum() == pytest.approx((more - less) / (2 * little), rel=1e-4, abs=1e-7)
    assert max(abs(one).max() for one in contributions) > 0.01


def test_contributions_teach_nothing(reader):
    before = {name: value.clone() for name, value in reader.models[0].state_dict().items()}
    first = reader.contributions(TEXTS[:2])
    assert all(np.array_equal(a, b) for a, b in zip(first, reader.contributions(TEXTS[:2]), strict=True))
    assert all(value.equal(before[name]) for name, value in reader.models[0].state_dict().items())
    assert all(weight.grad is None for weight in reader.models[0].parameters())


def written(writer, *args, **keys):
    return "".join(writer.write(*args, **keys))


def test_the_seed_decides_what_is_written(writer):
    one, same, other = (written(writer, "ROMEO:", 60, seed=seed) for seed in (1, 1, 2))
    assert one == same != other
    assert len(one) == 60
    torch.manual_seed(9)  # the global generator has no part in it
    assert written(writer, "ROMEO:", 60, seed=1) == one
    assert written(writer, "ROMEO:", 20, seed=1) == one[:20]


def test_temperature_zero_takes_the_likeliest_and_so_does_a_small_top_p(writer):
    """By hand: the whole text is read again for each character."""
    ids = torch.from_numpy(writer.pair.sequences.own("The ").astype(np.int64))
    with torch.no_grad():
        for _ in range(20):
            logits = writer.models[0].logits(writer.models[0](ids.unsqueeze(0)).outputs[0, -1])
            logits[[PAD, UNK]] = -math.inf
            ids = torch.cat([ids, logits.argmax().view(1)])
    expected = "".join(writer.pair.target.piece(int(token)) for token in ids[4:])
    for keys in ({"temperature": 0}, {"top_p": 1e-9}, {"temperature": 1e-4}, {"temperature": 1e-310}):
        for seed in (0, 1):
            assert written(writer, "The ", 20, seed=seed, **keys) == expected


def test_what_is_written_is_known_and_never_unknown(prepared_shakespeare, tmp_path):
    """PITFALLS 13: by a model that thinks nothing else likely."""

    def prefer(model):
        with torch.no_grad():
            model.bias[[PAD, UNK]] = 50.0

    meta = read_json(prepared_shakespeare / "meta.json")
    writer = kassandra.load(save_untrained(tmp_path, "text", "next", meta, prefer))
    for keys in ({}, {"temperature": 0}, {"top_p": 0.01}, {"temperature": 50.0}):
        pieces = list(writer.write("\n", 30, **keys))
        assert len(pieces) == 30
        assert set(pieces) <= set(meta["vocabulary"][2:])


def test_the_prompt_matters_and_its_strange_characters_do_not(writer):
    assert written(writer, "ROMEO:", 30, seed=1) != written(writer, "and the", 30, seed=1)
    assert written(writer, "ROMEO€:", 30, seed=1) == written(writer, "ROMEO:", 30, seed=1)
    with pytest.raises(KassandraError, match=r"^prompt: no characters of the vocabulary in '€ß'; try ' '$"):
        written(writer, "€ß", 30)


@pytest.mark.parametrize(
    ("keys", "given"),
    [
        ({"temperature": -0.1}, "-0.1, 1 and 9"),
        ({"temperature": math.nan}, "nan, 1 and 9"),
        ({"temperature": math.inf}, "inf, 1 and 9"),
        ({"top_p": 0.0}, "1, 0 and 9"),
        ({"top_p": 1.1}, "1, 1.1 and 9"),
        ({"length": 0}, "1, 1 and 0"),
    ],
    ids=str,
)
def test_values_out_of_range(writer, keys, given):
    text = rf"^expected 0 ≤ temperature < ∞, 0 < top_p ≤ 1 and length ≥ 1, got {given}$"
    with pytest.raises(KassandraError, match=text):
        written(writer, "The ", **{"length": 9, **keys})


def test_losses_are_of_each_token_from_all_before(writer, prepared_shakespeare):
    split = writer.pair.read(prepared_shakespeare / "test.npz")
    losses = writer.losses(split)
    assert losses.shape == (1999,)
    with torch.no_grad():
        ids = torch.from_numpy(split.inputs.astype(np.int64))
        read = writer.models[0](ids[:-1].unsqueeze(0))
        expected = writer.models[0].losses(read.outputs[0], ids[1:])
    np.testing.assert_allclose(losses, expected.double().numpy(), atol=1e-4)
    assert losses.mean() < 0.85 * math.log(len(writer.meta["vocabulary"]))  # it has learned something


LOGITS = st.lists(st.floats(-9, 9), min_size=2, max_size=9).map(lambda values: torch.tensor(values, dtype=torch.double))


@settings(max_examples=60)
@given(LOGITS, st.floats(0.05, 5), st.floats(0.01, 1), st.integers(0, 99))
def test_what_is_drawn_is_among_the_fewest_that_reach_top_p(logits, temperature, top_p, seed):
    """Holtzman et al. (2020)."""
    drawn = int(draw(logits, temperature, top_p, torch.Generator().manual_seed(seed)))
    probabilities = (logits / temperature).softmax(0)
    likelier = probabilities[probabilities > probabilities[drawn]].sum().item()
    assert likelier < top_p + 1e-9
    assert int(draw(logits, 0, top_p, torch.Generator())) == int(logits.argmax())


def test_draws_follow_the_probabilities():
    logits, generator = torch.tensor([0.5, 0.3, 0.15, 0.05], dtype=torch.double).log(), torch.Generator().manual_seed(0)

    def shares(temperature, top_p):
        drawn = torch.stack([draw(logits, temperature, top_p, generator) for _ in range(1000)])
        return (torch.bincount(drawn, minlength=4) / 1000).tolist()

    assert shares(1, 1) == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.06)
    assert shares(1, 0.79) == pytest.approx([0.625, 0.375, 0, 0], abs=0.06)
    assert shares(1, 0.81) == pytest.approx([0.526, 0.316, 0.158, 0], abs=0.06)
    assert shares(0.5, 1) == pytest.approx([0.685, 0.247, 0.062, 0.007], abs=0.06)
    assert shares(1, 0.5) == [1, 0, 0, 0]


@pytest.mark.faults
@pytest.mark.faults
@pytest.mark.parametrize("keys", [{"tokenizer": "{}"}, {"keep": None}, {"max_length": "x"}], ids=str)
def test_a_damaged_reader(trained_reader, tmp_path, keys):
    folder = shutil.copytree(trained_reader, tmp_path / "model")
    meta = read_json(folder / "meta.json") | keys
    write_json(folder / "meta.json", {name: value for name, value in meta.items() if value is not None})
    with pytest.raises(KassandraError, match="damaged"):
        kassandra.load(folder)


def test_a_damaged_writer(trained_writer, tmp_path):
    folder = shutil.copytree(trained_writer, tmp_path / "model")
    meta = read_json(folder / "meta.json")
    del meta["vocabulary"]
    write_json(folder / "meta.json", meta)
    with pytest.raises(KassandraError, match=rf"^{folder}/meta.json: damaged \('vocabulary'\); delete it, then"):
        kassandra.load(folder)


def test_bytes_of_what_is_read_are_not_touched(reader, prepared_books):
    """The arrays of a split are mapped from disk."""
    before = (prepared_books / "test.npz").read_bytes()
    split = reader.pair.read(prepared_books / "test.npz")
    reader.outputs(split)
    assert isinstance(split.inputs.flat, np.memmap)
    assert (prepared_books / "test.npz").read_bytes() == before
    np.testing.assert_array_equal(split.targets, read_arrays(prepared_books / "test.npz")["labels"])
