"""Sentences with an answer for each word: data sets of the catalogue, or your own files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kassandra.contracts.artifacts import missing
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Encoded, Examples, Rows
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import UNK
from kassandra.contracts.tagged import Tagged
from kassandra.inputs.text.train.words import Words, alphabet_of, vocabulary_of
from kassandra.params.inputs.text import StepsPrepare
from kassandra.params.sections.tagged_file import TaggedFile
from kassandra.sources.own.tagged_files import Own, Sentence, of_lines, read_own


def read(raw: Path, source: TaggedFile, params: StepsPrepare) -> Tagged:
    """What was downloaded, or copied of your own. Two sentences are the same whose words are, but for capitals.

    Raises:
        KassandraError: the data set holds no sentences with tags, or your own file cannot be read.
    """
    if source.dataset is None:
        own = read_own(raw, source)
    elif source.dataset in READERS:
        own = READERS[source.dataset](raw)
    else:
        what = f"source.dataset: {source.dataset!r} holds no sentences with a tag for each word"
        raise KassandraError(f"{what}; those that do: {list(READERS)}")
    sentences, message = list[Sentence](), [own.message]
    splits = list[str]()
    cut = 0
    for split, part in own.parts.items():
        for one in part:
            pieces = _pieces(one, params.max_length)
            cut += len(pieces) > 1
            sentences += pieces
            splits += [split] * len(pieces)
    if cut:
        message.append(f"{cut:,} sentences of more than {params.max_length} words are cut (prepare.max_length)")
    valid, test = (np.array(splits) == name if name in own.parts else None for name in ("valid", "test"))
    keys = [" ".join(one.words).casefold() for one in sentences]
    near = ["".join(filter(str.isalnum, key)) or key for key in keys]
    meta = {"refused_rows": own.refused, "cut": cut} | own.meta
    examples = Examples(
        "sentences", [one.words for one in sentences], [""] * len(sentences), [one.id for one in sentences], keys, test,
        valid=valid, near=near, meta=meta, message="\n".join(filter(None, message)),
    )  # fmt: skip
    return Tagged(examples, [one.tags for one in sentences], "words")


def _pieces(one: Sentence, longest: int) -> list[Sentence]:
    """The sentence, or parts of it that are not longer than that."""
    if len(one.words) <= longest:
        return [one]
    starts = range(0, len(one.words), longest)
    return [
        Sentence(one.words[start : start + longest], one.tags[start : start + longest], f"{one.id}+{start}")
        for start in starts
    ]


def encode(examples: Examples, rows: dict[str, Rows], params: StepsPrepare, seed: int) -> Encoded:
    """The ids of the words of each sentence, and the words themselves."""
    sentences = {name: [examples.contents[row] for row in some] for name, some in rows.items()}
    how = params.vocab_size, params.min_frequency, params.lowercase
    known = Words(vocabulary_of(sentences["train"], *how), params.lowercase)  # fitted on train only
    arrays, shares = {}, dict[str, float]()
    for name, some in sentences.items():
        ids, texts = known.encode(some), Ragged.of_texts(word for words in some for word in words)
        shares[name] = float((ids.flat == UNK).mean().round(6))
        names = "ids", "offsets", "text", "text_offsets"
        arrays[name] = dict(zip(names, (*ids, *texts), strict=True))
    size, alphabet = len(known.words), alphabet_of(sentences["train"])
    meta: dict[str, Any] = {"vocabulary": known.words, "lowercase": params.lowercase, "alphabet": alphabet}
    meta |= {"unknown_tokens": shares}
    message = f"{size} words, <unk> {shares['test']:.2%} of test"
    return Encoded(arrays, {"vocab_size": size, "letters": len(alphabet)}, meta, message)


def _snips(raw: Path) -> Own:
    """The splits of Goo et al. (2018)."""
    parts, refused = dict[str, list[Sentence]](), list[Any]()
    for split in ("train", "valid", "test"):
        paths = [raw / f"{split}.seq.{ending}" for ending in ("in", "out")]
        for path in paths:
            if not path.is_file():
                raise missing(path)
        every: Sequence[Any] = list(of_lines(paths, TaggedFile(path=str(raw))))
        parts[split] = [one for one in every if isinstance(one, Sentence)]
        refused += [one for one in every if not isinstance(one, Sentence)]
    return Own(parts, len(refused), {}, f"{len(refused)} lines refused" if refused else "")


READERS: dict[str, Callable[[Path], Own]] = {"snips": _snips}
