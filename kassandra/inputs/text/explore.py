"""What the page of `kassandra explore` has to know of texts: how they become tokens."""

import json
from typing import Any

from kassandra.contracts.errors import KassandraError


def reader(meta: dict[str, Any]) -> dict[str, Any]:
    """
    Raises:
        KassandraError: the tokens are of a kind that the page cannot make.
    """
    if "alphabet" in meta:
        words = {key: meta[key] for key in ("vocabulary", "alphabet")}
        return {"reader": "sentence", "lowercase": bool(meta["lowercase"]), **words}
    if "vocabulary" in meta:
        return {"reader": "stream", "tokens": meta["tokens"], "vocabulary": meta["vocabulary"]}
    if "tokenizers" in meta:
        return _of_pairs(json.loads(next(iter(meta["tokenizers"].values()))))
    tokenizer = json.loads(meta["tokenizer"])
    if tokenizer["model"]["type"] != "WordLevel":
        kind = tokenizer["model"]["type"]
        raise KassandraError(f"explore: the page reads words or characters; the tokens of this model are {kind}")
    steps = [each["type"] for each in (tokenizer["normalizer"] or {}).get("normalizers", [])]
    pattern = str(tokenizer["pre_tokenizer"]["pattern"].get("Regex", ""))
    vocabulary = sorted(tokenizer["model"]["vocab"], key=tokenizer["model"]["vocab"].get)
    return {
        "reader": "words",
        "tokens": "characters" if pattern == r"[\s\S]" else "words",
        "lowercase": "Lowercase" in steps,
        "most": meta["max_length"],
        "keep": meta["keep"],
        "vocabulary": vocabulary,
    }


def _of_pairs(tokenizer: dict[str, Any]) -> dict[str, Any]:
    """Of byte pairs, as `vocabulary.tokens.fit` makes those of texts that are written."""
    model = tokenizer["model"]
    if model["type"] != "BPE":
        raise KassandraError(f"explore: the page reads byte pairs; the tokens of this model are {model['type']}")
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
    lowercase = "Lowercase" in [each["type"] for each in tokenizer["normalizer"]["normalizers"]]
    vocabulary = sorted(model["vocab"], key=model["vocab"].get)
    return {"reader": "pairs", "vocabulary": vocabulary, "merges": merges, "lowercase": lowercase}
