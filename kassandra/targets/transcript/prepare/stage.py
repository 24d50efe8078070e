"""Inputs with a transcript each → train.npz, valid.npz, test.npz and meta.json."""

from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from kassandra.contracts.artifacts import write_arrays, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Examples, Rows, numbered
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import UNK, ModelSpec
from kassandra.contracts.splits import SPLITS
from kassandra.params.sections.kind import Pipeline
from kassandra.vocabulary import tokens
from kassandra.vocabulary.written import written_form

EMPTY, SHORT = "no letter or digit in the transcript", "too short for their transcript"
SAME, REPEATED = "the same recording in another split", "the same recording again"
KEPT_TEXTS = 50_000  # of train, for an n-gram model


def prepare(reader: ModuleType, raw: Path, folder: Path, params: Pipeline, seed: int) -> str:
    """Raw recordings and transcripts, as the input's `reader` reads them, → arrays and meta.json; returns what to
    report. `reader` has `read`, `steps`, `seconds` and `encode`.

    Raises:
        KassandraError: the data cannot be read, or a split would be empty.
    """
    how: Any = params.prepare  # with the keys of the input and those of this target
    examples: Examples = reader.read(raw, params.source, how, seed)
    texts = [written_form(text, how.lowercase, how.marks) for text in examples.labels]
    steps, seconds = reader.steps(examples, how), reader.seconds(examples, how)
    rows, dropped = _split(raw, examples, texts, how, seed)
    train_texts = [texts[row] for row in rows["train"]]
    tokenizer = tokens.fit(  # on train only
        how.tokens, train_texts, how.vocab_size, how.min_frequency, False, written=how.tokens in ("bpe", "unigram")
    )
    ids = tokens.encode(tokenizer, texts)
    for name in ("train", "valid"):  # test is kept as it is
        fits = np.array([steps[row] >= least_steps(_row(ids, row)) for row in rows[name]], bool)
        dropped[SHORT] += int((~fits).sum())
        rows[name] = rows[name][fits]
        if not len(rows[name]):
            raise KassandraError(
                f"{raw}: every recording of {name} has fewer steps than its transcript has tokens; lower prepare.stack"
            )
    encoded = reader.encode(examples, rows, how, seed)
    spec = ModelSpec(tokenizer.get_vocab_size(), **encoded.spec)
    unknown = {}
    for name, some in rows.items():
        unknown[name] = _write(folder / f"{name}.npz", examples, texts, ids, some, encoded.arrays[name])
    meta = {
        "spec": spec.to_json(), "tokens": how.tokens, "tokenizer": tokenizer.to_str(),
        "lowercase": how.lowercase, "marks": how.marks,
        "examples": {name: len(some) for name, some in rows.items()},
        "hours": {name: round(float(seconds[some].sum()) / 3600, 4) for name, some in rows.items()},
        "words": {name: sum(len(texts[row].split()) for row in some) for name, some in rows.items()},
        "unknown_tokens": unknown, "dropped": dict(dropped),
        "changed_texts": sum(one != " ".join(text.split()) for one, text in zip(texts, examples.labels, strict=True)),
        "test_texts_in_train": len(set(train_texts) & {texts[row] for row in rows["test"]}),
        "train_texts": [texts[row] for row in rows["train"]][:KEPT_TEXTS],
        **examples.meta, **encoded.meta,
    }  # fmt: skip
    write_json(folder / "meta.json", meta, sealed=True)
    return "\n".join(filter(None, [examples.message, _message(meta, tokenizer, encoded.message, len(texts))]))


def least_steps(ids: NDArray[np.integer]) -> int:
    """Steps that connectionist temporal classification needs: one for each token, and one between two that are equal.

    >>> least_steps(np.array([5, 5, 7]))
    4
    """
    return len(ids) + int((ids[1:] == ids[:-1]).sum())


def _split(
    raw: Path, examples: Examples, texts: list[str], how: Any, seed: int
) -> tuple[dict[str, Rows], Counter[str]]:
    """Rows of each split, by text where they do not come in one, and how many are dropped, by reason."""
    dropped = Counter({EMPTY: 0, REPEATED: 0, SAME: 0, SHORT: 0})
    split_of = np.full(len(texts), "", dtype="<U5")
    for name, mask in (("valid", examples.valid), ("test", examples.test)):
        if mask is not None:
            split_of[mask] = name
    keys = [key_of(text) for text in texts]
    for name, share in (("test", how.test_fraction), ("valid", how.valid_fraction)):
        if getattr(examples, name) is None:
            free = np.flatnonzero(split_of == "")
            drawn = _drawn([keys[row] for row in free], share, seed)
            split_of[[row for row in free if keys[row] in drawn]] = name
    split_of[split_of == ""] = "train"
    kept: dict[str, list[int]] = {name: [] for name in SPLITS}
    seen = dict[Any, str]()
    for name in reversed(SPLITS):  # test first: what is in two splits stays in that
        for row in np.flatnonzero(split_of == name).tolist():
            before = seen.get(examples.keys[row])
            if not keys[row]:
                dropped[EMPTY] += 1
            elif before is None:
                seen[examples.keys[row]] = name
                kept[name].append(row)
            else:
                dropped[REPEATED if before == name else SAME] += 1
    rows = {name: np.array(kept[name], np.intp) for name in SPLITS}
    if how.limit and len(rows["train"]) > how.limit:
        chosen = np.random.default_rng(seed).permutation(len(rows["train"]))[: how.limit]
        rows["train"] = rows["train"][np.sort(chosen)]
    for name, some in rows.items():
        if not len(some):
            raise KassandraError(
                f"{raw}: nothing is left for {name}; change prepare.valid_fraction or prepare.test_fraction, or give "
                f"more {examples.unit}"
            )
    return rows, dropped


def key_of(text: str) -> str:
    """Equal where two texts differ in nothing but case and marks."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _drawn(keys: list[str], share: float, seed: int) -> set[str]:
    """A share of the different keys."""
    different = sorted(set(keys))
    order = np.random.default_rng(seed).permutation(len(different))
    return {different[place] for place in order[: max(1, round(share * len(different)))]}


def _row(ids: Ragged, row: int) -> NDArray[np.integer]:
    return ids.flat[ids.offsets[row] : ids.offsets[row + 1]]


def _write(
    path: Path, examples: Examples, texts: list[str], ids: Ragged, rows: Rows, arrays: dict[str, NDArray[Any]]
) -> float:
    """The share of tokens that are unknown."""
    own, groups = ids.take(rows), examples.groups
    named = {
        "text": Ragged.of_texts(texts[row] for row in rows),
        "group": Ragged.of_texts(groups[row] if groups else "" for row in rows),
        "example": Ragged.of_texts(numbered(examples.ids[row] for row in rows)),
    }
    more = dict[str, NDArray[Any]]()
    for name, ragged in named.items():
        more |= {name: ragged.flat, f"{name}_offsets": ragged.offsets}
    write_arrays(path, **arrays, target=own.flat, target_offsets=own.offsets, **more)
    return round(float((own.flat == UNK).mean()), 6)


def _message(meta: dict[str, Any], tokenizer: Tokenizer, of_input: str, total: int) -> str:
    sizes = ", ".join(f"{meta['examples'][name]:,} {name} ({60 * meta['hours'][name]:.1f} minutes)" for name in SPLITS)
    dropped = ", ".join(f"{count:,} {reason}" for reason, count in meta["dropped"].items() if count) or "none"
    known = tokenizer.get_vocab_size()
    text = f"{sizes} recordings; dropped: {dropped}; {known:,} tokens ({meta['tokens']}), <unk> "
    text += f"{meta['unknown_tokens']['test']:.2%} of test; {of_input}"
    if meta["changed_texts"]:
        form = "in lower case " * meta["lowercase"] + "without marks" * (not meta["marks"])
        text += (
            f"; {meta['changed_texts']:,} of {total:,} transcripts are read and scored {form.strip() or 'normalised'}"
        )
    if meta["test_texts_in_train"]:
        text += f"; {meta['test_texts_in_train']:,} different texts of test are in train too"
    return text
