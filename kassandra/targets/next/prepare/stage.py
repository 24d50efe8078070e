"""One long text → train.npz, valid.npz, test.npz and meta.json: what comes next is in the same array, a place on."""

from pathlib import Path
from types import ModuleType
from typing import Any

from kassandra.contracts.artifacts import write_arrays, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.spec import ModelSpec
from kassandra.contracts.splits import WHOLE, by_position
from kassandra.contracts.stream import Texts
from kassandra.params.sections.kind import Pipeline

SHORTEST = 100  # characters of a split


def prepare(reader: ModuleType, raw: Path, folder: Path, params: Pipeline, seed: int) -> str:
    """Raw text, as the input's module `reader` reads and encodes it, → arrays and meta.json; returns what to report.

    Nothing is drawn from `seed`: valid is the beginning and test the end of the text, or they are the parts that the
    data set itself calls so. So train is one piece, and test follows on it: a play or a chapter that is cut in two is
    known to both alike.

    Raises:
        KassandraError: there is no text, it cannot be read, or it is too short to be split.
    """
    how: Any = params.prepare  # with the keys of the input and those of this target
    read: Texts = reader.read(raw, params.source, how)
    texts = _in_splits(read.parts, how.valid_fraction, how.test_fraction)
    for name, text in texts.items():
        if len(text) < SHORTEST:
            raise KassandraError(f"{raw}: {name} has {len(text)} characters; at least {SHORTEST} are needed")
    encoded = reader.encode(texts, how)  # fitted on train only
    counts = {name: len(arrays["ids"]) for name, arrays in encoded.arrays.items()}
    for name, count in counts.items():
        if count < 2:
            raise KassandraError(
                f"{raw}: {name} has {count} {how.tokens}; at least 2 are needed; tokens 'characters' finds more"
            )
    for name, arrays in encoded.arrays.items():
        write_arrays(folder / f"{name}.npz", **arrays)
    spec = ModelSpec(outputs=encoded.spec["vocab_size"], **encoded.spec)
    write_json(
        folder / "meta.json", {"spec": spec.to_json(), "examples": counts, **read.meta, **encoded.meta}, sealed=True
    )
    sizes = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return "\n".join(filter(None, [read.message, f"{sizes} {encoded.message}"]))


def _in_splits(parts: dict[str, str], valid_fraction: float, test_fraction: float) -> dict[str, str]:
    """The text of each split: those that are given, and of the others a share of train, or of the whole."""
    text = parts[WHOLE] if WHOLE in parts else parts["train"]
    places = by_position(
        len(text), 0.0 if "valid" in parts else valid_fraction, 0.0 if "test" in parts else test_fraction
    )
    return {
        name: text[place] if name == "train" or name not in parts else parts[name] for name, place in places.items()
    }
