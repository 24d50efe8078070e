"""One long text, or its parts for train, valid and test, as ids of characters or words."""

from pathlib import Path

from kassandra.contracts.artifacts import files_in
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Encoded
from kassandra.contracts.spec import UNK
from kassandra.contracts.splits import SPLITS, WHOLE
from kassandra.params.inputs.text import StreamPrepare
from kassandra.params.sections.kind import Source
from kassandra.vocabulary import streams


def read(raw: Path, source: Source, params: StreamPrepare) -> dict[str, str]:
    """The text by split, of train.txt, valid.txt and test.txt; or one file as WHOLE.

    Raises:
        KassandraError: there are other files, or one is not UTF-8.
    """
    files = files_in(raw)
    by_name = {path.name: path for path in files}
    if len(files) == len(SPLITS) and set(by_name) == {f"{name}.txt" for name in SPLITS}:
        return {name: _text(by_name[f"{name}.txt"]) for name in SPLITS}
    if len(files) == 1:
        return {WHOLE: _text(files[0])}
    raise KassandraError(
        f"source.path: expected one text, or a folder with train.txt, valid.txt and test.txt; found {list(by_name)}"
    )


def encode(texts: dict[str, str], params: StreamPrepare) -> Encoded:
    """The ids of each split, in order."""
    vocabulary = streams.fit(texts["train"], params.tokens, params.vocab_size)  # fitted on train only
    ids = {name: streams.encode(text, params.tokens, vocabulary) for name, text in texts.items()}
    unknown = {name: round(float((stream == UNK).mean()), 6) if len(stream) else 0.0 for name, stream in ids.items()}
    characters = {name: len(text) for name, text in texts.items()}
    meta = {"tokens": params.tokens, "vocabulary": vocabulary, "characters": characters, "unknown_tokens": unknown}
    arrays = {name: {"ids": stream} for name, stream in ids.items()}
    message = f"{params.tokens}, {len(vocabulary):,} different ones; <unk> {unknown['test']:.2%} of test"
    return Encoded(arrays, {"vocab_size": len(vocabulary)}, meta, message)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        convert = "`iconv -f LATIN1 -t UTF-8` converts what is in Latin-1"
        raise KassandraError(f"{path}: byte {error.start} is not UTF-8; {convert}") from None
    except OSError as error:
        raise KassandraError(f"{path}: cannot be read: {error.strerror}") from None
