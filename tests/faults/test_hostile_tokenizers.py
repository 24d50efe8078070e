"""Tokenizers of strangers, which stand in the meta.json of a model: what does not end, or fills the memory, is refused
before any of it is made."""

import json

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.vocabulary import tokens

pytestmark = pytest.mark.faults

TEXTS = ["a good film, don't you think?", "so be it"] * 5
KINDS = [("words", False), ("characters", False), ("bpe", False), ("unigram", False), ("bpe", True), ("unigram", True)]


def replace(pattern, content):
    return {"type": "Replace", "pattern": pattern, "content": content}


def split(pattern):
    return {"type": "Split", "pattern": pattern, "behavior": "Removed", "invert": True}


PADDING = {
    "strategy": {"Fixed": 10**9}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0,
    "pad_token": "<pad>",
}  # fmt: skip
TOKEN = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
HOSTILE = {  # key → value, and how the sentence begins
    "a pattern that takes forever": ("pre_tokenizer", split({"Regex": "(a|a)*(a|aa)+$"}), "its pre_tokenizer has"),
    "a pattern larger than memory": ("pre_tokenizer", split({"Regex": "(((a{9999}){9999}){9999})"}), "its pre_tok"),
    "a replacement that explodes": ("normalizer", replace({"String": ""}, "x" * 10**6), "its normalizer has the step"),
    "ever more": (
        "normalizer",
        {"type": "Sequence", "normalizers": [replace({"String": "a"}, "aaaaaaaaaa")] * 12},
        "its normalizer has the step",
    ),
    "a step many times": ("normalizer", {"type": "Sequence", "normalizers": [{"type": "NFKC"}] * 10**5}, "its norm"),
    "sequences of sequences": (
        "normalizer",
        {"type": "Sequence", "normalizers": [{"type": "Sequence", "normalizers": []}]},
        "its normalizer has the step",
    ),
    "padding to 10⁹": ("padding", PADDING, "its padding is"),
    "cut to nothing": ("truncation", {"max_length": 0, "stride": 0}, "its truncation is"),
    "a token of nothing": ("added_tokens", [{"id": 0, "content": "", **TOKEN}], "it adds the token"),
    "a token that is a space": ("added_tokens", [{"id": 0, "content": " ", **TOKEN}], "it adds the token"),
    "another number": ("added_tokens", [{"id": 10**9, "content": "<pad>", **TOKEN}], "it adds the token"),
    "what comes after": ("post_processor", {"type": "ByteLevel"}, "its post_processor is"),
    "how pieces are joined": ("decoder", {"type": "Replace", "pattern": {"String": ""}, "content": "x"}, "its decoder"),
}
MODELS = {
    "no unknown token": ({"unk_token": "nobody"}, "its unknown token"),
    "chance": ({"dropout": 0.5}, "its model has"),
    "numbers beyond memory": ({"vocab": {"<pad>": 0, "<unk>": 1, "a": 2**40}}, "its vocabulary has gaps"),
    "no vocabulary": ({"vocab": {}}, ""),
    "a list": ({"vocab": [1, 2]}, ""),
    "no number": ({"type": "Unigram", "unk_id": 1, "vocab": [["<pad>", 0], ["<unk>", float("nan")]]}, "its vocabulary"),
    "beyond the end": ({"type": "Unigram", "unk_id": 99, "vocab": [["<pad>", 0], ["<unk>", 0]]}, "its unknown token"),
    "another model": ({"type": "WordPiece", "max_input_chars_per_word": 10**9}, "its model has"),
}


def tree(kind="words", written=False):
    return json.loads(tokens.fit(kind, TEXTS, 60, 1, True, written).to_str())


@pytest.mark.parametrize(("kind", "written"), KINDS)
def test_what_we_make_is_taken(kind, written):
    made = tree(kind, written)
    assert json.loads(tokens.load(json.dumps(made)).to_str()) == made


@pytest.mark.parametrize("name", [*HOSTILE, *MODELS])
def test_what_others_make_is_refused(name):
    made = tree("bpe" if name == "chance" else "words")
    if name in HOSTILE:
        key, value, begins = HOSTILE[name]
        made[key] = value
    else:
        changed, begins = MODELS[name]
        made["model"] |= changed
    with pytest.raises(KassandraError) as error:
        tokens.load(json.dumps(made))
    assert str(error.value).startswith(f"the tokenizer in meta.json is damaged ({begins}")
    assert len(str(error.value)) < 400
