"""`kassandra explore`: a page that opens from the disk and shows what an LSTM does with what a person gives it.

All is in one file: the weights of one member, the LSTM in plain JavaScript (explorer/lstm.js, which a test compares
with PyTorch), and what draws (explorer/page.js). What comes from the data is text there, never markup or code.
"""

import base64
import json
from functools import singledispatch
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from kassandra.contracts.artifacts import whole
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.kinds import part_if_any
from kassandra.inference import load
from kassandra.lstm.embedding import Embedding
from kassandra.lstm.layers import Bidirectional, Stacked, VanillaLSTM
from kassandra.lstm.letters import WordsAlone, WordsAndLetters
from kassandra.lstm.summaries import AdditiveScorer, Attentive, DotScorer, GeneralScorer, Pooled

PAGE = "index.html"


class Numbers:
    """Arrays, one behind the other; what is put in is a reference to a part of them."""

    def __init__(self) -> None:
        self.parts: list[np.ndarray[Any, np.dtype[np.float32]]] = []
        self.count = 0
        self.known: dict[tuple[int, int], dict[str, int]] = {}  # by address and size: tied weights stand there once

    def put(self, tensor: Any) -> dict[str, int]:
        key = (tensor.data_ptr(), tensor.numel())
        if isinstance(tensor, nn.Parameter) and key in self.known:
            return self.known[key]
        values = tensor.detach().float().cpu().numpy().ravel()
        reference = {"at": self.count, "size": len(values)}
        if isinstance(tensor, nn.Parameter):  # what is computed may lie where something was before
            self.known[key] = reference
        self.parts.append(values.astype("<f4"))
        self.count += len(values)
        return reference

    def base64(self) -> str:
        return base64.b64encode(np.concatenate(self.parts).tobytes()).decode()


@singledispatch
def structure(part: nn.Module, put: Any) -> dict[str, Any]:
    """An encoder as explorer/lstm.js reads it.

    Raises:
        KassandraError: it is of none of the kinds that the page has.
    """
    raise KassandraError(f"explore: the page has no {type(part).__name__}")


@structure.register
def _(part: VanillaLSTM, put: Any) -> dict[str, Any]:
    if part.cell != "lstm":
        raise KassandraError(f"explore: the page shows the gates of an LSTM; this model's cell is {part.cell!r}")
    W, U, b, d = part.recurrence.parameters()
    return {"kind": "lstm", "hidden": part.output_size, "W": put(W), "U": put(U), "b": put(b + d)}


@structure.register
def _(part: Bidirectional, put: Any) -> dict[str, Any]:
    return {"kind": "both", "ahead": structure(part.ahead, put), "back": structure(part.back, put)}


@structure.register
def _(part: Stacked, put: Any) -> dict[str, Any]:
    return {"kind": "stacked", "layers": [structure(layer, put) for layer in part.layers]}


@structure.register
def _(part: Pooled, put: Any) -> dict[str, Any]:
    return {"kind": "pooled", "pooling": part.pooling, "encoder": structure(part.encoder, put)}


@structure.register
def _(part: Attentive, put: Any) -> dict[str, Any]:
    described = {"kind": "attentive", "encoder": structure(part.encoder, put)}
    match part.score:
        case AdditiveScorer() as score:
            weights = {"W": put(score.key.weight), "b": put(score.key.bias), "v": put(score.query.weight)}
            return described | {"score": "additive", **weights}
        case GeneralScorer() as score:
            return described | {"score": "general", "W": put(score.query.weight)}
        case DotScorer():
            return described | {"score": "dot"}
    raise KassandraError(f"explore: the page has no {type(part.score).__name__}")


@singledispatch
def vectors(embedding: nn.Module, put: Any) -> dict[str, Any]:
    """What makes vectors of ids, as explorer/lstm.js reads it.

    Raises:
        KassandraError: it is of none of the kinds that the page has.
    """
    raise KassandraError(f"explore: the page has no {type(embedding).__name__}")


@vectors.register
def _(embedding: Embedding, put: Any) -> dict[str, Any]:
    table = embedding.table.weight
    return {"size": table.shape[1], "table": put(table)}


@vectors.register
def _(embedding: WordsAlone, put: Any) -> dict[str, Any]:
    return vectors(embedding.words, put)


@vectors.register
def _(embedding: WordsAndLetters, put: Any) -> dict[str, Any]:
    reader = structure(embedding.reader, put)
    letters = {**vectors(embedding.letters, put), "reader": reader, "longest": embedding.longest}
    return {**vectors(embedding.words, put), "letters": letters}


def described(folder: Path, member: int = 0) -> tuple[dict[str, Any], Numbers]:
    """A model as the page reads it, and its weights.

    Raises:
        KassandraError: the folder is no model, or a kind has no explore.py.
    """
    predictor, numbers = load(folder, member=member), Numbers()
    model, kinds = predictor.models[0], []
    for side, kind in (("targets", predictor.target), ("inputs", predictor.input)):
        module = part_if_any(side, kind, "explore")  # type: ignore[arg-type]
        if module is None:
            raise KassandraError(
                f"explore: {predictor.input} → {predictor.target} has no page yet: "
                f"kassandra/{side}/{kind}/explore.py is missing"
            )
        kinds.append(module)
    target, input = kinds
    page = {
        "name": predictor.name,
        "title": f"{predictor.input} → {predictor.target}, {predictor.variant}",
        "member": member,
        "seed": predictor.seeds[0] if predictor.seeds else None,
        "encoder": structure(model.encoder, numbers.put),
        "reader": input.reader(predictor.meta),
        **target.answer(model, predictor.meta, numbers.put),
    }
    if (embedding := getattr(model, "embedding", None)) is not None:
        page["embedding"] = vectors(embedding, numbers.put)
    return page, numbers


def write_page(folder: Path, output: Path, member: int = 0) -> Path:
    """Writes index.html; returns its path.

    Raises:
        KassandraError: as `described`, or it cannot be written there.
    """
    page, numbers = described(folder, member)
    own = files("kassandra.export") / "explorer"
    content = (own / "page.html").read_text(encoding="utf-8")
    parts = {
        "/*STYLE*/": (own / "page.css").read_text(encoding="utf-8"),
        "/*LSTM*/": (own / "lstm.js").read_text(encoding="utf-8"),
        "/*SOUND*/": (own / "sound.js").read_text(encoding="utf-8"),
        "/*PAGE*/": (own / "page.js").read_text(encoding="utf-8"),
        "/*NUMBERS*/": numbers.base64(),
        "/*MODEL*/": json.dumps(page, ensure_ascii=False).replace("<", "\\u003c"),
    }
    for mark, text in parts.items():
        content = content.replace(mark, text, 1)
    path = output / PAGE
    with whole(path) as partial:
        partial.write_text(content, encoding="utf-8")
    return path
