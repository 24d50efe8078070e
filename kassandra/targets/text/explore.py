"""What the page of `kassandra explore` has to know of a model that translates: its decoder, which writes greedily."""

import json
from typing import Any

from kassandra.contracts.errors import KassandraError
from kassandra.targets.text.train.decoder import AdditiveAttention, GeneralAttention
from kassandra.targets.text.train.target import are_captions


def answer(model: Any, meta: dict[str, Any], put: Any) -> dict[str, Any]:
    """`put` takes a tensor.

    Raises:
        KassandraError: the decoder's cell has no gates i, f, g, o; or the model describes images.
    """
    if are_captions(meta):
        raise KassandraError("explore: the page reads sentences for models that write, and no images")
    writer = model.decoder
    if writer.parts != 2:
        raise KassandraError("explore: the page shows the gates of an LSTM; this decoder has other cells")
    layers = []
    for layer in writer.layers:
        W, U, b, d = layer.recurrence.parameters()
        layers.append({"kind": "lstm", "hidden": layer.output_size, "W": put(W), "U": put(U), "b": put(b + d)})
    decoder: dict[str, Any] = {
        "layers": layers, "size": writer.embedding.size, "table": put(writer.embedding.table.weight),
        "bridge": put(writer.bridge.weight), "bridgeBias": put(writer.bridge.bias),
        "say": put(writer.say.weight), "sayBias": put(writer.say.bias),
        "fed": writer.size if writer.feeding else 0, "attention": writer.attention is not None,
    }  # fmt: skip
    match writer.attention:
        case AdditiveAttention() as attention:
            decoder |= {"keys": put(attention.key.weight), "keysBias": put(attention.key.bias)}
            decoder |= {"query": put(attention.query.weight), "weigh": put(attention.weigh.weight)}
        case GeneralAttention() as attention:
            decoder |= {"keys": put(attention.key.weight)}
    vectors = writer.embedding.table.weight if model.tied else model.weight
    vocabulary = json.loads(list(meta["tokenizers"].values())[-1])["model"]["vocab"]
    return {
        "answer": "text",
        "reverse": bool(model.reverse_source),
        "classes": sorted(vocabulary, key=vocabulary.get),
        "decoder": decoder,
        "head": {"W": put(vectors), "b": put(model.bias)},
    }
