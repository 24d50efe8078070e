"""A text becomes streams of token ids: all of it, in order, and a vocabulary of train alone."""

import re
from types import SimpleNamespace

import pytest

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec

SPLITS = ("train", "valid", "test")


@pytest.fixture
def made(tmp_path, prepare):
    """Prepares, each time into another folder: what lies there, as bytes and as ids."""
    folders = iter(tmp_path / f"prepared {number}" for number in range(99))

    def made(raw, seed=0, **params):
        folder = next(folders)
        message = prepare("text", "next", raw, folder, seed, **params)
        ids = {name: read_arrays(folder / f"{name}.npz")["ids"] for name in SPLITS}
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        return SimpleNamespace(message=message, ids=ids, files=files, meta=read_json(folder / "meta.json"))

    return made


@pytest.fixture
def texts(tmp_path):
    """Writes a text that comes in splits."""

    def texts(**splits):
        raw = tmp_path / "raw"
        raw.mkdir(exist_ok=True)
        for name, text in splits.items():
            (raw / f"{name}.txt").write_text(text, encoding="utf-8")
        return raw

    return texts


WORDS = {
    "train": "the cat sat on the mat and the dog did not\n" * 9,
    "valid": "a cat sat on the dog\n" * 9,
    "test": "the <unk> did not sit on a mat\n" * 9,
}


@pytest.mark.parametrize("tokens", ["characters", "words"])
def test_twice_and_with_another_seed_it_gives_the_same_bytes(shakespeare, made, tokens):
    one, same, other = (made(shakespeare, seed, tokens=tokens) for seed in (0, 0, 1))
    assert sorted(one.files) == ["meta.json", "test.npz", "train.npz", "valid.npz"]
    assert one.files == same.files == other.files  # nothing is drawn


def test_the_text_comes_back(shakespeare, made):
    """All of what is known of it, in order: nothing is shuffled or left out."""
    done, text = made(shakespeare), (shakespeare / "input.txt").read_text()
    parts = {name: "".join(done.meta["vocabulary"][number] for number in ids) for name, ids in done.ids.items()}
    assert parts["valid"] + parts["train"] + parts["test"] == text
    assert done.meta["characters"] == done.meta["examples"] == {name: len(part) for name, part in parts.items()}
    size = len(set(parts["train"])) + 2
    assert done.meta["spec"] == ModelSpec(size, vocab_size=size).to_json()
    assert done.message == f"17,100 train, 900 valid, 2,000 test characters, {size} different ones; <unk> 0.00% of test"


def test_words_and_what_is_unknown_of_them(texts, made):
    """PITFALLS 13: reported by split, <unk> in the text itself counted with it."""
    done = made(texts(**WORDS), tokens="words")
    assert done.meta["vocabulary"][:4] == ["<pad>", "<unk>", "the", "<eos>"]
    assert done.meta["unknown_tokens"] == {"train": 0, "valid": pytest.approx(1 / 7), "test": pytest.approx(3 / 9)}
    assert [done.meta["vocabulary"][number] for number in done.ids["test"][:9]] == [
        "the", "<unk>", "did", "not", "<unk>", "on", "<unk>", "mat", "<eos>",
    ]  # fmt: skip
    assert "<unk> 33.33% of test" in done.message
    assert done.meta["characters"]["test"] == len(WORDS["test"])
    assert made(texts(**WORDS), tokens="words", vocab_size=5).meta["spec"]["vocab_size"] == 5


@pytest.mark.parametrize("tokens", ["characters", "words"])
@pytest.mark.parametrize("changed", ["valid", "test"])
def test_nothing_is_fitted_on_test_or_validation(texts, made, tokens, changed):
    """PITFALLS 6."""
    before = made(texts(**WORDS), tokens=tokens)
    after = made(texts(**WORDS | {changed: WORDS[changed].replace("a", "zöü the the ")}), tokens=tokens)
    assert {name for name in before.files if before.files[name] != after.files[name]} == {f"{changed}.npz", "meta.json"}
    for name in ("vocabulary", "spec", "tokens"):
        assert after.meta[name] == before.meta[name]
    assert after.meta["unknown_tokens"][changed] > before.meta["unknown_tokens"][changed]


def test_a_text_that_is_too_short(texts, made, tmp_path):
    raw = texts(**WORDS | {"valid": "short"})
    with pytest.raises(KassandraError, match=rf"^{raw}: valid has 5 characters; at least 100 are needed$"):
        made(raw)
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "mine.txt").write_text("x" * 1000)
    assert made(tmp_path / "one", valid_fraction=0.2).meta["characters"]["test"] == 100
    with pytest.raises(KassandraError, match=r": valid has 90 characters; at least 100 are needed$"):
        made(tmp_path / "one", valid_fraction=0.1)


def test_one_word_is_no_text(texts, made):
    """As of a language that puts no spaces between words."""
    raw = texts(**WORDS | {"test": "日本語だよ" * 30})
    assert len(made(raw).ids["test"]) == 150
    text = f"{raw}: test has 1 words; at least 2 are needed; tokens 'characters' finds more"
    with pytest.raises(KassandraError, match=f"^{re.escape(text)}$"):
        made(raw, tokens="words")
