"""Pairs of sentences become splits of token ids and texts, and nothing of valid or test is in what is fitted."""

import zipfile
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import BOS, EOS, PAD, UNK, ModelSpec
from kassandra.inputs.text.prepare.pairs import REASONS, read
from kassandra.params.inputs.text import PairsPrepare, PairsSource
from kassandra.vocabulary import tokens

SPLITS = ("train", "valid", "test")
TATOEBA, OWN = {"dataset": "tatoeba"}, {"path": "mine", "pair": "de-en"}
SHARES = {"valid_fraction": 0.1, "test_fraction": 0.1}
DROPPED = [*REASONS, "near-duplicates of test", "near-duplicates of valid", "too many tokens"]
UNIGRAM = pytest.param("unigram", marks=pytest.mark.slow)  # it takes a second to be trained


def loaded(folder, message=""):
    """What lies in a folder, as bytes, as arrays, as ids and as texts."""
    arrays = {name: read_arrays(folder / f"{name}.npz") for name in SPLITS}
    meta = read_json(folder / "meta.json")
    got = SimpleNamespace(
        message=message, arrays=arrays, meta=meta, files={path.name: path.read_bytes() for path in folder.iterdir()}
    )
    fitted = [tokens.load(content) for content in meta["tokenizers"].values()]
    got.reader, got.writer = fitted[0], fitted[-1]
    for side in ("source", "target"):
        ids = {name: Ragged(split[side], split[f"{side}_offsets"]) for name, split in arrays.items()}
        texts = {name: Ragged(split[f"{side}_text"], split[f"{side}_text_offsets"]) for name, split in arrays.items()}
        setattr(got, side, ids)
        setattr(got, f"{side}_texts", {name: some.texts() for name, some in texts.items()})
    got.references = {
        name: [got.target_texts[name][a:b] for a, b in zip(split["references"], split["references"][1:], strict=False)]
        for name, split in arrays.items()
    }
    return got


@pytest.fixture(scope="module")
def done(prepared_tatoeba):
    return loaded(prepared_tatoeba)


@pytest.fixture
def made(tmp_path, prepare):
    """Prepares, each time into another folder."""
    folders = iter(tmp_path / f"prepared {number}" for number in range(99))

    def made(raw, source=OWN, seed=0, **params):
        folder = next(folders)
        return loaded(folder, prepare("text", "text", raw, folder, seed, source, **params))

    return made


@pytest.fixture
def beside(tmp_path):
    """Writes pairs of one's own: train, valid and test, files that go line by line."""

    def beside(**splits):
        raw = tmp_path / "raw"
        raw.mkdir(exist_ok=True)
        for name, some in splits.items():
            for side, language in enumerate(("de", "en")):
                (raw / f"{name}.{language}").write_text("".join(f"{pair[side]}\n" for pair in some), encoding="utf-8")
        return raw

    return beside


def pairs(number, start=0):
    return [
        (f"der Satz {n} hat {n % 7} Worte", f"sentence {n} has {n % 7} words") for n in range(start, start + number)
    ]


@pytest.mark.parametrize("kind", ["bpe", UNIGRAM])
@pytest.mark.parametrize("vocabulary", ["joint", "separate"])
@pytest.mark.slow
def test_twice_gives_the_same_bytes(tatoeba, made, kind, vocabulary):
    params = {"tokens": kind, "vocabulary": vocabulary, "vocab_size": 200, **SHARES}
    one, other = (made(tatoeba, TATOEBA, **params) for _ in range(2))
    assert sorted(one.files) == ["meta.json", "test.npz", "train.npz", "valid.npz"]
    assert one.files == other.files


def test_what_is_written_is_what_was_read(tatoeba, done):
    """Each pair once, in whichever split it is: its ids, and its texts, not lower-cased."""
    (everything,) = read(tatoeba, PairsSource(**TATOEBA), PairsPrepare()).parts.values()
    kept = Counter()
    for name in SPLITS:
        assert done.source[name].flat.dtype == done.target[name].flat.dtype == np.int32
        assert done.arrays[name]["references"].dtype == np.int64
        sources, references = done.source_texts[name], done.references[name]
        assert len(sources) == len(references) == len(done.source[name].lengths) == done.meta["examples"][name]
        assert len(done.target_texts[name]) == done.meta["references"][name] == sum(map(len, references))
        kept.update((source, text) for source, some in zip(sources, references, strict=True) for text in some)
        for ids, tokenizer, texts in (
            (done.source[name], done.reader, sources),
            (done.target[name], done.writer, [some[0] for some in references]),
        ):
            expected = tokens.encode(tokenizer, texts)
            np.testing.assert_array_equal(ids.flat, expected.flat)
            np.testing.assert_array_equal(ids.offsets, expected.offsets)
            assert not {PAD, BOS, EOS} & set(ids.flat.tolist())
            for row, text in enumerate(texts):
                assert tokens.decode(tokenizer, ids.flat[ids.offsets[row] : ids.offsets[row + 1]]) == text
    assert set(kept.values()) == {1}
    assert set(kept) <= set(everything)
    assert len(everything) - len(kept) == sum(done.meta["dropped"].values()) - done.meta["dropped"]["repeated"] == 3
    assert any(text != text.lower() for text in done.source_texts["train"])


def ids(split):
    return Ragged(split["example"], split["example_offsets"]).texts()


def test_ids_are_unique_in_each_split_and_say_where_a_source_stands(tatoeba, done):
    with zipfile.ZipFile(tatoeba / "fra-eng.zip") as archive:
        lines = archive.read("fra.txt").decode().splitlines()
    first = {line.split("\t")[0]: number for number, line in reversed(list(enumerate(lines, 1)))}
    for name in SPLITS:
        places = ids(done.arrays[name])
        assert len(set(places)) == len(places)
        for place, source in zip(places, done.source_texts[name], strict=True):
            number = int(place.removeprefix("fra.txt:"))
            assert lines[number - 1].split("\t")[0] == source
            assert name == "train" or number == first[source]


def test_ids_of_a_given_test_split_know_neither_seed_nor_train(beside, made):
    test = [("eins", "one"), ("zwei", "two"), ("eins", "ein")]
    raw = beside(train=pairs(90), test=test)
    one = ids(made(raw, vocab_size=60).arrays["test"])
    assert one == ids(made(raw, seed=1, vocab_size=60).arrays["test"]) == ["test.de:1", "test.de:2"]
    assert ids(made(beside(train=pairs(50, 9)), vocab_size=60).arrays["test"]) == one


def test_what_meta_says(done):
    meta = {name: value for name, value in done.meta.items() if name != "tokenizers"}
    assert meta == {
        "spec": ModelSpec(outputs=300, vocab_size=300, joint=True).to_json(),
        "languages": {"source": "en", "target": "fr"},
        "lowercase": False,
        "examples": {"train": 622, "valid": 56, "test": 56},
        "references": {"train": 622, "valid": 73, "test": 76},
        "unknown_tokens": {"train": 0.0, "valid": 0.0, "test": 0.0},
        "dropped": dict.fromkeys(DROPPED, 0) | {"repeated": 1, "near-duplicates of test": 3},
    }
    assert list(meta["dropped"]) == DROPPED
    assert list(done.meta["tokenizers"]) == ["joint"]


def test_what_is_reported(tatoeba, made):
    done = made(tatoeba, TATOEBA, vocab_size=300, **SHARES)
    assert done.message.split("\n") == [
        f"{tatoeba}/fra-eng.zip/fra.txt: 1 of 775 rows refused: 1 × repeated (line 89)",
        "en-fr: 622 train pairs, 56 valid sentences (73 translations), 56 test sentences (76 translations); dropped: "
        "1 repeated, 3 near-duplicates of test; 300 source and 300 target tokens (joint), <unk> 0.00% of test",
    ]


def test_separate_vocabularies_are_those_of_their_sides(tatoeba, made):
    done = made(tatoeba, TATOEBA, vocabulary="separate", vocab_size=150, min_frequency=3, **SHARES)
    assert list(done.meta["tokenizers"]) == ["source", "target"]
    for tokenizer, texts in ((done.reader, done.source_texts), (done.writer, done.target_texts)):
        expected = tokens.fit("bpe", texts["train"], 150, 3, False, written=True)
        assert tokenizer.to_str() == expected.to_str()
    assert done.meta["spec"] == ModelSpec(outputs=150, vocab_size=150).to_json()
    assert "not joint" not in done.message


def test_lowercase_concerns_ids_and_not_texts(tatoeba, made, done):
    lower = made(tatoeba, TATOEBA, vocab_size=300, lowercase=True, **SHARES)
    assert lower.meta["lowercase"] is True
    assert lower.source_texts == done.source_texts
    assert lower.references == done.references
    ids = lower.source["test"]
    assert tokens.decode(lower.reader, ids.flat[: ids.offsets[1]]) == done.source_texts["test"][0].lower()


def test_turned_round_each_different_source_is_a_row(tatoeba, made):
    done = made(tatoeba, TATOEBA | {"pair": "fr-en"}, vocab_size=300, **SHARES)
    assert done.meta["languages"] == {"source": "fr", "target": "en"}
    assert "fr-en: " in done.message
    for name in ("valid", "test"):
        assert len(set(done.source_texts[name])) == len(done.source_texts[name])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bpe", UNIGRAM])
@pytest.mark.parametrize("vocabulary", ["joint", "separate"])
def test_nothing_is_fitted_on_valid_or_test(beside, made, kind, vocabulary):
    """PITFALLS 6: other sentences there, and train and the vocabularies keep their bytes."""
    params = {"tokens": kind, "vocabulary": vocabulary, "vocab_size": 60}
    some = {"train": pairs(80), "valid": pairs(20, 1000), "test": pairs(20, 2000)}
    before = made(beside(**some), **params)
    for split in ("valid", "test"):
        other = [(f"ganz anders Ж{n} zzz", f"all different Ж{n} qqq") for n in range(30)]
        after = made(beside(**some | {split: other}), **params)
        assert after.files["train.npz"] == before.files["train.npz"]
        assert after.meta["tokenizers"] == before.meta["tokenizers"]
        assert after.files[f"{split}.npz"] != before.files[f"{split}.npz"]
        assert after.meta["unknown_tokens"][split] > before.meta["unknown_tokens"][split] == 0
        ids = np.concatenate([after.source[split].flat, after.target[split].flat])
        assert after.meta["unknown_tokens"][split] == pytest.approx((ids == UNK).mean(), abs=1e-6)


def test_the_order_of_the_file_does_not_matter(tmp_path, made):
    raws = [tmp_path / "one", tmp_path / "other"]
    for raw, some in zip(raws, (pairs(99), pairs(99)[::-1]), strict=True):
        raw.mkdir()
        (raw / "mine.tsv").write_text("".join("\t".join(pair) + "\n" for pair in some), encoding="utf-8")
    one, other = (made(raw, vocab_size=60, **SHARES) for raw in raws)
    assert one.files["meta.json"] == other.files["meta.json"]
    for name in SPLITS:  # only the ids are of places in the file
        for key in one.arrays[name].keys() - {"example", "example_offsets"}:
            np.testing.assert_array_equal(one.arrays[name][key], other.arrays[name][key])


def test_long_pairs_leave_train_alone(beside, made):
    long = ("ja " * 30, "yes " * 12)
    some = {"train": [*pairs(40), long, long[::-1]], "valid": [*pairs(5, 100), ("nein " * 30, "x " * 30)]}
    done = made(beside(**some, test=[*pairs(5, 200), ("so " * 30, "y " * 30)]), vocab_size=60, max_length=29)
    assert done.meta["dropped"]["too many tokens"] == 2
    assert done.meta["examples"] == {"train": 40, "valid": 6, "test": 6}
    assert max(done.source["train"].lengths.max(), done.target["train"].lengths.max()) <= 29
    assert done.source["test"].lengths.max() >= 30
    expected = tokens.fit(
        "bpe", [text for side in zip(*some["train"], strict=True) for text in side], 60, 2, False, True
    )
    assert done.reader.to_str() == expected.to_str()  # the order of texts does not matter to bpe
    longest = int(tokens.encode(done.reader, list(long)).lengths.max())
    left_out = [
        made(beside(**some), vocab_size=60, max_length=most).meta["dropped"]["too many tokens"]
        for most in (longest - 1, longest)
    ]
    assert left_out == [2, 0]
    text = "^prepare.max_length: every pair of train has more than 3 tokens$"
    with pytest.raises(KassandraError, match=text):
        made(beside(**some), vocab_size=60, max_length=3)


def test_limit(tatoeba, made, done):
    some = made(tatoeba, TATOEBA, vocab_size=300, limit=100, **SHARES)
    assert some.meta["examples"] == {"train": 100, "valid": 56, "test": 56}
    assert some.source_texts["train"] == done.source_texts["train"][:100]
    assert some.references["test"] == done.references["test"]
    assert some.meta["tokenizers"] != done.meta["tokenizers"]  # fitted on what is left


def test_refused_rows_are_counted_and_reported(beside, made):
    raw = beside(
        train=[*pairs(40), ("", "leer"), ("x" * 20, "y" * 80), pairs(1)[0]], valid=pairs(5, 100), test=pairs(5, 200)
    )
    done = made(raw, vocab_size=60)
    expected = {"empty": 1, "one side much longer": 1, "repeated": 1}
    assert done.meta["dropped"] == dict.fromkeys(DROPPED, 0) | expected
    assert done.message.startswith(
        f"{raw}/train.de and train.en: 3 of 43 rows refused: 1 × empty (line 41); 1 × one side"
    )
    assert "; dropped: 1 empty, 1 one side much longer, 1 repeated; " in done.message
    assert made(raw, vocab_size=60, max_ratio=4.1).meta["dropped"]["one side much longer"] == 0


def test_mistakes(tatoeba, made, beside):
    with pytest.raises(KassandraError, match=r"^source.pair: 'de-en' is not in 'tatoeba', which has en-fr and fr-en$"):
        made(tatoeba, TATOEBA | {"pair": "de-en"})
    with pytest.raises(
        KassandraError, match=r"^source.pair: say from which language into which, as in 'de-en'; found "
    ):
        made(beside(mine=pairs(9)), {"path": "mine"})
    with pytest.raises(KassandraError, match=r"^prepare.vocab_size: 32 is too small for the different characters of "):
        made(tatoeba, TATOEBA, vocab_size=32)
