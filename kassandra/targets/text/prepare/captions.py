"""Images, or whatever else is no text, with captions → train.npz, valid.npz, test.npz and meta.json."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import write_arrays, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Captioned, numbered
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import UNK, ModelSpec
from kassandra.contracts.split_examples import NEAR, nearly_in_test, split
from kassandra.contracts.splits import SPLITS
from kassandra.vocabulary import tokens
from kassandra.vocabulary.written import written_form

NO_TEXT, LONG = "without a caption that has a letter or a digit", "captions with too many tokens"
References = list[list[str]]  # of each row one or more


def prepare(reader: ModuleType, read: Captioned, raw: Path, folder: Path, how: Any, seed: int) -> str:
    """What `reader` has read, → arrays and meta.json; returns what to report. In train a row is a caption with its
    image, in valid and test an image with all its captions.

    Args:
        how: the section `prepare`, with the keys of the input and those of this target.

    Raises:
        KassandraError: a split would be empty.
    """
    examples, texts = read.examples, [_written(some, how) for some in read.texts]
    rows, counts = split(raw, examples, how, seed)
    dropped = {reason.removeprefix("dropped_").replace("_", " "): count for reason, count in counts.items()}
    for name, some in rows.items():
        rows[name] = some[[bool(texts[row]) for row in some]]
        dropped[NO_TEXT] = dropped.get(NO_TEXT, 0) + len(some) - len(rows[name])
        if not len(rows[name]):
            raise KassandraError(f"{raw}: no caption of {name} has a letter or a digit")
    of_train = [text for row in rows["train"] for text in texts[row]]
    # on train only
    tokenizer = tokens.fit(how.tokens, of_train, how.vocab_size, how.min_frequency, False, written=True)
    lengths = tokens.encode(tokenizer, of_train).lengths
    fits = lengths <= how.max_length
    dropped[LONG] = int((~fits).sum())
    if not fits.any():
        raise KassandraError(f"prepare.max_length: every caption of train has more than {how.max_length} tokens")

    encoded = reader.encode(examples, rows, how, seed)
    inputs = {name: np.arange(len(some)) for name, some in rows.items()}
    references = {name: [texts[row] for row in some] for name, some in rows.items()}
    inputs["train"] = np.repeat(inputs["train"], [len(some) for some in references["train"]])[fits]
    references["train"] = [[of_train[place]] for place in np.flatnonzero(fits)]
    unknown = {}
    for name in SPLITS:
        ids = numbered(examples.ids[rows[name][number]] for number in inputs[name])
        first = tokens.encode(tokenizer, [some[0] for some in references[name]])
        _write(folder / f"{name}.npz", first, references[name], inputs[name], ids, encoded.arrays[name])
        unknown[name] = round(float((first.flat == UNK).mean()), 6)
    meta = {
        "reading": "captions",
        "spec": ModelSpec(tokenizer.get_vocab_size(), **encoded.spec).to_json(),
        "languages": {"source": examples.unit, "target": read.language or "text"},
        "tokenizers": {"target": tokenizer.to_str()}, "lowercase": how.lowercase, "marks": how.marks,
        "longest": int(lengths[fits].max()) + 1,
        "examples": {name: len(some) for name, some in rows.items()},
        "references": {name: sum(map(len, some)) for name, some in references.items()},
        "unknown_tokens": unknown, "dropped": dropped, **nearly_in_test(examples, rows),
        **examples.meta, **encoded.meta,
    }  # fmt: skip
    write_json(folder / "meta.json", meta, sealed=True)
    near = meta.get(NEAR, 0)
    alike = f"{near:,} {examples.unit} of train are nearly one of test ({examples.nearly})" if near else ""
    return "\n".join(filter(None, [examples.message, alike, _message(meta, encoded.message)]))


def _written(texts: Any, how: Any) -> list[str]:
    """In the form in which they are learned and scored, each once; empty where nothing is left."""
    return list(dict.fromkeys(filter(None, (written_form(text, how.lowercase, how.marks) for text in texts))))


def _write(
    path: Path, first: Ragged, references: References, inputs: NDArray[np.int64], ids: list[str],
    arrays: dict[str, NDArray[Any]],
) -> None:  # fmt: skip
    """`first`: token ids of the first reference of each row; `inputs` (rows,) the image that it is of."""
    texts, example = Ragged.of_texts(text for some in references for text in some), Ragged.of_texts(ids)
    write_arrays(
        path, **arrays, input=inputs,
        target=first.flat, target_offsets=first.offsets,
        target_text=texts.flat, target_text_offsets=texts.offsets,
        references=np.cumsum([0, *map(len, references)], dtype=np.int64),
        example=example.flat, example_offsets=example.offsets,
    )  # fmt: skip


def _message(meta: dict[str, Any], of_input: str) -> str:
    examples, references, unit = meta["examples"], meta["references"], meta["languages"]["source"]
    sizes = ", ".join(f"{examples[name]:,} {name} {unit} ({references[name]:,} captions)" for name in SPLITS)
    dropped = ", ".join(f"{count:,} {reason}" for reason, count in meta["dropped"].items() if count) or "none"
    form = "in lower case" * meta["lowercase"] + " without marks" * (not meta["marks"])
    return (
        f"{sizes}; dropped: {dropped}; {meta['spec']['outputs']:,} tokens, <unk> {meta['unknown_tokens']['test']:.2%} "
        f"of test; captions are read and scored {form.strip() or 'as they are written'}; {of_input}"
    )
