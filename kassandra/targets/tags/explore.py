"""What the page of `kassandra explore` has to know of a tagger: its head, its chain, and the names of tags."""

from typing import Any


def answer(model: Any, meta: dict[str, Any], put: Any) -> dict[str, Any]:
    """`put` takes a tensor."""
    head, chain = {"W": put(model.linear.weight), "b": put(model.linear.bias)}, None
    if model.chain is not None:
        chain = {"start": put(model.chain.start), "end": put(model.chain.end), "moves": put(model.chain.transitions)}
    names = {"classes": [str(tag) for tag in meta["tags"]], "spans": bool(meta["spans"]), "steps": meta["steps"]}
    return {"answer": "tags", **names, "head": head, "chain": chain}
