"""What the page of `kassandra explore` has to know of texts: how they become tokens."""

import json
from typing import Any

from kassandra.contracts.errors import KassandraError


def reader(meta: dict[str, Any]) -> dict[str, Any]:
    """
    Raises:
        KassandraError: tokens are parts of words, or texts are read to be translated, which the page cannot do yet.
    """
    if "vocabulary" in meta:
        return {"reader": "stream", "tokens": meta["tokens"], "vocabulary": meta["vocabulary"]}
    if "tokenizer" not in meta:
        raise KassandraError("explore: the page has no translations yet")
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
