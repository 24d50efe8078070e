"""What whoever runs an exported model of texts has to know of its inputs; the tokenizer is a file beside it."""

from typing import Any


def lengths(reading: str, meta: dict[str, Any]) -> bool:
    """Whether rows are padded: the parts of a stream are not."""
    return reading != "stream"


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    return {
        key: meta[key]
        for key in ("max_length", "keep", "tokens", "vocabulary", "lowercase", "languages")
        if key in meta
    }


def beside(meta: dict[str, Any]) -> dict[str, str]:
    """Files by name: tokenizers as the library `tokenizers` writes them, `source` and `target` where they are two."""
    if "tokenizer" in meta:
        return {"tokenizer.json": meta["tokenizer"]}
    kinds = meta.get("tokenizers", {})
    names = {kind: "tokenizer.json" if kind == "joint" else f"tokenizer-{kind}.json" for kind in kinds}
    return {names[kind]: content for kind, content in kinds.items()}


PYTHON = {
    "examples": """
from tokenizers import Tokenizer

ids = Tokenizer.from_file("tokenizer.json").encode(sys.argv[1], add_special_tokens=False).ids or [1]
most = about["max_length"]
first = {"start": most, "end": 0, "ends": most - most // 2}[about["keep"]]
ids = ids if len(ids) <= most else ids[:first] + ids[len(ids) - (most - first) :]
feeds = {"inputs": np.array([ids]), "lengths": np.array([len(ids)])}
"""
}

# Of token ids, separated by commas: tokenizers for JavaScript read the same tokenizer.json.
JAVASCRIPT = {
    "examples": """
const ids = process.argv[2].split(",").map(BigInt);
const feeds = {
  inputs: new ort.Tensor("int64", BigInt64Array.from(ids), [1, ids.length]),
  lengths: new ort.Tensor("int64", BigInt64Array.of(BigInt(ids.length)), [1]),
};
"""
}
