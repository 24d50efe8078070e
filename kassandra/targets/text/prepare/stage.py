"""Texts with texts → train.npz, valid.npz, test.npz and meta.json, each side as token ids and as it was written."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from kassandra.contracts.artifacts import write_arrays, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Captioned, Pairs, numbered
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import UNK, ModelSpec
from kassandra.contracts.splits import SPLITS
from kassandra.params.sections.kind import Pipeline
from kassandra.targets.text.prepare import captions
from kassandra.targets.text.prepare.pair_splits import Sentence, split
from kassandra.vocabulary import tokens

LONG = "too many tokens"  # as a reason to be dropped


def prepare(reader: ModuleType, raw: Path, folder: Path, params: Pipeline, seed: int) -> str:
    """Raw pairs, as the input's module `reader` reads them, → arrays and meta.json; returns what to report. Where it
    reads captions, see captions.prepare.

    In train a row is a pair, in valid and test it is a different source sentence with all its translations.

    Raises:
        KassandraError: the data cannot be read or have no such languages, or a split would be empty.
    """
    how: Any = params.prepare  # with the keys of the input and those of this target
    read: Pairs | Captioned = reader.read(raw, params.source, how)
    if isinstance(read, Captioned):
        return captions.prepare(reader, read, raw, folder, how, seed)
    parts = split(raw, read, how.valid_fraction, how.test_fraction, how.limit, seed)
    tokenizers = _fit(parts.train, how)  # on train only
    source, target = (tokenizers.get(name) or tokenizers["joint"] for name in ("source", "target"))
    train = _short(parts.train, (source, target), how.max_length)
    splits = {"train": train, "valid": parts.valid, "test": parts.test}
    unknown = {name: _write(folder / f"{name}.npz", splits[name], (source, target)) for name in SPLITS}
    spec = ModelSpec(target.get_vocab_size(), vocab_size=source.get_vocab_size(), joint="joint" in tokenizers)
    meta = {
        "spec": spec.to_json(),
        "languages": dict(zip(("source", "target"), read.languages, strict=True)),
        "tokenizers": {name: tokenizer.to_str() for name, tokenizer in tokenizers.items()},
        "lowercase": how.lowercase,
        "examples": {name: len(sentences) for name, sentences in splits.items()},
        "references": {name: sum(len(one.references) for one in sentences) for name, sentences in splits.items()},
        "unknown_tokens": unknown,
        "dropped": {**read.dropped, **parts.dropped, LONG: len(parts.train) - len(train)},
    }
    write_json(folder / "meta.json", meta, sealed=True)
    return "\n".join(filter(None, [read.message, _message(meta)]))


def _message(meta: dict[str, Any]) -> str:
    examples, references, spec = meta["examples"], meta["references"], meta["spec"]
    counts = ", ".join(f"{count:,} {reason}" for reason, count in meta["dropped"].items() if count) or "none"
    sizes = ", ".join(f"{examples[name]:,} {name} sentences ({references[name]:,} translations)" for name in SPLITS[1:])
    return (
        f"{'-'.join(meta['languages'].values())}: {examples['train']:,} train pairs, {sizes}; dropped: {counts}; "
        f"{spec['vocab_size']:,} source and {spec['outputs']:,} target tokens{' (joint)' * spec['joint']}, "
        f"<unk> {meta['unknown_tokens']['test']:.2%} of test"
    )


def _fit(train: list[Sentence], params: Any) -> dict[str, Tokenizer]:
    """By name: `joint`, or `source` and `target`."""
    sides = {"source": [one.source for one in train], "target": [one.references[0] for one in train]}
    texts = {"joint": sides["source"] + sides["target"]} if params.vocabulary == "joint" else sides
    return {
        name: tokens.fit(params.tokens, some, params.vocab_size, params.min_frequency, params.lowercase, written=True)
        for name, some in texts.items()
    }


def _encoded(sentences: list[Sentence], tokenizers: tuple[Tokenizer, Tokenizer]) -> tuple[Ragged, Ragged]:
    """Sources, and first references."""
    sources = tokens.encode(tokenizers[0], [one.source for one in sentences])
    return sources, tokens.encode(tokenizers[1], [one.references[0] for one in sentences])


def _short(train: list[Sentence], tokenizers: tuple[Tokenizer, Tokenizer], longest: int) -> list[Sentence]:
    """Those of which neither side has more tokens than `longest`."""
    sources, targets = _encoded(train, tokenizers)
    short = np.flatnonzero(np.maximum(sources.lengths, targets.lengths) <= longest)
    if not len(short):
        raise KassandraError(f"prepare.max_length: every pair of train has more than {longest} tokens")
    return [train[row] for row in short]


def _write(path: Path, sentences: list[Sentence], tokenizers: tuple[Tokenizer, Tokenizer]) -> float:
    """The share of tokens that are unknown."""
    sources, targets = _encoded(sentences, tokenizers)
    source_text = Ragged.of_texts(one.source for one in sentences)
    target_text = Ragged.of_texts(text for one in sentences for text in one.references)
    example = Ragged.of_texts(numbered(one.id for one in sentences))
    write_arrays(
        path,
        source=sources.flat, source_offsets=sources.offsets,
        target=targets.flat, target_offsets=targets.offsets,
        source_text=source_text.flat, source_text_offsets=source_text.offsets,
        target_text=target_text.flat, target_text_offsets=target_text.offsets,
        references=np.cumsum([0, *(len(one.references) for one in sentences)], dtype=np.int64),
        example=example.flat, example_offsets=example.offsets,
    )  # fmt: skip
    return round(float((np.concatenate([sources.flat, targets.flat]) == UNK).mean()), 6)
